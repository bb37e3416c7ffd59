/* SPDX-License-Identifier: MIT */
/* help.h: what "navette token --help" says. */
#ifndef TOKEN_HELP_H
#define TOKEN_HELP_H

#include <stdio.h>

void nv_token_help(FILE *file);

#endif
