/* SPDX-License-Identifier: MIT */
/* scenario.h: what happens between a server and its peers, and what each sees of it when nothing
 * fails. */
#ifndef TORTURE_SCENARIO_H
#define TORTURE_SCENARIO_H

#include <navette/navette.h>

struct world;

struct scenario {
	const char *title;
	bool sets_up; /* making the server is part of it */
	size_t peers; /* 0: one */

	/* Clients: their URL without "ws://host:port", and what they do. */
	const char *target;
	bool by_name;       /* the host is "localhost" */
	bool refused;       /* at a port where nobody listens */
	bool crowded;       /* the server has all connections that it may have */
	bool frees_at_once; /* the client, in its last callback */
	const char *subprotocols;
	const char *fields;
	struct nv_compression compression; /* of both sides */
	void (*opened)(struct nv_conn *conn);
	/* At each message, from number 1 on; NULL: close after `messages` of them. */
	void (*answered)(struct nv_conn *conn, unsigned int number);
	unsigned int messages;

	/* Or a stream: what it sends, and whether it ends its side then. */
	const char *bytes;
	size_t bytes_len;
	bool bytes_end;

	/* After every turn, until it answers that it has done its part. */
	bool (*step)(struct world *world);

	/* What each peer sees, and the server of each connection; NULL: none opens. */
	const char *peer_sees;
	const char *server_sees;
	unsigned int pongs; /* that each peer gets */
	bool drains;        /* the server's output is blocked at some time */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* A connection that must work whatever was before. */
extern const struct scenario scenario_clean;

#endif
