/* SPDX-License-Identifier: MIT */
/* zlib_memory.c: zlib's allocation functions on the library's allocator. */
#include "proto/zlib_memory.h"

#include "base/alloc.h"

/* What zlib asks for depends on its parameters only, and is far below what overflows. */
static voidpf allocate(voidpf context, uInt items, uInt size)
{
	(void)context;
	return nv_alloc((size_t)items * size);
}

static void release(voidpf context, voidpf block)
{
	(void)context;
	nv_free(block);
}

void nv_zlib_use_memory(z_stream *stream)
{
	stream->zalloc = allocate;
	stream->zfree = release;
	stream->opaque = Z_NULL;
}
