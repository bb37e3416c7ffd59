/* SPDX-License-Identifier: MIT */
/* echo.c: each client has `depth` messages in flight and sends as many as come back. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "crowd.h"
#include "meter.h"
#include "modes.h"

struct echo {
	struct nv_crowd crowd;
	struct nv_wire out;
	struct nv_wire expected;
	uint64_t received;
	bool ends; /* what comes back is not sent again */
};

static void send_more(struct echo *echo, struct nv_peer *peer, size_t count)
{
	peer->due += count;
	nv_peer_send(peer, &echo->out, count);
}

static void turn(struct echo *echo)
{
	int ready = nv_crowd_ready(&echo->crowd);

	for (int i = 0; i < ready; i++) {
		struct nv_peer *peer = echo->crowd.ready[i].data.ptr;
		size_t count = nv_peer_receive(peer, &echo->expected);

		echo->received += count;
		if (count > 0 && !echo->ends)
			send_more(echo, peer, count);
	}
}

/* How many messages have come back: one at least, however busy the machine is. */
static uint64_t run(struct echo *echo, uint64_t ns)
{
	uint64_t end = nv_meter_now_ns() + ns;
	uint64_t before = echo->received;

	while (nv_meter_now_ns() < end || echo->received == before)
		turn(echo);
	return echo->received - before;
}

static uint64_t due(const struct echo *echo)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < echo->crowd.count; i++)
		sum += echo->crowd.peers[i].due;
	return sum;
}

static void finish(struct echo *echo)
{
	echo->ends = true;
	while (echo->received < due(echo))
		turn(echo);
	nv_crowd_check_quiet(&echo->crowd);
}

void nv_load_echo(const struct nv_load_options *options)
{
	static struct echo echo;
	uint64_t ns = options->ms * UINT64_C(1000000);
	struct nv_meter meter;
	uint64_t count;

	echo.out = nv_wire_from_client(options->size, options->depth);
	echo.expected =
		nv_wire_from_server(options->size, nv_wire_reach(options->size, NV_PEER_BUFFER));
	nv_crowd_init(&echo.crowd, options->clients);
	nv_crowd_open(&echo.crowd, options);
	for (uint32_t i = 0; i < options->clients; i++)
		send_more(&echo, &echo.crowd.peers[i], options->depth);
	run(&echo, ns / NV_WARM_UP_PART);
	nv_meter_start(&meter, options->server);
	count = run(&echo, ns);
	nv_meter_stop(&meter);
	printf("messages %" PRIu64 "\n", count);
	nv_meter_print(&meter);
	finish(&echo);
}
