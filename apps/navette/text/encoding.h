/* SPDX-License-Identifier: MIT */
/* encoding.h: bytes as hex digits and as base64 (RFC 4648 4), one way and back. */
#ifndef TEXT_ENCODING_H
#define TEXT_ENCODING_H

#include <navette/base.h>

#include <stdio.h>

/* Decode into `out`, which has room for as many bytes as `text`; their number, or NV_ERR_INVALID. Hex may
 * have spaces between its bytes; base64 may lack the padding. */
int nv_hex_decode(struct nv_bytes text, uint8_t *out);
int nv_base64_decode(struct nv_bytes text, uint8_t *out);

/* Lower case, without a line break. */
void nv_hex_write(FILE *file, struct nv_bytes bytes);
void nv_base64_write(FILE *file, struct nv_bytes bytes);

/* The characters that so many bytes become. */
#define NV_BASE64_SIZE(len) (((len) + 2) / 3 * 4)

/* Writes NV_BASE64_SIZE characters. */
void nv_base64_string(struct nv_bytes bytes, char *out);

#endif
