/* SPDX-License-Identifier: MIT */
/* close.c: reads the payload of a Close frame and knows which status codes exist. */
#include "proto/close.h"

#include "proto/utf8.h"

bool nv_status_is_sendable(uint16_t status)
{
	if (status >= 3000)
		return status <= 4999;
	/* RFC 6455 7.4.1 and the IANA registry, which has added 1012 to 1014. */
	return (status >= NV_STATUS_NORMAL && status <= NV_STATUS_UNSUPPORTED_DATA) ||
	       (status >= NV_STATUS_INVALID_DATA && status <= NV_STATUS_BAD_GATEWAY);
}

int nv_close_check(uint16_t status, struct nv_bytes reason)
{
	if (status != 0 && !nv_status_is_sendable(status))
		return NV_ERR_INVALID;
	if (status == 0 && reason.len > 0)
		return NV_ERR_INVALID;
	if (reason.len > NV_REASON_MAX)
		return NV_ERR_TOO_BIG;
	return nv_utf8_valid(reason) ? 0 : NV_ERR_UTF8;
}

uint16_t nv_close_read(struct nv_bytes payload, uint16_t *status, struct nv_bytes *reason,
                       const char **error)
{
	*status = NV_STATUS_NONE;
	*reason = (struct nv_bytes){ payload.data, 0 };
	if (payload.len == 0)
		return 0;
	if (payload.len == 1) {
		*error = "a Close payload of one byte";
		return NV_STATUS_PROTOCOL_ERROR;
	}
	*status = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
	*reason = (struct nv_bytes){ payload.data + 2, payload.len - 2 };
	if (!nv_status_is_sendable(*status)) {
		*error = "a Close status that may not be sent";
		return NV_STATUS_PROTOCOL_ERROR;
	}
	if (!nv_utf8_valid(*reason)) {
		*error = "a Close reason that is not UTF-8";
		return NV_STATUS_INVALID_DATA;
	}
	return 0;
}
