/* SPDX-License-Identifier: MIT */
/* target.h: the target of a request line (RFC 9112 3.2). */
#ifndef PROTO_TARGET_H
#define PROTO_TARGET_H

#include <navette/base.h>

/* A path with its query, as it is or cut out of an absolute http, https, ws or wss URL. False for
 * anything else. Where such a URL has no path, the missing "/" is written over its host. */
bool nv_target_relative(uint8_t *text, size_t len, struct nv_bytes *relative);

#endif
