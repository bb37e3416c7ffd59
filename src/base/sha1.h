/* SPDX-License-Identifier: MIT */
/* sha1.h: SHA-1, which the opening handshake asks for (RFC 6455 4.2.2). It protects nothing here. */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define NV_SHA1_SIZE 20u

void nv_sha1(const void *data, size_t len, uint8_t digest[NV_SHA1_SIZE]);

#endif
