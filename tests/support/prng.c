/* SPDX-License-Identifier: MIT */
/* prng.c: random numbers that a seed brings back: SplitMix64. For tests; nothing here is secret. */
#include "support/prng.h"

uint64_t prng_next(struct prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

size_t prng_below(struct prng *prng, size_t limit)
{
	return limit ? (size_t)(prng_next(prng) % limit) : 0;
}

void prng_fill(struct prng *prng, void *data, size_t len)
{
	uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)prng_next(prng);
}
