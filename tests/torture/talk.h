/* SPDX-License-Identifier: MIT */
/* talk.h: what programs say to each other in the scenarios. */
#ifndef TORTURE_TALK_H
#define TORTURE_TALK_H

#include <navette/navette.h>

/* Send, or close; where that fails, the connection is aborted. */
void say(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
void say_part(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes part, bool fin);
void say_in_parts(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message); /* three */
void hang_up(struct nv_conn *conn, uint16_t status, const char *reason);

/* The beginnings of long messages: noise, which can't be compressed, letters by chance, which can to
 * the half, and prose, to almost nothing. */
#define TALK_MAX 700000u
struct nv_bytes noise(size_t len);
struct nv_bytes letters(size_t len);
struct nv_bytes prose(size_t len);
bool is_talk(struct nv_bytes message); /* one of them, unharmed */

/* Noise, and more than the sockets hold. */
struct nv_bytes flood(void);

#endif
