/* SPDX-License-Identifier: MIT */
/* answer.h: what the server says on a connection. Who does not read, or can't be answered for lack
 * of memory, is closed: nothing that was said is left out in silence. */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include <navette/navette.h>

void nv_answer_text(struct nv_conn *conn, struct nv_bytes text);
void nv_answer_binary(struct nv_conn *conn, struct nv_bytes data);

/* {"type":"erreur","message":...}, to clients of every kind. */
void nv_answer_error(struct nv_conn *conn, const char *problem);

/* As nv_conn_close, and cuts the connection without memory for a Close. */
void nv_answer_close(struct nv_conn *conn, uint16_t status, const char *reason);

/* Closes the connection because there is no memory to serve it. */
void nv_answer_no_memory(struct nv_conn *conn);

#endif
