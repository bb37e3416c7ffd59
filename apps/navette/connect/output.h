/* SPDX-License-Identifier: MIT */
/* output.h: messages on standard output, one line each.
 *
 * In a pipe a text goes out as it came, a message that holds line breaks thus as several lines, and
 * binary as lower-case hex digits. On a terminal it says who speaks, and text is escaped. */
#ifndef CONNECT_OUTPUT_H
#define CONNECT_OUTPUT_H

#include <navette/base.h>

#include <stdio.h>

struct nv_output {
	FILE *file;
	bool terminal;
	int error; /* errno of the first write that failed; nothing is written from then on */
};

/* The file stays the caller's. */
void nv_output_init(struct nv_output *output, FILE *file);

void nv_output_message(struct nv_output *output, enum nv_opcode opcode, struct nv_bytes message);

/* Gives what was printed to the system, waiting for it if need be. Then `error` is known. */
void nv_output_flush(struct nv_output *output);

#endif
