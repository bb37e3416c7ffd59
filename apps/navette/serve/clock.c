/* SPDX-License-Identifier: MIT */
/* clock.c: the system's clocks. */
#include "serve/clock.h"

#include <stddef.h>
#include <stdio.h>
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

char *nv_clock_utc(char stamp[NV_UTC_SIZE])
{
	struct timespec now;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	stamp[0] = '\0';
	if (!gmtime_r(&now.tv_sec, &tm))
		return stamp;
	len = strftime(stamp, NV_UTC_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	if (len > 0)
		snprintf(stamp + len, NV_UTC_SIZE - len, ".%03uZ",
		         (unsigned)(now.tv_nsec / 1000000 % 1000));
	return stamp;
}

uint64_t nv_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
