/* SPDX-License-Identifier: MIT */
/* deflate_budget.h: how much memory the windows that a server keeps may take together. */
#ifndef PROTO_DEFLATE_BUDGET_H
#define PROTO_DEFLATE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct nv_deflate_budget {
	size_t used;
	size_t max;
};

static inline void nv_budget_give(struct nv_deflate_budget *budget, size_t bytes)
{
	budget->used -= bytes;
}

/* False when that would be too much, and then nothing is taken. */
static inline bool nv_budget_take(struct nv_deflate_budget *budget, size_t bytes)
{
	if (bytes > budget->max - budget->used)
		return false;
	budget->used += bytes;
	return true;
}

#endif
