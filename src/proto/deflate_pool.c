/* SPDX-License-Identifier: MIT */
/* deflate_pool.c: compressors at rest, one of each kind.
 *
 * A message that is there as a whole needs one only while it is compressed or decompressed, so that
 * one serves any number of connections. Whoever needs one for longer takes it out. */
#include "proto/deflate_pool.h"

static struct nv_deflater **place_of(struct nv_deflate_pool *pool, uint8_t window_bits)
{
	return &pool->deflaters[window_bits - NV_WINDOW_BITS_MIN];
}

struct nv_deflater *nv_pool_take_deflater(struct nv_deflate_pool *pool, uint8_t window_bits)
{
	struct nv_deflater **place = place_of(pool, window_bits);
	struct nv_deflater *deflater = *place;

	*place = NULL;
	return deflater ? deflater : nv_deflater_new(window_bits, pool->compression);
}

void nv_pool_put_deflater(struct nv_deflate_pool *pool, struct nv_deflater *deflater,
                          uint8_t window_bits)
{
	struct nv_deflater **place = place_of(pool, window_bits);

	if (!deflater)
		return;
	if (*place) {
		nv_deflater_free(deflater);
		return;
	}
	nv_deflater_reset(deflater);
	*place = deflater;
}

struct nv_inflater *nv_pool_take_inflater(struct nv_deflate_pool *pool)
{
	struct nv_inflater *inflater = pool->inflater;

	pool->inflater = NULL;
	return inflater ? inflater : nv_inflater_new();
}

void nv_pool_put_inflater(struct nv_deflate_pool *pool, struct nv_inflater *inflater)
{
	if (!inflater)
		return;
	if (pool->inflater) {
		nv_inflater_free(inflater);
		return;
	}
	nv_inflater_reset(inflater);
	pool->inflater = inflater;
}

struct nv_whole_deflater *nv_pool_whole_deflater(struct nv_deflate_pool *pool)
{
	if (!pool->whole)
		pool->whole = nv_whole_deflater_new(pool->compression->level);
	return pool->whole;
}

void nv_deflate_pool_deinit(struct nv_deflate_pool *pool)
{
	for (uint8_t bits = NV_WINDOW_BITS_MIN; bits <= NV_WINDOW_BITS_MAX; bits++)
		nv_deflater_free(*place_of(pool, bits));
	nv_inflater_free(pool->inflater);
	nv_whole_deflater_free(pool->whole);
	nv_buf_deinit(&pool->scratch);
	*pool = (struct nv_deflate_pool){ .compression = pool->compression,
		                          .budget = pool->budget };
}
