/* SPDX-License-Identifier: MIT */
/* idle.c: connections that do nothing, and what the server's memory grows by. The first one is made
 * before: it brings in the code. */
#include <inttypes.h>
#include <stdio.h>

#include "crowd.h"
#include "meter.h"
#include "modes.h"

#define TICK_NS 100000000u
#define MOST_TICKS 50

/* The memory when it has been the same for `ms`: what is free goes back to the system now and then. */
static uint64_t settled(const struct nv_load_options *options)
{
	const struct timespec tick = { .tv_nsec = TICK_NS };
	uint64_t bytes = nv_meter_resident(options->server);
	uint64_t since = nv_meter_now_ns();

	for (int i = 0; i < MOST_TICKS; i++) {
		uint64_t now;

		nanosleep(&tick, NULL);
		now = nv_meter_resident(options->server);
		if (now != bytes)
			since = nv_meter_now_ns();
		else if (nv_meter_now_ns() - since >= options->ms * UINT64_C(1000000))
			break;
		bytes = now;
	}
	return bytes;
}

void nv_load_idle(const struct nv_load_options *options)
{
	static struct nv_crowd crowd;
	struct nv_peer first;
	uint64_t before;
	uint64_t after;

	nv_peer_open(&first, options, 0);
	before = settled(options);
	nv_crowd_init(&crowd, options->clients);
	nv_crowd_open(&crowd, options);
	after = settled(options);
	nv_crowd_check_quiet(&crowd);
	printf("connections %" PRIu32 "\nresident %" PRIu64 "\n", options->clients,
	       after > before ? after - before : 0);
}
