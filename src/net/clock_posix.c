/* SPDX-License-Identifier: MIT */
/* clock_posix.c: the clock of POSIX that nobody sets. */
#include "net/clock.h"

#include <time.h>

uint64_t nv_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}
