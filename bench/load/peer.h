/* SPDX-License-Identifier: MIT */
/* peer.h: one connection of the load client: connect, upgrade, send frames, receive and compare. */
#ifndef NV_LOAD_PEER_H
#define NV_LOAD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#define NV_PEER_BUFFER (64u << 10)

struct nv_peer {
	int fd;
	uint32_t rest;     /* bytes of a frame that has not arrived as a whole */
	uint64_t received; /* whole frames */
	uint64_t due;      /* frames that will have arrived when nothing is under way */
};

/* Connects from the loopback address of that `index`, so that ports suffice, and asks for the
 * upgrade. */
void nv_peer_ask(struct nv_peer *peer, uint32_t port, uint32_t index);

/* Takes the answer: false when it has not come yet. Waits for it when told so. */
bool nv_peer_take_answer(struct nv_peer *peer, bool waits);

void nv_peer_open(struct nv_peer *peer, uint32_t port, uint32_t index);

void nv_peer_send(const struct nv_peer *peer, const struct nv_wire *wire, size_t count);

/* How many frames are whole with what came now. Any byte that is not as expected, or not due, ends the
 * program. `expected` reaches over NV_PEER_BUFFER. */
size_t nv_peer_receive(struct nv_peer *peer, const struct nv_wire *expected);

/* Ends the program if the server sent more, or has closed. */
void nv_peer_check_quiet(const struct nv_peer *peer);

#endif
