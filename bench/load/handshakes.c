/* SPDX-License-Identifier: MIT */
/* handshakes.c: connect, upgrade, close, with `clients` of them under way at a time. To resume a session
 * of TLS, one more client got a ticket before. */
#include <inttypes.h>
#include <stdio.h>

#include "crowd.h"
#include "fail.h"
#include "meter.h"
#include "modes.h"
#include "secure.h"

struct handshakes {
	struct nv_crowd crowd;
	const struct nv_load_options *options;
	uint32_t asked;
	uint64_t answered;
};

static void ask(struct handshakes *handshakes, struct nv_peer *peer)
{
	nv_peer_ask(peer, handshakes->options, handshakes->asked++);
	nv_crowd_watch(&handshakes->crowd, peer);
}

/* A handshake of the other kind would be another measurement. */
static void check(const struct handshakes *handshakes, const struct nv_channel *channel)
{
	if (channel->tls && nv_secure_is_resumed(channel->tls) != handshakes->options->resume)
		nv_fail("load: a session was resumed that should not be, or the other way round");
}

static void turn(struct handshakes *handshakes)
{
	int ready = nv_crowd_ready(&handshakes->crowd);

	for (int i = 0; i < ready; i++) {
		struct nv_peer *peer = handshakes->crowd.ready[i].data.ptr;

		if (!nv_peer_take_answer(peer))
			continue;
		check(handshakes, &peer->channel);
		nv_channel_close(&peer->channel);
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

/* It stays open. */
static void get_ticket(const struct nv_load_options *options)
{
	struct nv_peer first;

	nv_peer_open(&first, options, 0);
	nv_secure_keep(first.channel.tls);
}

void nv_load_handshakes(const struct nv_load_options *options)
{
	static struct handshakes handshakes;
	uint64_t ns = options->ms * UINT64_C(1000000);
	struct nv_meter meter;
	uint64_t count;

	handshakes.options = options;
	if (options->resume)
		get_ticket(options);
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
		nv_peer_wait_for_answer(&handshakes.crowd.peers[i]);
}
