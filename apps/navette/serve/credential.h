/* SPDX-License-Identifier: MIT */
/* credential.h: the token that a request carries, wherever it stands.
 *
 * A browser can't set Authorization for a WebSocket, but it can offer a subprotocol "bearer.TOKEN". That one
 * is never chosen, which would send the token back; but a browser that offers any wants one of them
 * chosen, so it has to offer another one beside it. */
#ifndef SERVE_CREDENTIAL_H
#define SERVE_CREDENTIAL_H

#include <navette/navette.h>

#define NV_CREDENTIAL_SIZE 8193 /* no request target is longer */

enum nv_credential {
	NV_CREDENTIAL_NONE,
	NV_CREDENTIAL_ONE,
	NV_CREDENTIAL_BAD /* empty, badly encoded, or two different ones */
};

/* Looks in `Authorization: Bearer`, the subprotocols "bearer." and the query's "token=" (percent-decoded,
 * '+' stays '+'). The token is a slice of the request or of `decoded`. */
enum nv_credential nv_credential_find(const struct nv_request *request,
                                      char decoded[NV_CREDENTIAL_SIZE], struct nv_bytes *token);

/* The first subprotocol that is not a token, zero-terminated, when one that is was offered too; else
 * false. */
bool nv_credential_subprotocol(const struct nv_request *request, char *out, size_t size);

#endif
