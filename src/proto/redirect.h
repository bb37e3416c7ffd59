/* SPDX-License-Identifier: MIT */
/* redirect.h: where a redirect leads, and whether a client may go there. */
#ifndef PROTO_REDIRECT_H
#define PROTO_REDIRECT_H

#include <navette/handshake.h>

/* Resolves the value of Location against the URL it answered (RFC 3986 5.2; http and https mean ws and wss;
 * a fragment is dropped), zero-terminated: a URL that nv_url_parse takes. Its length; or, with a constant
 * that says why, NV_ERR_TOO_BIG or NV_ERR_INVALID: not a URL, another scheme, user information, or from wss
 * to ws. */
int nv_redirect_resolve(const struct nv_url *from, struct nv_bytes location, char *out, size_t size,
                        const char **problem);

/* True for 301, 302, 303, 307 and 308. */
bool nv_redirect_is(int status);

/* True when secrets for the one may be told to the other: the same host, in any letter case, and port; from
 * port 80 of ws to port 443 of wss counts as the same. Never from wss to ws. */
bool nv_redirect_keeps_secrets(const struct nv_url *from, const struct nv_url *to);

/* Copies lines "Name: value\r\n" (NULL: none) without those of Authorization, Proxy-Authorization and Cookie;
 * `out` has room for all of them and a zero. */
void nv_redirect_strip(const char *fields, char *out);

#endif
