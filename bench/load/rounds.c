/* SPDX-License-Identifier: MIT */
/* rounds.c: the first `senders` clients send one message each, and when every client has received all
 * of them, the next round begins. */
#include <inttypes.h>
#include <stdio.h>

#include "crowd.h"
#include "meter.h"
#include "modes.h"

struct rounds {
	struct nv_crowd crowd;
	struct nv_wire out;
	struct nv_wire expected;
	uint32_t senders;
	uint64_t count;
};

/* No client takes more than its share, so that all have it when the sum is right. */
static void collect(struct rounds *rounds)
{
	uint64_t left = (uint64_t)rounds->crowd.count * rounds->senders;

	while (left > 0) {
		int ready = nv_crowd_ready(&rounds->crowd);

		for (int i = 0; i < ready; i++)
			left -= nv_peer_receive(rounds->crowd.ready[i].data.ptr, &rounds->expected);
	}
}

static void play(struct rounds *rounds)
{
	struct nv_crowd *crowd = &rounds->crowd;

	for (uint32_t i = 0; i < crowd->count; i++)
		crowd->peers[i].due += rounds->senders;
	for (uint32_t i = 0; i < rounds->senders; i++)
		nv_peer_send(&crowd->peers[i], &rounds->out, 1);
	collect(rounds);
	rounds->count++;
}

static void run(struct rounds *rounds, uint64_t ns)
{
	uint64_t end = nv_meter_now_ns() + ns;

	do
		play(rounds);
	while (nv_meter_now_ns() < end);
}

void nv_load_rounds(const struct nv_load_options *options)
{
	static struct rounds rounds;
	uint64_t ns = options->ms * UINT64_C(1000000);
	struct nv_meter meter;

	rounds.senders = options->senders;
	rounds.out = nv_wire_from_client(options->size, 1);
	rounds.expected =
		nv_wire_from_server(options->size, nv_wire_reach(options->size, NV_PEER_BUFFER));
	nv_crowd_init(&rounds.crowd, options->clients);
	nv_crowd_open(&rounds.crowd, options);
	run(&rounds, ns / NV_WARM_UP_PART);
	rounds.count = 0;
	nv_meter_start(&meter, options->server);
	run(&rounds, ns);
	nv_meter_stop(&meter);
	printf("rounds %" PRIu64 "\nmessages %" PRIu64 "\n", rounds.count,
	       rounds.count * options->senders * options->clients);
	nv_meter_print(&meter);
	nv_crowd_check_quiet(&rounds.crowd);
}
