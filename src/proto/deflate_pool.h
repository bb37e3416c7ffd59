/* SPDX-License-Identifier: MIT */
/* deflate_pool.h: compressors at rest, which the sessions of one thread share as long as they keep no
 * window from message to message. */
#ifndef PROTO_DEFLATE_POOL_H
#define PROTO_DEFLATE_POOL_H

#include "base/buf.h"
#include "proto/deflate_budget.h"
#include "proto/deflater.h"
#include "proto/inflater.h"

#define NV_WINDOW_BITS_MIN 8
#define NV_WINDOW_BITS_MAX 15

struct libdeflate_decompressor;

/* The owner embeds it, zeroed, with `compression` complete and `budget` NULL for no limit; both
 * outlive it. It is the last that its sessions give up. */
struct nv_deflate_pool {
	const struct nv_compression *compression;
	struct nv_deflate_budget *budget;
	struct nv_deflater *deflaters[NV_WINDOW_BITS_MAX - NV_WINDOW_BITS_MIN + 1];
	struct nv_inflater *inflater;
	struct libdeflate_decompressor *decompressor; /* for nv_pool_inflate */
	struct nv_buf scratch;                        /* the last message that was compressed */
};

void nv_deflate_pool_deinit(struct nv_deflate_pool *pool);

/* One that rests, or a new one; NULL without memory or when the budget is used up. */
struct nv_deflater *nv_pool_take_deflater(struct nv_deflate_pool *pool, uint8_t window_bits);
struct nv_inflater *nv_pool_take_inflater(struct nv_deflate_pool *pool);

/* Gives back what was taken, with the same bits. NULL does nothing. */
void nv_pool_put_deflater(struct nv_deflate_pool *pool, struct nv_deflater *deflater,
                          uint8_t window_bits);
void nv_pool_put_inflater(struct nv_deflate_pool *pool, struct nv_inflater *inflater);

/* Decompresses a whole message at once, which is faster for large ones: how many bytes, or -1 when
 * that did not work for whatever reason and an inflater has to look at it. The room is to be 8 bytes
 * larger than what comes out. */
int nv_pool_inflate(struct nv_deflate_pool *pool, struct nv_bytes message, uint8_t *room,
                    size_t size);

#endif
