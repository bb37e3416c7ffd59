/* SPDX-License-Identifier: MIT */
/* close.h: the payload of a Close frame (RFC 6455 5.5.1, 7.4). */
#ifndef PROTO_CLOSE_H
#define PROTO_CLOSE_H

#include <navette/base.h>

#define NV_REASON_MAX 123u

/* True for a status that may be on the wire: 1000-1003, 1007-1014 and 3000-4999. */
bool nv_status_is_sendable(uint16_t status);

/* Whether a Close can be sent with them: 0; NV_ERR_INVALID for a status that may not, or a reason
 * without one (0); NV_ERR_TOO_BIG, NV_ERR_UTF8 for the reason. */
int nv_close_check(uint16_t status, struct nv_bytes reason);

/* What a Close says. 0, or the status that its sender deserves with `*error` telling why. An empty
 * payload is status 1005. The reason is a slice of the payload. */
uint16_t nv_close_read(struct nv_bytes payload, uint16_t *status, struct nv_bytes *reason,
                       const char **error);

#endif
