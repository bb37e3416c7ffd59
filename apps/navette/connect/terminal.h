/* SPDX-License-Identifier: MIT */
/* terminal.h: somebody who types: a source of messages with a line editor, a history and commands. */
#ifndef CONNECT_TERMINAL_H
#define CONNECT_TERMINAL_H

#include "connect/options.h"
#include "connect/source.h"

/* Reads from standard input and draws on standard error, which are both terminals; one at a time. NULL
 * when lines can't be edited there (TERM is "dumb" or unknown, no UTF-8) or without memory. */
struct nv_source *nv_terminal_new(const struct nv_connect_options *options);
/* The terminal is as it was before. NULL does nothing. */
void nv_terminal_free(struct nv_source *source);

#endif
