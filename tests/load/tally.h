/* SPDX-License-Identifier: MIT */
/* tally.h: how the messages of a sender are numbered, and how often a collector has seen each: the layout of
 * its file. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include <stdint.h>

#define TALLY_THREADS 4u
#define TALLY_NUMBERS 4000000u

/* What a message begins with. */
struct tally_number {
	uint32_t thread;
	uint32_t number;
};

struct tally {
	uint64_t
		disorder; /* messages that came behind a later one of their thread and connection */
	uint8_t times[TALLY_THREADS][TALLY_NUMBERS];
};

#endif
