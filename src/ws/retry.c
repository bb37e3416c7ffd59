/* SPDX-License-Identifier: MIT */
/* retry.c: whether a client tries again, and when. Nothing here knows a client, a clock or chance: who asks
 * brings what is needed. */
#include "ws/retry.h"

#include <navette/handshake.h>

#include "proto/retry_after.h"

/* What may be another answer the next time, as the one who gave it says. */
static bool mends_status(int status)
{
	if (status >= 500)
		return status != 501 && status != 505;
	return status == 408 || status == 425 || status == 429;
}

/* Who is asked the same again answers the same. */
static bool mends_error(enum nv_stage stage, int error)
{
	switch (error) {
	case NV_ERR_INVALID:
	case NV_ERR_TOO_BIG:
	case NV_ERR_PROTOCOL:
	case NV_ERR_CERTIFICATE:
		return false;
	case NV_ERR_PERMISSION:  /* of SOCKS5; in HTTP it has a status */
	case NV_ERR_UNSUPPORTED: /* elsewhere it is a family that the network has not now */
		return stage != NV_STAGE_PROXY;
	default:
		return stage != NV_STAGE_URL;
	}
}

/* 101 is no refusal: what is wrong is what came with it. */
bool nv_retry_mends_failure(const struct nv_failure *failure)
{
	if (failure->status != 0 && failure->status != 101)
		return mends_status(failure->status);
	return mends_error(failure->stage, failure->error);
}

/* A message that did not arrive in time is the network's fault, though it is told as the peer's. */
bool nv_retry_mends_close(const struct nv_close *close)
{
	if (close->cause == NV_CAUSE_MESSAGE_TIMEOUT)
		return true;
	switch (close->status) {
	case NV_STATUS_NORMAL:
	case NV_STATUS_NONE:
	case NV_STATUS_PROTOCOL_ERROR:
	case NV_STATUS_UNSUPPORTED_DATA:
	case NV_STATUS_INVALID_DATA:
	case NV_STATUS_POLICY:
	case NV_STATUS_TOO_BIG:
	case NV_STATUS_EXTENSION:
		return false;
	default:
		return true;
	}
}

uint32_t nv_retry_wish(const struct nv_failure *failure, const struct nv_close *close, int64_t now)
{
	if (close)
		return nv_retry_after_reason(close->reason);
	if (!failure || !failure->head)
		return 0;
	return nv_retry_after_field(nv_head_field(failure->head, "Retry-After"), now);
}

/* One of 0 to `most`. */
static uint64_t draw(uint64_t most, uint32_t random)
{
	return (most + 1) * random >> 32;
}

/* min_ms * 2^n, max_ms at most. */
static uint64_t backoff(uint32_t n, uint32_t min_ms, uint32_t max_ms)
{
	uint64_t delay = (uint64_t)min_ms << (n < 32 ? n : 32);

	return delay < max_ms ? delay : max_ms;
}

uint32_t nv_retry_delay(uint32_t n, uint32_t min_ms, uint32_t max_ms, uint32_t wish_ms,
                        uint32_t random)
{
	uint64_t delay = backoff(n, min_ms, max_ms);
	uint64_t spread = draw(delay / 2, random);

	if (wish_ms == 0)
		return (uint32_t)(delay - delay / 2 + spread);
	return wish_ms + spread < UINT32_MAX ? (uint32_t)(wish_ms + spread) : UINT32_MAX;
}
