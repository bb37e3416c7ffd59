/* SPDX-License-Identifier: MIT */
/* commands.h: what a line means that somebody typed: text, "quit", or a command that begins with "/". */
#ifndef CONNECT_COMMANDS_H
#define CONNECT_COMMANDS_H

#include <navette/base.h>

#include <stdio.h>

enum nv_command_kind {
	NV_COMMAND_TEXT,
	NV_COMMAND_QUIT,
	NV_COMMAND_PING,
	NV_COMMAND_CLOSE,
	NV_COMMAND_BINARY,
	NV_COMMAND_HELP,
	NV_COMMAND_BAD
};

#define NV_COMMAND_REASON_MAX 123 /* bytes: RFC 6455 5.5.1 */

struct nv_command {
	enum nv_command_kind kind;
	struct nv_bytes
		data;    /* what to send, slice of the line; of NV_COMMAND_BINARY its hex digits */
	uint16_t status; /* of NV_COMMAND_CLOSE, */
	char reason[NV_COMMAND_REASON_MAX + 1]; /* and this */
	const char *problem;                    /* of NV_COMMAND_BAD: a constant */
};

/* What is no text; the other lines are. */
struct nv_command_words {
	bool quit;
	bool commands; /* what begins with "/" */
};

void nv_command_parse(struct nv_command *command, struct nv_bytes line,
                      struct nv_command_words words);

void nv_command_help(FILE *file, struct nv_command_words words);

#endif
