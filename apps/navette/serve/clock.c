/* SPDX-License-Identifier: MIT */
/* clock.c: the system's clocks. */
#include "serve/clock.h"

#include <stddef.h>
#include <time.h>

char *nv_clock_stamp(char stamp[NV_STAMP_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm) ||
	    strftime(stamp, NV_STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		stamp[0] = '\0';
	return stamp;
}

uint64_t nv_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
