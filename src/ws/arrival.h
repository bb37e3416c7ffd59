/* SPDX-License-Identifier: MIT */
/* arrival.h: a server's new connections, from the accept to their first phase, and where they go in
 * the end. */
#ifndef WS_ARRIVAL_H
#define WS_ARRIVAL_H

#include "ws/server.h"

/* A socket that was accepted. */
struct nv_arrival {
	struct nv_address peer;
	int fd;
	bool tls; /* is spoken where it came */
};

/* Takes the socket: its connection reads a request on one of the loops, or is refused, or it is
 * closed. The first loop's thread. */
void nv_server_take(struct nv_server *server, const struct nv_arrival *arrival);

/* The request, if there still is one, has its answer, or never will. */
void nv_server_forget_request(struct nv_conn *conn);

/* The released of its connections. */
void nv_server_release(struct nv_conn *conn, int error);

#endif
