/* SPDX-License-Identifier: MIT */
/* handshakes.c: connect, upgrade, close, with `clients` of them under way at a time. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "crowd.h"
#include "meter.h"
#include "modes.h"

struct handshakes {
	struct nv_crowd crowd;
	uint32_t port;
	uint32_t asked;
	uint64_t answered;
};

static void ask(struct handshakes *handshakes, struct nv_peer *peer)
{
	nv_peer_ask(peer, handshakes->port, handshakes->asked++);
	nv_crowd_watch(&handshakes->crowd, peer);
}

static void turn(struct handshakes *handshakes)
{
	int ready = nv_crowd_ready(&handshakes->crowd);

	for (int i = 0; i < ready; i++) {
		struct nv_peer *peer = handshakes->crowd.ready[i].data.ptr;

		if (!nv_peer_take_answer(peer, false))
			continue;
		close(peer->fd);
		handshakes->answered++;
		ask(handshakes, peer);
	}
}

/* How many were answered: one at least, however busy the machine is. */
static uint64_t run(struct handshakes *handshakes, uint64_t ns)
{
	uint64_t end = nv_meter_now_ns() + ns;
	uint64_t before = handshakes->answered;

	while (nv_meter_now_ns() < end || handshakes->answered == before)
		turn(handshakes);
	return handshakes->answered - before;
}

void nv_load_handshakes(const struct nv_load_options *options)
{
	static struct handshakes handshakes;
	uint64_t ns = options->ms * UINT64_C(1000000);
	struct nv_meter meter;
	uint64_t count;

	handshakes.port = options->port;
	nv_crowd_init(&handshakes.crowd, options->clients);
	for (uint32_t i = 0; i < options->clients; i++)
		ask(&handshakes, &handshakes.crowd.peers[i]);
	run(&handshakes, ns / NV_WARM_UP_PART);
	nv_meter_start(&meter, options->server);
	count = run(&handshakes, ns);
	nv_meter_stop(&meter);
	printf("messages %" PRIu64 "\n", count);
	nv_meter_print(&meter);
	for (uint32_t i = 0; i < options->clients; i++)
		nv_peer_take_answer(&handshakes.crowd.peers[i], true);
}
