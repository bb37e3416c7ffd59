/* SPDX-License-Identifier: MIT */
/* leaving.h: how a talk ends in order: what is queued is let out, a ping goes behind it, its pong is
 * awaited, and then Close 1000 goes. The pong tells that the server has taken all that stood before it,
 * and has answered if it answers in order: what it says behind our Close would be dropped. */
#ifndef CONNECT_LEAVING_H
#define CONNECT_LEAVING_H

#include <navette/navette.h>

enum nv_leaving_stage {
	NV_STAYING,
	NV_LEAVING, /* no more input; what is queued is let out */
	NV_ASKING,  /* our last ping is out */
	NV_CLOSING  /* our Close is on its way, or about to be */
};

struct nv_leaving {
	enum nv_leaving_stage stage;
	uint32_t patience_ms; /* for the pong; NV_OFF: for ever */
	uint64_t deadline;    /* of NV_ASKING, as nv_clock_ms */
};

/* Once a turn: the next stage if its time has come. In a `hurry` Close goes at once. */
void nv_leaving_turn(struct nv_leaving *leaving, struct nv_client *client, bool hurry);

/* True when the pong is the awaited one. */
bool nv_leaving_pong(struct nv_leaving *leaving, struct nv_bytes data);

/* The connection has ended and another one follows: the ping has to be sent again. */
void nv_leaving_again(struct nv_leaving *leaving);

/* When nv_leaving_turn has something to do even if nothing happens; UINT64_MAX: never. */
uint64_t nv_leaving_due(const struct nv_leaving *leaving);

/* Turns the loop until the server has ended the TCP connection, too (NV_CLIENT_CLOSING): 2 s at most. */
void nv_leaving_linger(struct nv_client *client);

#endif
