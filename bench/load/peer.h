/* SPDX-License-Identifier: MIT */
/* peer.h: one connection of the load client: connect, upgrade, send frames, receive and compare. */
#ifndef NV_LOAD_PEER_H
#define NV_LOAD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "wire.h"

#define NV_PEER_BUFFER (64u << 10)

struct nv_peer {
	struct nv_channel channel;
	bool has_asked;
	uint32_t rest;     /* bytes of a frame that has not arrived as a whole */
	uint64_t received; /* whole frames */
	uint64_t due;      /* frames that will have arrived when nothing is under way */
};

/* Connects and asks for the upgrade; with TLS, only as far as it goes without waiting. */
void nv_peer_ask(struct nv_peer *peer, const struct nv_load_options *options, uint32_t index);

/* Goes on with it, and takes the answer: false when it has not come yet. */
bool nv_peer_take_answer(struct nv_peer *peer);

void nv_peer_wait_for_answer(struct nv_peer *peer);

void nv_peer_open(struct nv_peer *peer, const struct nv_load_options *options, uint32_t index);

void nv_peer_send(const struct nv_peer *peer, const struct nv_wire *wire, size_t count);

/* How many frames are whole with what came now. Any byte that is not as expected, or not due, ends the
 * program. `expected` reaches over NV_PEER_BUFFER. */
size_t nv_peer_receive(struct nv_peer *peer, const struct nv_wire *expected);

/* Ends the program if the server sent more, or has closed. */
void nv_peer_check_quiet(const struct nv_peer *peer);

#endif
