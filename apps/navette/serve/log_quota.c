/* SPDX-License-Identifier: MIT */
/* log_quota.c: a second begins with a line, and ends when somebody asks. */
#include "serve/log_quota.h"

#define SECOND_NS UINT64_C(1000000000)

bool nv_log_quota_allows(struct nv_log_quota *quota, uint64_t now_ns)
{
	if (quota->count++ == 0)
		quota->since_ns = now_ns;
	return quota->count <= NV_LOG_QUOTA;
}

uint64_t nv_log_quota_over(struct nv_log_quota *quota, uint64_t now_ns)
{
	uint64_t count = quota->count;

	/* Threads may have asked for the time in one order and come here in another. */
	if (now_ns < quota->since_ns || now_ns - quota->since_ns < SECOND_NS)
		return 0;
	quota->count = 0;
	return count > NV_LOG_QUOTA ? count - NV_LOG_QUOTA : 0;
}
