/* SPDX-License-Identifier: MIT */
/* world.h: one server of the library and its peers, over real sockets and on one thread: what a
 * scenario plays in, and what each end of each connection saw.
 *
 * Time is virtual and passes only when nobody has anything to do, so that every deadline is met and
 * nothing waits. Whatever fails, a scenario must come to its end by itself. */
#ifndef TORTURE_WORLD_H
#define TORTURE_WORLD_H

#include "torture/peer.h"

#define WORLD_PEERS 64

struct scenario;

struct world {
	const struct scenario *scenario;
	struct nv_server *server;
	struct nv_loop *loop; /* the peers' */
	struct peer peers[WORLD_PEERS];
	size_t peer_count;
	struct nv_conn *conns[WORLD_PEERS]; /* of the server; NULL: over */
	struct witness witnesses[WORLD_PEERS];
	size_t conn_count;
	bool stepped;      /* the scenario's step has done its part */
	const char *stuck; /* why it did not come to its end, or NULL */
	unsigned int turns;
	size_t quiet_after; /* so many moves nothing was on its way */
	uint64_t quiet_until_ms;
	int refusing; /* a socket at whose port nobody listens, or -1 */
	uint16_t refusing_port;
};

extern struct world the_world;

/* One at a time. world_end frees everything, fails when something is left, and has to be called
 * even so. */
void world_begin(void);
void world_end(void);

/* Makes the server for that scenario and the peers' loop, unless they are there already. What can't
 * be made is NULL. */
void world_set_up(const struct scenario *scenario);

/* Plays until all peers and connections have come to their end, and the clients are freed. */
void world_play(const struct scenario *scenario);

/* Turns until the server has nothing more to wait for: who connected and was never accepted comes to
 * his end too. */
void world_settle(void);

/* All peers that have not failed are open. */
bool world_is_open(const struct world *world);

/* What the handlers of the server's routes have to call. */
void world_opened(struct nv_conn *conn);
void world_heard(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
extern const struct nv_handlers world_handlers; /* only look on */

#endif
