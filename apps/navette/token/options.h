/* SPDX-License-Identifier: MIT */
/* options.h: the command line of "navette token". */
#ifndef TOKEN_OPTIONS_H
#define TOKEN_OPTIONS_H

#include "serve/auth_options.h"

#include <stdint.h>

enum nv_token_action {
	NV_TOKEN_NEW,
	NV_TOKEN_SHOW,
	NV_TOKEN_CHECK
};

/* The texts are those of the command line. */
struct nv_token_options {
	enum nv_token_action action;
	bool help;
	const char *tokens_file;
	const char *name; /* "": none */
	enum nv_jwt_algorithm jwt_algorithm;
	const char *jwt_key_file;
	uint32_t expires_ms;
	const char *file; /* to show; NULL: standard input */
};

/* 0; else the exit code, after a message. */
int nv_token_options_read(struct nv_token_options *options, int argc, char **argv);

#endif
