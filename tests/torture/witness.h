/* SPDX-License-Identifier: MIT */
/* witness.h: what one end of a connection saw, a line for each event. */
#ifndef TORTURE_WITNESS_H
#define TORTURE_WITNESS_H

#include <navette/navette.h>

struct witness {
	char seen[1024];
	size_t len;
	unsigned int messages;
	unsigned int pongs;
	unsigned int drains;
	unsigned int opened;
	unsigned int closed;
	unsigned int failed;
	bool deflates;     /* permessage-deflate was agreed on, */
	bool keeps_window; /* with takeover both ways */
	bool confused;     /* by an event out of order */
};

__attribute__((format(printf, 2, 3))) void witness_note(struct witness *witness, const char *format,
                                                        ...);

/* The events of handlers, and a client's failure. */
void witness_open(struct witness *witness, struct nv_conn *conn);
void witness_message(struct witness *witness, enum nv_opcode opcode, struct nv_bytes message);
void witness_ping(struct witness *witness, struct nv_bytes data);
void witness_pong(struct witness *witness);
void witness_close(struct witness *witness, const struct nv_close *close);
void witness_fail(struct witness *witness, const struct nv_failure *failure);

#endif
