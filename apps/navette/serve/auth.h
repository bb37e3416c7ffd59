/* SPDX-License-Identifier: MIT */
/* auth.h: who may come in: the token that a request carries, checked against a file or as a JWT, and
 * the Origin that a browser tells.
 *
 * A credential is looked for in this order: `Authorization: Bearer TOKEN`, a subprotocol
 * "bearer.TOKEN", which is never chosen, `?token=TOKEN` (percent-decoded, '+' stays '+'). Two different
 * ones in one request are a bad one. No text here or in a log ever holds a token. */
#ifndef SERVE_AUTH_H
#define SERVE_AUTH_H

#include <navette/navette.h>

#include "serve/auth_options.h"

#define NV_AUTH_NAME 129 /* with its terminating zero */

struct nv_auth;

/* What a good token says. */
struct nv_pass {
	char name[NV_AUTH_NAME]; /* "": none */
	int64_t expires;         /* seconds since 1970; INT64_MAX: never */
};

enum nv_verdict {
	NV_AUTH_GOOD,
	NV_AUTH_NONE, /* no credential came */
	NV_AUTH_BAD,
	NV_AUTH_EXPIRED,
	NV_AUTH_EARLY /* nbf */
};

/* Reads the files; the options stay the caller's and have to outlive it. NULL, and `problem` (of
 * problem_size bytes) says which file and why. Main thread. */
struct nv_auth *nv_auth_new(const struct nv_serve_auth *options, char *problem,
                            size_t problem_size);
void nv_auth_free(struct nv_auth *auth);

/* Reads the files again if they changed, or `always`: 1 when something is new, 0, or a negative error with
 * the old ones going on; `problem` says why, once. Main thread, while others check. */
int nv_auth_reload(struct nv_auth *auth, bool always, char *problem, size_t problem_size);

/* Any thread. now_s: seconds since 1970. With no credential configured all is good. */
enum nv_verdict nv_auth_check(struct nv_auth *auth, const struct nv_request *request, int64_t now_s,
                              struct nv_pass *pass);

/* The Origin of the request is absent, or allowed (HS-33, HS-34). Any thread. */
bool nv_auth_origin_allowed(const struct nv_auth *auth, const struct nv_request *request);

#endif
