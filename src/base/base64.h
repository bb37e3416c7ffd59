/* SPDX-License-Identifier: MIT */
/* base64.h: base64 with padding (RFC 4648 section 4). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <navette/base.h>

/* Characters that `len` bytes become, without a terminating zero. */
#define NV_BASE64_SIZE(len) (((len) + 2) / 3 * 4)

/* Writes exactly NV_BASE64_SIZE(len) characters. */
void nv_base64_encode(const uint8_t *data, size_t len, char *out);

/* How many bytes the text stands for, or NV_ERR_INVALID: another alphabet, spaces, missing padding.
 * Pad bits that are not zero are accepted, since RFC 6455's own example has them. */
int nv_base64_length(struct nv_bytes text);

#endif
