/* SPDX-License-Identifier: MIT */
/* keys.h: a client's masking keys, drawn from the system's generator 4 KiB at a time
 * (RFC 6455 5.3 and 10.3: nobody can predict one). */
#ifndef WS_KEYS_H
#define WS_KEYS_H

#include <navette/base.h>

#define NV_KEYS_SIZE 4096u

/* Embedded by its owner, zeroed. */
struct nv_keys {
	uint8_t bytes[NV_KEYS_SIZE];
	size_t left; /* of them not yet used, the last ones */
};

/* The masking_key of struct nv_session_options; the context is a struct nv_keys. */
int nv_keys_next(void *context, uint8_t key[4]);

#endif
