/* SPDX-License-Identifier: MIT */
/* limits.h: what a client may send, on any route. */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include <stddef.h>

#include "serve/rate.h"

struct nv_limits {
	uint32_t max_message; /* bytes */
	uint32_t rate;        /* messages in a second; 0: any number */
};

/* Counts a message of `len` bytes that has just arrived. NULL, or why it is refused, in French. */
const char *nv_limits_refusal(const struct nv_limits *limits, struct nv_rate *rate, size_t len);

#endif
