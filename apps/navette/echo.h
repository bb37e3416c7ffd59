/* SPDX-License-Identifier: MIT */
/* echo.h: handlers that send every message back as it came, and drop none: while the peer does not
 * read, it is not read from. */
#ifndef NAVETTE_ECHO_H
#define NAVETTE_ECHO_H

#include <navette/navette.h>

/* Bytes unsent from which on the connection is paused. That is the only limit, its max_queue is to be
 * NV_OFF: pongs count as unsent as well. */
#define NV_ECHO_QUEUE (1u << 20)

void nv_echo_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
void nv_echo_drain(struct nv_conn *conn);

#endif
