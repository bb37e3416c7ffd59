/* SPDX-License-Identifier: MIT */
/* deflate_budget.h: how much memory the windows that a server keeps may take together, on all its
 * threads. */
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
	size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);

	do {
		if (bytes > budget->max - used)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&budget->used, &used, used + bytes, memory_order_relaxed, memory_order_relaxed));
	return true;
}

#endif
