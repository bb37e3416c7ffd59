/* SPDX-License-Identifier: MIT */
/* retry_after.h: how long a server asks its clients to stay away. */
#ifndef PROTO_RETRY_AFTER_H
#define PROTO_RETRY_AFTER_H

#include <navette/base.h>

#define NV_RETRY_AFTER_MAX_MS 3600000u

/* Milliseconds, NV_RETRY_AFTER_MAX_MS at most; 0: it does not say, or nothing that makes sense. */

/* The value of Retry-After: seconds, or an HTTP date (RFC 9110 10.2.3, 5.6.7, all three forms); `now` is in
 * seconds since 1970. */
uint32_t nv_retry_after_field(struct nv_bytes value, int64_t now);

/* The reason of a Close: "retry_after=2.500", seconds, alone or as a word of it. */
uint32_t nv_retry_after_reason(struct nv_bytes reason);

#endif
