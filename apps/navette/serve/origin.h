/* SPDX-License-Identifier: MIT */
/* origin.h: origins (RFC 6454) in one form each, so that two of them can be compared byte for byte. */
#ifndef SERVE_ORIGIN_H
#define SERVE_ORIGIN_H

#include <stdbool.h>

#include <navette/base.h>

#define NV_ORIGIN_SIZE 320 /* a scheme, a host of 255 bytes and a port */

/* Writes "scheme://host[:port]" in small letters and without the scheme's own port. False for anything
 * else: null, a path or only its slash, user information, a host that is not ASCII, which has to be in its
 * punycode form. */
bool nv_origin_read(struct nv_bytes text, char out[NV_ORIGIN_SIZE]);

/* The Host field of a request that came without TLS, or with it, names this origin, which
 * nv_origin_read wrote. Without, there may be a proxy with TLS before this server, so that https is
 * the same too. */
bool nv_origin_is_host(const char *origin, struct nv_bytes host, bool tls);

#endif
