/* SPDX-License-Identifier: MIT */
/* escape.h: text of a stranger, made harmless for a terminal or a log. */
#ifndef TEXT_ESCAPE_H
#define TEXT_ESCAPE_H

#include <navette/base.h>

#include <stdio.h>

#define NV_ESCAPE_SIZE 8

/* Takes the first character off `text`, which is not empty, and writes it to `out` as it may be
 * shown: what drives a terminal, breaks or reorders a line, or is not UTF-8 becomes "\n", "\x1b",
 * "\u202e". The bytes written, without a terminating zero. A backslash is not doubled: this is for
 * reading, not for parsing. */
size_t nv_escape_next(struct nv_bytes *text, char out[NV_ESCAPE_SIZE]);

/* Writes all of `text` so, but for tabs, which stay. */
void nv_escape(FILE *file, struct nv_bytes text);

#endif
