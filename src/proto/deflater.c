/* SPDX-License-Identifier: MIT */
/* deflater.c: compression by zlib, for whatever whole_deflater.c is not faster with. */
#include "proto/deflater.h"

#include <assert.h>

#include "base/alloc.h"
#include "proto/zlib_memory.h"

/* The empty block at the end of a flush (RFC 7692 7.2.1). */
#define TAIL_SIZE 4u

struct nv_deflater {
	z_stream stream;
};

/* zlib does not compress with 8 bits, but with 9 it looks back for 250 bytes at most, which a window
 * of 8 bits holds. */
static int zlib_bits(uint8_t window_bits)
{
	return window_bits < 9 ? 9 : window_bits;
}

struct nv_deflater *nv_deflater_new(uint8_t window_bits, const struct nv_compression *compression)
{
	struct nv_deflater *deflater = nv_alloc_zero(sizeof *deflater);

	if (!deflater)
		return NULL;
	nv_zlib_use_memory(&deflater->stream);
	if (deflateInit2(&deflater->stream, compression->level, Z_DEFLATED, -zlib_bits(window_bits),
	                 compression->memory_level, Z_DEFAULT_STRATEGY) == Z_OK)
		return deflater;
	nv_free(deflater);
	return NULL;
}

void nv_deflater_free(struct nv_deflater *deflater)
{
	if (!deflater)
		return;
	deflateEnd(&deflater->stream);
	nv_free(deflater);
}

/* The formula of zlib's manual, and what stands around its tables. */
size_t nv_deflater_memory(uint8_t window_bits, const struct nv_compression *compression)
{
	return ((size_t)1 << (zlib_bits(window_bits) + 2)) +
	       ((size_t)1 << (compression->memory_level + 9)) + 8192;
}

size_t nv_deflater_bound(size_t len)
{
	/* A flush adds an empty block of five bytes to what zlib foresees. A uLong may have 32 bits only,
	 * and nothing longer is compressed (NV_DEFLATER_MAX). */
	return deflateBound(Z_NULL, (uLong)len) + 2 * (TAIL_SIZE + 1);
}

/* What zlib wrote, as the end of a message, with room behind it. A flush with nothing to flush writes
 * nothing, but the bytes that the receiver adds need a block to belong to. */
static int end_message(uint8_t *room, size_t written)
{
	static const uint8_t tail[TAIL_SIZE] = { 0x00, 0x00, 0xff, 0xff };

	(void)tail; /* without asserts */
	if (written == 0) {
		room[0] = 0;
		return 1;
	}
	assert(written > TAIL_SIZE && memcmp(room + written - TAIL_SIZE, tail, TAIL_SIZE) == 0);
	return (int)(written - TAIL_SIZE);
}

int nv_deflater_write(struct nv_deflater *deflater, struct nv_bytes data, bool last, uint8_t *room,
                      size_t size)
{
	z_stream *stream = &deflater->stream;
	size_t written;

	if (data.len > NV_DEFLATER_MAX)
		return NV_ERR_TOO_BIG;
	if (size > NV_DEFLATER_MAX + NV_DEFLATER_MAX / 2)
		size = NV_DEFLATER_MAX + NV_DEFLATER_MAX / 2;
	stream->next_in = data.data;
	stream->avail_in = (uInt)data.len;
	stream->next_out = room;
	stream->avail_out = (uInt)size;
	/* The answer says only that there was nothing to do, which the counters say as well. */
	(void)deflate(stream, Z_SYNC_FLUSH);
	written = size - stream->avail_out;
	if (stream->avail_out == 0)
		return NV_ERR_TOO_BIG;
	return last ? end_message(room, written) : (int)written;
}

void nv_deflater_reset(struct nv_deflater *deflater)
{
	deflateReset(&deflater->stream);
}
