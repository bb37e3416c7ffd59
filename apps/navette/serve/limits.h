/* SPDX-License-Identifier: MIT */
/* limits.h: what a client may send, on any route. Any thread looks, while the main one changes them. */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include <stdatomic.h>
#include <stddef.h>

#include "serve/rate.h"

struct nv_limits {
	_Atomic(uint32_t) max_message; /* bytes */
	_Atomic(uint32_t) rate;        /* messages in a second; 0: any number */
};

void nv_limits_set(struct nv_limits *limits, uint32_t max_message, uint32_t rate);

/* Counts a message of `len` bytes that has just arrived. NULL, or why it is refused, in French. */
const char *nv_limits_refusal(const struct nv_limits *limits, struct nv_rate *rate, size_t len);

#endif
