/* SPDX-License-Identifier: MIT */
/* auth_options.h: the part of the configuration of "navette serve" that is about who may come in. */
#ifndef SERVE_AUTH_OPTIONS_H
#define SERVE_AUTH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define NV_SERVE_ORIGINS 64

/* The one algorithm that a JWT may have; fixed here, and never chosen by the token. */
enum nv_jwt_algorithm {
	NV_JWT_NONE, /* no JWT is taken */
	NV_JWT_HS256,
	NV_JWT_RS256,
	NV_JWT_ES256
};

/* Zeroed: everybody, from any origin. The texts are those of the configuration. */
struct nv_serve_auth {
	const char *tokens_file; /* "token [name]" a line; or NULL */
	enum nv_jwt_algorithm jwt_algorithm;
	const char *jwt_key_file; /* HS256: the secret; else the public key, PEM */
	bool before_upgrade;      /* a bad token is answered 401 instead of a Close */
	const char *origins[NV_SERVE_ORIGINS];
	size_t origin_count;
};

/* True when a credential is asked for. */
static inline bool nv_serve_auth_is_on(const struct nv_serve_auth *auth)
{
	return auth->tokens_file || auth->jwt_algorithm != NV_JWT_NONE;
}

#endif
