/* SPDX-License-Identifier: MIT */
/* inflater.c: decompression by zlib. */
#include "proto/inflater.h"

#include <limits.h>

#include "base/alloc.h"
#include "proto/zlib_memory.h"

#define WINDOW_BITS 15

/* In z_stream.data_type when zlib stands between two blocks; what is below counts unused bits. */
#define AT_BLOCK 128

struct nv_inflater {
	z_stream stream;
};

struct nv_inflater *nv_inflater_new(void)
{
	struct nv_inflater *inflater = nv_alloc_zero(sizeof *inflater);

	if (!inflater)
		return NULL;
	nv_zlib_use_memory(&inflater->stream);
	if (inflateInit2(&inflater->stream, -WINDOW_BITS) == Z_OK)
		return inflater;
	nv_free(inflater);
	return NULL;
}

void nv_inflater_free(struct nv_inflater *inflater)
{
	if (!inflater)
		return;
	inflateEnd(&inflater->stream);
	nv_free(inflater);
}

void nv_inflater_feed(struct nv_inflater *inflater, struct nv_bytes data)
{
	inflater->stream.next_in = data.data;
	inflater->stream.avail_in = (uInt)data.len;
}

int nv_inflater_read(struct nv_inflater *inflater, uint8_t *room, size_t size)
{
	z_stream *stream = &inflater->stream;
	uInt limit = size < INT_MAX ? (uInt)size : INT_MAX;
	int result;

	stream->next_out = room;
	stream->avail_out = limit;
	/* After a block that is marked as final another stream begins with the next byte (RFC 7692
	 * 7.2.3.4); it may still look back at what came before. */
	while ((result = inflate(stream, Z_SYNC_FLUSH)) == Z_STREAM_END)
		inflateResetKeep(stream);
	if (stream->avail_out < limit)
		return (int)(limit - stream->avail_out);
	if (result == Z_MEM_ERROR)
		return NV_ERR_NOMEM;
	return result == Z_OK || result == Z_BUF_ERROR ? 0 : NV_ERR_PROTOCOL;
}

bool nv_inflater_is_complete(const struct nv_inflater *inflater)
{
	const z_stream *stream = &inflater->stream;

	/* Nothing was read since a final block: the end of that was the end of a byte. */
	return stream->avail_in == 0 && (stream->data_type == AT_BLOCK || stream->total_in == 0);
}

void nv_inflater_reset(struct nv_inflater *inflater)
{
	inflateReset(&inflater->stream);
	inflater->stream.avail_in = 0;
}
