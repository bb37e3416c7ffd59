/* SPDX-License-Identifier: MIT */
/* actions.h: what "navette token" can do. Each returns the exit code. */
#ifndef TOKEN_ACTIONS_H
#define TOKEN_ACTIONS_H

#include "token/options.h"

/* X(name, exit code, what check prints, meaning) */
#define NV_TOKEN_CODES(X)                                                                          \
	X(NV_TOKEN_CODE_GOOD, 0, "good", "done; the token is good")                                \
	X(NV_TOKEN_CODE_LOCAL, 1, "", "this machine: a file, memory, standard output")             \
	X(NV_TOKEN_CODE_USAGE, 2, "", "a bad option")                                              \
	X(NV_TOKEN_CODE_EXPIRED, 3, "expired", "the token has expired")                            \
	X(NV_TOKEN_CODE_BAD, 4, "bad", "the token is a bad one")                                   \
	X(NV_TOKEN_CODE_EARLY, 5, "early", "the token is not good yet")

enum nv_token_code {
#define NV_TOKEN_CODE_ENUM(name, value, word, meaning) name = value,
	NV_TOKEN_CODES(NV_TOKEN_CODE_ENUM)
#undef NV_TOKEN_CODE_ENUM
};

int nv_token_new(const struct nv_token_options *options);
int nv_token_show(const struct nv_token_options *options);
int nv_token_check(const struct nv_token_options *options);

#endif
