/* SPDX-License-Identifier: MIT */
/* deflate_budget.h: how much memory all compressors together may take, over all threads. */
#ifndef PROTO_DEFLATE_BUDGET_H
#define PROTO_DEFLATE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct nv_deflate_budget {
	atomic_size_t used;
	size_t max;
};

static inline void nv_budget_give(struct nv_deflate_budget *budget, size_t bytes)
{
	atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
}

/* False when that would be too much, and then nothing is taken. */
static inline bool nv_budget_take(struct nv_deflate_budget *budget, size_t bytes)
{
	size_t used = atomic_fetch_add_explicit(&budget->used, bytes, memory_order_relaxed);

	if (used <= budget->max && bytes <= budget->max - used)
		return true;
	nv_budget_give(budget, bytes);
	return false;
}

#endif
