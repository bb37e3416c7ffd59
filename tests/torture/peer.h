/* SPDX-License-Identifier: MIT */
/* peer.h: who connects to the server: a client of the library, or a stream that sends what the scenario
 * says and collects the answer. */
#ifndef TORTURE_PEER_H
#define TORTURE_PEER_H

#include "net/stream.h"
#include "torture/witness.h"

struct peer {
	struct witness witness;
	struct nv_client *client;
	struct nv_stream stream;
	bool over; /* it has seen its last */
};

/* Into a zeroed one, in the world and its scenario of now. */
void peer_start(struct peer *peer);
/* Its connection is gone too. */
bool peer_is_over(const struct peer *peer);
/* Streams have no deadlines of their own. */
void peer_give_up(struct peer *peer);
void peer_free(struct peer *peer);

#endif
