/* SPDX-License-Identifier: MIT */
/* shared.h: a block of bytes to which several output queues of one thread refer. */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <navette/base.h>

/* What stands in `data` up to `len` never moves or changes any more; more may be written behind it. */
struct nv_shared {
	size_t refs;
	size_t len;
	size_t cap;
	uint8_t data[];
};

/* Empty, with one reference, which is the caller's. NULL without memory. */
struct nv_shared *nv_shared_new(size_t cap);

static inline void nv_shared_ref(struct nv_shared *shared)
{
	shared->refs++;
}

/* Gives a reference back; the last one frees the block. NULL does nothing. */
void nv_shared_unref(struct nv_shared *shared);

#endif
