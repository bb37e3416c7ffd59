/* SPDX-License-Identifier: MIT */
/* ways.h: the ways in which bytes arrive: whole, byte by byte, cut in two at each place, and three
 * times in five at places that a seed chooses. */
#ifndef TESTS_WS_WAYS_H
#define TESTS_WS_WAYS_H

#include "sim/sim.h"
#include "support/prng.h"

#define WAY_CUTS 4u

/* Starts as {0}. */
struct way {
	size_t number; /* of the next */
	size_t step;   /* of equal pieces; 0: cut */
	size_t cuts[WAY_CUTS];
	size_t count;
};

static inline void way_cut_in_five(struct way *way, size_t len, uint64_t seed)
{
	struct prng prng = { seed };

	way->count = WAY_CUTS;
	for (size_t i = 0; i < WAY_CUTS; i++) {
		size_t cut = prng_below(&prng, len + 1);
		size_t at = i;

		for (; at > 0 && way->cuts[at - 1] > cut; at--)
			way->cuts[at] = way->cuts[at - 1];
		way->cuts[at] = cut;
	}
}

/* The next way for so many bytes; false after the last. */
static inline bool way_next(struct way *way, size_t len)
{
	const size_t number = way->number++;

	way->step = number == 1 ? 1 : 0;
	way->count = 0;
	if (number < 2)
		return true;
	if (number <= len) {
		way->count = 1;
		way->cuts[0] = number - 1;
		return true;
	}
	way_cut_in_five(way, len, number - len);
	return number <= len + 3;
}

/* Sends the bytes piece by piece; each has arrived before the next is sent. */
static inline void way_send(const struct way *way, struct nv_loop *loop, struct sim_peer *peer,
                            const void *data, size_t len)
{
	const uint8_t *bytes = data;
	size_t at = 0;

	for (size_t i = 0; at < len; i++) {
		size_t end = way->step ? at + way->step : i < way->count ? way->cuts[i] : len;

		sim_peer_send(peer, bytes + at, end - at);
		sim_settle(loop);
		at = end;
	}
}

#endif
