/* SPDX-License-Identifier: MIT */
/* subprotocol.h: the list of subprotocols that a client offers (RFC 6455 11.3.4). */
#ifndef PROTO_SUBPROTOCOL_H
#define PROTO_SUBPROTOCOL_H

#include <navette/base.h>

/* Looking for duplicates compares each with each, so their number is bounded. */
#define NV_SUBPROTOCOLS_MAX 64u

struct nv_subprotocols {
	struct nv_bytes names[NV_SUBPROTOCOLS_MAX]; /* slices of the lists */
	size_t count;
};

/* Adds the elements of one line, which may be empty. NULL, or a constant that says what is wrong:
 * something else than a token, one twice, too many. */
const char *nv_subprotocols_add(struct nv_subprotocols *set, struct nv_bytes list);

/* Letter case matters. */
bool nv_subprotocols_has(const struct nv_subprotocols *set, struct nv_bytes name);

#endif
