/* SPDX-License-Identifier: MIT */
/* input.h: the token that a file or standard input holds. */
#ifndef TOKEN_INPUT_H
#define TOKEN_INPUT_H

#include <navette/base.h>

#include "serve/token_file.h"

/* Wipe it (explicit_bzero) when it has been looked at. */
struct nv_token_input {
	size_t len; /* above NV_TOKEN_MOST: longer than a token may be, and not all of it */
	uint8_t data[NV_TOKEN_MOST + 3];
};

/* Without the line break at its end. `file` NULL is standard input. 0, or the exit code after a message. */
int nv_token_input_read(struct nv_token_input *input, const char *file);

#endif
