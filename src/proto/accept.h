/* SPDX-License-Identifier: MIT */
/* accept.h: Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it (RFC 6455 4.2.2). */
#ifndef PROTO_ACCEPT_H
#define PROTO_ACCEPT_H

#include <navette/base.h>

#define NV_KEY_SIZE 24u    /* characters of 16 bytes in base64 */
#define NV_ACCEPT_SIZE 28u /* characters of a SHA-1 digest in base64 */

/* True for the base64 of 16 bytes, which is NV_KEY_SIZE characters. */
bool nv_is_key(struct nv_bytes text);

/* `key` is NV_KEY_SIZE characters. */
void nv_accept_value(const uint8_t *key, char accept[NV_ACCEPT_SIZE]);

#endif
