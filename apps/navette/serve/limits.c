/* SPDX-License-Identifier: MIT */
/* limits.c: the order of the checks. Every message counts for the rate, whatever its size. */
#include "serve/limits.h"

#include "serve/clock.h"

void nv_limits_set(struct nv_limits *limits, uint32_t max_message, uint32_t rate)
{
	atomic_store_explicit(&limits->max_message, max_message, memory_order_relaxed);
	atomic_store_explicit(&limits->rate, rate, memory_order_relaxed);
}

const char *nv_limits_refusal(const struct nv_limits *limits, struct nv_rate *rate, size_t len)
{
	uint32_t a_second = atomic_load_explicit(&limits->rate, memory_order_relaxed);
	uint32_t most = atomic_load_explicit(&limits->max_message, memory_order_relaxed);

	if (!nv_rate_allows(rate, a_second, nv_clock_ns()))
		return "Trop de messages envoyés";
	return len > most ? "Message trop grand" : NULL;
}
