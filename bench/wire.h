/* SPDX-License-Identifier: MIT */
/* wire.h: the bytes of a benchmark, made once. Every message of a run is the same text, so that what
 * a client has to receive is known byte for byte. */
#ifndef NV_BENCH_WIRE_H
#define NV_BENCH_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define NV_WIRE_PATH "/"
#define NV_WIRE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define NV_WIRE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* `bytes` holds `count` equal frames of `frame` bytes. */
struct nv_wire {
	uint8_t *bytes;
	size_t frame;
	size_t count;
};

/* Text messages of `size` bytes, up to 65535, as a client sends them (masked), or as a server does.
 * Lives until the program ends. */
struct nv_wire nv_wire_from_client(size_t size, size_t count);
struct nv_wire nv_wire_from_server(size_t size, size_t count);

/* How many frames reach over `bytes` bytes wherever in a frame these begin. */
size_t nv_wire_reach(size_t size, size_t bytes);

#endif
