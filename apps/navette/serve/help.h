/* SPDX-License-Identifier: MIT */
/* help.h: what "navette serve --help" says. */
#ifndef SERVE_HELP_H
#define SERVE_HELP_H

#include <stdio.h>

void nv_serve_help(FILE *file);

#endif
