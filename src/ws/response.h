/* SPDX-License-Identifier: MIT */
/* response.h: writes the head of a plain HTTP answer (RFC 9112). */
#ifndef WS_RESPONSE_H
#define WS_RESPONSE_H

#include "base/buf.h"

struct nv_response {
	int status;
	const char *content_type;
	size_t content_length;
	struct nv_bytes fields; /* complete lines; a field named here is not defaulted */
	bool hsts;              /* the host speaks TLS, and has to from now on */
};

/* "Not Found"; "Unknown" for a status that nobody registered. */
const char *nv_status_text(int status);

/* Appends the head, with the fields that a safe answer has. 0 or NV_ERR_NOMEM. */
int nv_response_write(const struct nv_response *response, struct nv_buf *out);

#endif
