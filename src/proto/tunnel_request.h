/* SPDX-License-Identifier: MIT */
/* tunnel_request.h: what a client asks an HTTP proxy (RFC 9110 9.3.6), and Basic credentials (RFC 7617). */
#ifndef PROTO_TUNNEL_REQUEST_H
#define PROTO_TUNNEL_REQUEST_H

#include <navette/base.h>

/* Writes "CONNECT HOST:PORT" with Host, and Proxy-Authorization when `user` is not NULL. `authority` is
 * host and port, an IPv6 address in brackets. The length; NV_ERR_TOO_BIG; NV_ERR_INVALID for a user with
 * a colon or control characters in what becomes a field. */
int nv_tunnel_request(const char *authority, const char *user, const char *password, char *out,
                      size_t size);

/* Writes "Basic dXNlcjpwYXNz" of "user:pass", zero-terminated: the length, NV_ERR_TOO_BIG, NV_ERR_INVALID
 * without a colon or with control characters. */
int nv_basic_credentials(const char *credentials, char *out, size_t size);

#endif
