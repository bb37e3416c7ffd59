/* SPDX-License-Identifier: MIT */
/* jwt_sign.c: makes the tokens that jwt.c checks. */
#include <openssl/err.h>

#include "serve/jwt_key.h"

static bool fill(jwt_t *jwt, const struct nv_jwt_key *key, const char *name, int64_t now_s,
                 int64_t expires)
{
	return jwt_set_alg(jwt, nv_jwt_library_algorithm(key), key->data, (int)key->len) == 0 &&
	       jwt_add_grant_int(jwt, "iat", (long)now_s) == 0 &&
	       jwt_add_grant_int(jwt, "exp", (long)expires) == 0 &&
	       (!*name || jwt_add_grant(jwt, "name", name) == 0);
}

char *nv_jwt_sign(const struct nv_jwt_key *key, const char *name, int64_t now_s, int64_t expires)
{
	jwt_t *jwt = NULL;
	char *token = NULL;

	if (jwt_new(&jwt) == 0 && fill(jwt, key, name, now_s, expires))
		token = jwt_encode_str(jwt);
	jwt_free(jwt);
	ERR_clear_error();
	return token;
}
