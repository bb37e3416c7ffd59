/* SPDX-License-Identifier: MIT */
/* jwt_key.h: the inside of a key, for what checks and what signs. */
#ifndef SERVE_JWT_KEY_H
#define SERVE_JWT_KEY_H

#include <jwt.h>

#include "serve/jwt.h"

struct nv_jwt_key {
	enum nv_jwt_algorithm algorithm;
	size_t len;
	uint8_t *data; /* as libjwt takes it: the secret, or PEM with a zero behind it */
};

jwt_alg_t nv_jwt_library_algorithm(const struct nv_jwt_key *key);

#endif
