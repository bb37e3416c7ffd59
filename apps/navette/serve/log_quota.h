/* SPDX-License-Identifier: MIT */
/* log_quota.h: how many lines of one kind the log gets in a second; the others are counted. */
#ifndef SERVE_LOG_QUOTA_H
#define SERVE_LOG_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#define NV_LOG_QUOTA 10u

/* Starts zeroed. Not for two threads at once. */
struct nv_log_quota {
	uint64_t since_ns; /* a second began, with a line */
	uint64_t count;    /* lines in it, also those that were left out; 0: none has begun */
};

/* Counts a line of now: false when it is to be left out. After nv_log_quota_over. */
bool nv_log_quota_allows(struct nv_log_quota *quota, uint64_t now_ns);

/* How many lines were left out in a second that is over by now; each is told once. At the end of the log
 * `now_ns` is UINT64_MAX. */
uint64_t nv_log_quota_over(struct nv_log_quota *quota, uint64_t now_ns);

#endif
