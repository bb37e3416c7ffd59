/* SPDX-License-Identifier: MIT */
/* shared.c: a block of bytes that is freed by whoever needs it last. */
#include "base/shared.h"

#include "base/alloc.h"

struct nv_shared *nv_shared_new(size_t cap)
{
	struct nv_shared *shared;

	if (cap > SIZE_MAX - sizeof *shared)
		return NULL;
	shared = nv_alloc(sizeof *shared + cap);
	if (!shared)
		return NULL;
	shared->refs = 1;
	shared->len = 0;
	shared->cap = cap;
	return shared;
}

void nv_shared_unref(struct nv_shared *shared)
{
	if (shared && --shared->refs == 0)
		nv_free(shared);
}
