/* SPDX-License-Identifier: MIT */
/* output.h: messages on standard output, one line each.
 *
 * In a pipe a text goes out as it came, a message that holds line breaks thus as several lines, and
 * binary as the encoding has it: hex digits, base64, or as it came and with nothing behind it. A
 * time stamp may go before each message. On a terminal, or where colors are wanted in any case, display.h
 * shows it. */
#ifndef CONNECT_OUTPUT_H
#define CONNECT_OUTPUT_H

#include "connect/options.h"

#include <stdio.h>

struct nv_output {
	FILE *file;
	const struct nv_connect_options *options;
	bool readable; /* as display.h has it */
	int error;     /* errno of the first write that failed; nothing is written from then on */
};

/* The file and the options stay the caller's. */
void nv_output_init(struct nv_output *output, FILE *file, const struct nv_connect_options *options);

void nv_output_message(struct nv_output *output, enum nv_opcode opcode, struct nv_bytes message);

/* Gives what was printed to the system, waiting for it if need be. Then `error` is known. */
void nv_output_flush(struct nv_output *output);

#endif
