/* SPDX-License-Identifier: MIT */
/* random.c: bytes that look random, and are the same in every run. */
#include "net/random.h"

#include "sim/world.h"

void sim_seed(uint64_t seed)
{
	sim_world()->seed = seed;
}

void sim_fail_random(int error)
{
	sim_world()->fail_random = error;
}

/* splitmix64 */
static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int nv_random(void *out, size_t len)
{
	struct sim_world *world = sim_world();
	int error = sim_take_error(&world->fail_random);
	uint8_t *bytes = out;

	if (error)
		return error;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)next(&world->seed);
	return 0;
}
