/* SPDX-License-Identifier: MIT */
/* random.h: bytes that nobody can predict, for masking keys and handshake nonces (RFC 6455 10.3). */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include <stddef.h>

/* Fills `out` with unpredictable bytes. 0 or NV_ERR_SYSTEM. */
int nv_random(void *out, size_t len);

#endif
