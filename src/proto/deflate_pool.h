/* SPDX-License-Identifier: MIT */
/* deflate_pool.h: compressors at rest, which the sessions of one thread share as long as they keep no
 * window from message to message. */
#ifndef PROTO_DEFLATE_POOL_H
#define PROTO_DEFLATE_POOL_H

#include "base/buf.h"
#include "proto/deflate_budget.h"
#include "proto/deflate_offer.h"
#include "proto/deflater.h"
#include "proto/inflater.h"
#include "proto/whole_deflater.h"

/* The owner embeds it, zeroed, with `compression` complete and `budget` NULL for no limit on what
 * windows that are kept take; both outlive it. It is the last that its sessions give up. */
struct nv_deflate_pool {
	const struct nv_compression *compression;
	struct nv_deflate_budget *budget;
	struct nv_deflater *deflaters[NV_WINDOW_BITS_MAX - NV_WINDOW_BITS_MIN + 1];
	struct nv_inflater *inflater;
	struct nv_whole_deflater *whole; /* NULL until it is first asked for */
	struct nv_buf scratch;           /* the last message that was compressed */
};

void nv_deflate_pool_deinit(struct nv_deflate_pool *pool);

/* One that rests, or a new one; NULL without memory. */
struct nv_deflater *nv_pool_take_deflater(struct nv_deflate_pool *pool, uint8_t window_bits);
struct nv_inflater *nv_pool_take_inflater(struct nv_deflate_pool *pool);

/* Gives back what was taken, with the same bits. NULL does nothing. */
void nv_pool_put_deflater(struct nv_deflate_pool *pool, struct nv_deflater *deflater,
                          uint8_t window_bits);
void nv_pool_put_inflater(struct nv_deflate_pool *pool, struct nv_inflater *inflater);

/* The one for large messages, which stays the pool's; NULL without memory. */
struct nv_whole_deflater *nv_pool_whole_deflater(struct nv_deflate_pool *pool);

#endif
