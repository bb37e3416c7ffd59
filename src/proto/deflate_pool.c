/* SPDX-License-Identifier: MIT */
/* deflate_pool.c: compressors at rest, one of each kind.
 *
 * A message that is there as a whole needs one only while it is compressed or decompressed, so that
 * one serves any number of connections. Whoever gets one for longer takes it out; the budget counts
 * all that exist. */
#include "proto/deflate_pool.h"

#include <limits.h>

#include <libdeflate.h>

#include "base/alloc.h"

static bool afford(struct nv_deflate_pool *pool, size_t bytes)
{
	return !pool->budget || nv_budget_take(pool->budget, bytes);
}

static void refund(struct nv_deflate_pool *pool, size_t bytes)
{
	if (pool->budget)
		nv_budget_give(pool->budget, bytes);
}

/* --- Deflaters --- */

static struct nv_deflater **place_of(struct nv_deflate_pool *pool, uint8_t window_bits)
{
	return &pool->deflaters[window_bits - NV_WINDOW_BITS_MIN];
}

static void free_deflater(struct nv_deflate_pool *pool, struct nv_deflater *deflater,
                          uint8_t window_bits)
{
	if (!deflater)
		return;
	nv_deflater_free(deflater);
	refund(pool, nv_deflater_memory(window_bits, pool->compression));
}

static struct nv_deflater *new_deflater(struct nv_deflate_pool *pool, uint8_t window_bits)
{
	size_t bytes = nv_deflater_memory(window_bits, pool->compression);
	struct nv_deflater *deflater;

	if (!afford(pool, bytes))
		return NULL;
	deflater = nv_deflater_new(window_bits, pool->compression);
	if (!deflater)
		refund(pool, bytes);
	return deflater;
}

struct nv_deflater *nv_pool_take_deflater(struct nv_deflate_pool *pool, uint8_t window_bits)
{
	struct nv_deflater **place = place_of(pool, window_bits);
	struct nv_deflater *deflater = *place;

	*place = NULL;
	return deflater ? deflater : new_deflater(pool, window_bits);
}

void nv_pool_put_deflater(struct nv_deflate_pool *pool, struct nv_deflater *deflater,
                          uint8_t window_bits)
{
	struct nv_deflater **place = place_of(pool, window_bits);

	if (!deflater)
		return;
	if (*place) {
		free_deflater(pool, deflater, window_bits);
		return;
	}
	nv_deflater_reset(deflater);
	*place = deflater;
}

/* --- Inflaters --- */

static void free_inflater(struct nv_deflate_pool *pool, struct nv_inflater *inflater)
{
	if (!inflater)
		return;
	nv_inflater_free(inflater);
	refund(pool, NV_INFLATER_MEMORY);
}

static struct nv_inflater *new_inflater(struct nv_deflate_pool *pool)
{
	struct nv_inflater *inflater;

	if (!afford(pool, NV_INFLATER_MEMORY))
		return NULL;
	inflater = nv_inflater_new();
	if (!inflater)
		refund(pool, NV_INFLATER_MEMORY);
	return inflater;
}

struct nv_inflater *nv_pool_take_inflater(struct nv_deflate_pool *pool)
{
	struct nv_inflater *inflater = pool->inflater;

	pool->inflater = NULL;
	return inflater ? inflater : new_inflater(pool);
}

void nv_pool_put_inflater(struct nv_deflate_pool *pool, struct nv_inflater *inflater)
{
	if (!inflater)
		return;
	if (pool->inflater) {
		free_inflater(pool, inflater);
		return;
	}
	nv_inflater_reset(inflater);
	pool->inflater = inflater;
}

/* --- Whole messages --- */

/* A message ends with the head of a stored block, to which RFC 7692 7.2.2 adds a length of 0. Here it
 * gets one of 8 and as many bytes, and an empty final block behind it, without which libdeflate sees
 * no end. */
#define LENGTH_SIZE 4u
#define MARK_SIZE 8u
static const uint8_t ending[] = { 0x08, 0x00, 0xf7, 0xff, 0xff, 0xff, 0xff,
	                          0xff, 0xff, 0xff, 0xff, 0xff, 0x03, 0x00 };

/* True when the mark stands at the end of the output, and not because a stored block that was cut off
 * took the ending for data. No other block of a message that is cut off gets past it either: where
 * one might end, 1 bits begin a block of the type that does not exist. */
static bool has_mark(const uint8_t *output, size_t len)
{
	const uint8_t *end = output + len;

	if (len < MARK_SIZE || memcmp(end - MARK_SIZE, ending + LENGTH_SIZE, MARK_SIZE) != 0)
		return false;
	return len < LENGTH_SIZE + MARK_SIZE ||
	       memcmp(end - MARK_SIZE - LENGTH_SIZE, ending, LENGTH_SIZE) != 0;
}

static int decompress(struct libdeflate_decompressor *decompressor, struct nv_bytes input,
                      uint8_t *room, size_t size)
{
	size_t used, written;
	enum libdeflate_result result = libdeflate_deflate_decompress_ex(
		decompressor, input.data, input.len, room, size, &used, &written);

	/* A final block of its own ends a message earlier. */
	if (result != LIBDEFLATE_SUCCESS || used != input.len || written > INT_MAX)
		return -1;
	return has_mark(room, written) ? (int)(written - MARK_SIZE) : -1;
}

int nv_pool_inflate(struct nv_deflate_pool *pool, struct nv_bytes message, uint8_t *room,
                    size_t size)
{
	struct nv_bytes input = { NULL, message.len + sizeof ending };
	uint8_t *copy;
	int written;

	if (!pool->decompressor)
		pool->decompressor = libdeflate_alloc_decompressor();
	copy = pool->decompressor ? nv_alloc(input.len) : NULL;
	if (!copy)
		return -1;
	memcpy(copy, message.data, message.len);
	memcpy(copy + message.len, ending, sizeof ending);
	input.data = copy;
	written = decompress(pool->decompressor, input, room, size);
	nv_free(copy);
	return written;
}

void nv_deflate_pool_deinit(struct nv_deflate_pool *pool)
{
	for (uint8_t bits = NV_WINDOW_BITS_MIN; bits <= NV_WINDOW_BITS_MAX; bits++)
		free_deflater(pool, *place_of(pool, bits), bits);
	free_inflater(pool, pool->inflater);
	if (pool->decompressor)
		libdeflate_free_decompressor(pool->decompressor);
	nv_buf_deinit(&pool->scratch);
	*pool = (struct nv_deflate_pool){ .compression = pool->compression,
		                          .budget = pool->budget };
}
