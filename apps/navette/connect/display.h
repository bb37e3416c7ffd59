/* SPDX-License-Identifier: MIT */
/* display.h: messages for a person at a terminal. */
#ifndef CONNECT_DISPLAY_H
#define CONNECT_DISPLAY_H

#include <navette/base.h>

#include <stdio.h>

#include "connect/color.h"

struct nv_display_options {
	enum nv_color color;
	bool timestamps;
	bool raw;    /* JSON as it came */
	bool base64; /* binary so, not as hex digits */
};

/* Whether somebody reads what is written there: on a terminal, or with --color always wherever it goes. */
bool nv_display_is_wanted(FILE *file, const struct nv_display_options *options);

/* Writes one message and a line break, escaped: no server drives the terminal. */
void nv_display_message(FILE *file, const struct nv_display_options *options, enum nv_opcode opcode,
                        struct nv_bytes message);

/* The first part of that, for what is written in another way: "12:34:56.789 ", or nothing when no time
 * stamps are wanted. */
void nv_display_stamp(FILE *file, const struct nv_display_options *options);

#endif
