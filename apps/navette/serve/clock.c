/* SPDX-License-Identifier: MIT */
/* clock.c: the system's clocks. */
#include "serve/clock.h"

#include <stddef.h>
#include <time.h>

/* Not time(), which is some milliseconds late in the next second. */
char *nv_clock_stamp(char stamp[NV_STAMP_SIZE])
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!localtime_r(&now.tv_sec, &tm) ||
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
