/* SPDX-License-Identifier: MIT */
/* append.h: one more line in a file of tokens. */
#ifndef TOKEN_APPEND_H
#define TOKEN_APPEND_H

#include <stdbool.h>

/* Makes the file (0600) if there is none; keeps its mode, owner and group else. Whoever reads it meanwhile
 * sees it as it was or with all of the line; of several at once each gets its line. False after a message,
 * the file then being as it was. */
bool nv_token_append(const char *path, const char *token, const char *name);

#endif
