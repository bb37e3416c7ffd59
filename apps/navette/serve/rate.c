/* SPDX-License-Identifier: MIT */
/* rate.c: a window that begins with a message and lasts a second. */
#include "serve/rate.h"

#define WINDOW_NS 1000000000u

bool nv_rate_allows(struct nv_rate *rate, uint32_t limit, uint64_t now_ns)
{
	if (limit == 0)
		return true;
	if (rate->count == 0 || now_ns - rate->since_ns >= WINDOW_NS) {
		rate->since_ns = now_ns;
		rate->count = 1;
		return true;
	}
	if (rate->count < UINT32_MAX)
		rate->count++;
	return rate->count <= limit;
}
