/* SPDX-License-Identifier: MIT */
/* prng.h: random numbers that a seed brings back. */
#ifndef SUPPORT_PRNG_H
#define SUPPORT_PRNG_H

#include <stddef.h>
#include <stdint.h>

/* Start with any state, such as { 1 }. */
struct prng {
	uint64_t state;
};

uint64_t prng_next(struct prng *prng);

/* 0 to limit - 1; a limit of 0 answers 0. */
size_t prng_below(struct prng *prng, size_t limit);
void prng_fill(struct prng *prng, void *data, size_t len);

#endif
