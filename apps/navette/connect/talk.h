/* SPDX-License-Identifier: MIT */
/* talk.h: one run: what a source offers goes to the server, and what the server says to standard
 * output, until one of them ends it. */
#ifndef CONNECT_TALK_H
#define CONNECT_TALK_H

#include "connect/options.h"
#include "connect/source.h"

/* Runs to the end; the exit code. The source stays the caller's. */
int nv_talk_run(const struct nv_connect_options *options, struct nv_source *source);

/* --- For the functions of sources --- */

/* As nv_client_send, and recorded. */
int nv_talk_send(struct nv_talk *talk, enum nv_opcode opcode, struct nv_bytes message);
/* As nv_conn_ping; NV_ERR_CLOSED without an open connection. The answer is told by pong of the source. */
int nv_talk_ping(struct nv_talk *talk, struct nv_bytes data);
/* As nv_client_close: Close behind what waits, and the end. */
int nv_talk_close(struct nv_talk *talk, uint16_t status, const char *reason);
/* As "quit" does: a ping behind what waits, its pong, Close 1000. */
void nv_talk_leave(struct nv_talk *talk);

#endif
