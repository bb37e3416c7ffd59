/* SPDX-License-Identifier: MIT */
/* arrival.h: a server's new connections, from the accept to their first phase. */
#ifndef WS_ARRIVAL_H
#define WS_ARRIVAL_H

#include "ws/server.h"

/* Takes the socket: its connection reads a request, or is refused, or it is closed. */
void nv_server_take(struct nv_server *server, int fd, const struct nv_address *peer);

/* The released of its connections. */
void nv_server_release(struct nv_conn *conn, int error);

#endif
