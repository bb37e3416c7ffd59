/* SPDX-License-Identifier: MIT */
/* jwt.h: JSON Web Tokens (RFC 7519) of one algorithm, which the configuration fixes and which is compared
 * before the key is touched (RFC 8725 3.1). The signature is libjwt's; time is ours: exp is required,
 * nbf counts, both with 30 s of leeway. No claim is looked at before the signature is found good. */
#ifndef SERVE_JWT_H
#define SERVE_JWT_H

#include "serve/auth.h"

#define NV_JWT_LEEWAY_S 30

/* "HS256"; NULL for NV_JWT_NONE. */
const char *nv_jwt_algorithm_name(enum nv_jwt_algorithm algorithm);
/* NV_JWT_NONE for what is no name of one; the case counts. */
enum nv_jwt_algorithm nv_jwt_algorithm_find(const char *name);

struct nv_jwt_key;

/* The secret of HS256 (32 bytes at least; one newline at the end is not part of it) or a public key, PEM,
 * of the kind that the algorithm takes. NULL, and `problem` says why. A secret that others than its owner and
 * group may read is refused. */
struct nv_jwt_key *nv_jwt_key_read(enum nv_jwt_algorithm algorithm, const char *path, char *problem,
                                   size_t size);
/* What signs: the secret, or a private key that is not encrypted, in a file as private as the secret's. */
struct nv_jwt_key *nv_jwt_signing_key_read(enum nv_jwt_algorithm algorithm, const char *path,
                                           char *problem, size_t size);
void nv_jwt_key_free(struct nv_jwt_key *key);

/* Any thread. The name is the claim "name", else "sub" if that may be a name in the chat; a "name" that
 * may not be one makes the token a bad one. pass->expires is the claim "exp". At most 8,192 bytes of
 * token. */
enum nv_verdict nv_jwt_check(const struct nv_jwt_key *key, struct nv_bytes token, int64_t now_s,
                             struct nv_pass *pass);

/* A new token for `name` ("" is none), signed; NULL if that failed. Give it back with nv_secret_free. */
char *nv_jwt_sign(const struct nv_jwt_key *key, const char *name, int64_t now_s, int64_t expires);

#endif
