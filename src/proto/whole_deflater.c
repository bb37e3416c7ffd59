/* SPDX-License-Identifier: MIT */
/* whole_deflater.c: compression by libdeflate.
 *
 * libdeflate marks its last block as final. RFC 7692 7.2.3.4 allows that, but receivers in use break
 * off there, so the mark is taken away: zlib reads the blocks to find it, and to find the bit at which
 * the last one ends. Both together are still faster than zlib's compression. */
#include "proto/whole_deflater.h"

#include <limits.h>

#include <libdeflate.h>

#include "base/alloc.h"
#include "proto/zlib_memory.h"

/* In z_stream.data_type, when inflate has stopped at the end of a block. */
enum {
	UNUSED_BITS = 7,
	LAST_BLOCK = 64,
	END_OF_BLOCK = 128
};

struct nv_whole_deflater {
	struct libdeflate_compressor *compressor;
	z_stream reader;
	uint8_t discarded[16384]; /* what the reader reads */
};

struct nv_whole_deflater *nv_whole_deflater_new(uint8_t level)
{
	struct nv_whole_deflater *deflater = nv_alloc_zero(sizeof *deflater);

	if (!deflater)
		return NULL;
	nv_zlib_use_memory(&deflater->reader);
	deflater->compressor = libdeflate_alloc_compressor(level);
	if (deflater->compressor && inflateInit2(&deflater->reader, -MAX_WBITS) == Z_OK)
		return deflater;
	nv_whole_deflater_free(deflater);
	return NULL;
}

void nv_whole_deflater_free(struct nv_whole_deflater *deflater)
{
	if (!deflater)
		return;
	inflateEnd(&deflater->reader);
	if (deflater->compressor)
		libdeflate_free_compressor(deflater->compressor);
	nv_free(deflater);
}

/* Reads to the end of the next block: 0 or NV_ERR_NOMEM. What was just written has no other faults. */
static int read_block(struct nv_whole_deflater *deflater)
{
	z_stream *reader = &deflater->reader;
	int result;

	do {
		reader->next_out = deflater->discarded;
		reader->avail_out = sizeof deflater->discarded;
		result = inflate(reader, Z_BLOCK);
	} while (result == Z_OK && !(reader->data_type & END_OF_BLOCK));
	/* An end whose bits were all read before is no progress to zlib. */
	return result == Z_OK || result == Z_BUF_ERROR ? 0 : NV_ERR_NOMEM;
}

/* A block that is not final has to be followed by another: the head of a stored one, three bits of
 * 0, which may already stand in the last byte. */
static int open_end(const z_stream *reader, uint8_t *room, size_t len, size_t size)
{
	if ((reader->data_type & UNUSED_BITS) >= 3)
		return (int)len;
	if (len == size)
		return NV_ERR_TOO_BIG;
	room[len] = 0;
	return (int)len + 1;
}

static int remove_mark(struct nv_whole_deflater *deflater, uint8_t *room, size_t len, size_t size)
{
	z_stream *reader = &deflater->reader;
	size_t head = 0; /* the bit at which the block begins */

	inflateReset(reader);
	reader->next_in = room;
	reader->avail_in = (uInt)len;
	for (;;) {
		if (read_block(deflater) < 0)
			return NV_ERR_NOMEM;
		if (reader->data_type & LAST_BLOCK)
			break;
		head = reader->total_in * 8 - (size_t)(reader->data_type & UNUSED_BITS);
	}
	room[head / 8] &= (uint8_t) ~(1u << head % 8);
	return open_end(reader, room, len, size);
}

int nv_whole_deflater_write(struct nv_whole_deflater *deflater, struct nv_bytes data, uint8_t *room,
                            size_t size)
{
	size_t len = libdeflate_deflate_compress(deflater->compressor, data.data, data.len, room,
	                                         size < INT_MAX ? size : INT_MAX - 1);

	return len == 0 ? NV_ERR_TOO_BIG : remove_mark(deflater, room, len, size);
}
