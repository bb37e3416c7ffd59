/* SPDX-License-Identifier: MIT */
/* limits.c: the order of the checks. Every message counts for the rate, whatever its size. */
#include "serve/limits.h"

#include "serve/clock.h"

const char *nv_limits_refusal(const struct nv_limits *limits, struct nv_rate *rate, size_t len)
{
	if (!nv_rate_allows(rate, limits->rate, nv_clock_ns()))
		return "Trop de messages envoyés";
	return len > limits->max_message ? "Message trop grand" : NULL;
}
