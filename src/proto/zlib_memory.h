/* SPDX-License-Identifier: MIT */
/* zlib_memory.h: zlib allocates as the rest of the library does. */
#ifndef PROTO_ZLIB_MEMORY_H
#define PROTO_ZLIB_MEMORY_H

#define ZLIB_CONST
#include <zlib.h>

/* Sets the allocation functions of a stream that was zeroed and is not initialised yet. */
void nv_zlib_use_memory(z_stream *stream);

#endif
