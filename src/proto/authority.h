/* SPDX-License-Identifier: MIT */
/* authority.h: host and port as in the Host field and in URLs (RFC 3986 3.2). */
#ifndef PROTO_AUTHORITY_H
#define PROTO_AUTHORITY_H

#include <navette/base.h>

struct nv_authority {
	struct nv_bytes host; /* a slice of the text, without brackets; never empty */
	bool literal_v6;
	uint16_t port; /* 0 when none is given: "host", "host:" */
};

/* NULL for a well-formed text; else a constant that says what is wrong with it. User information
 * is refused. An IPv6 literal is checked for its characters, not for its meaning. */
const char *nv_authority_parse(struct nv_bytes text, struct nv_authority *authority);

#endif
