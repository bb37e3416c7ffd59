/* SPDX-License-Identifier: MIT */
/* rate.h: how many messages one client may send in a second. */
#ifndef SERVE_RATE_H
#define SERVE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Starts zeroed. */
struct nv_rate {
	uint64_t since_ns; /* the window began */
	uint32_t count;    /* messages in it, the refused ones too; 0: no window yet */
};

/* Counts a message that arrives now: false when the window has had `limit` of them already. The
 * first message after a full second begins a window. Limit 0 allows all. */
bool nv_rate_allows(struct nv_rate *rate, uint32_t limit, uint64_t now_ns);

#endif
