/* SPDX-License-Identifier: MIT */
/* clock.h: the clocks: to read, and to measure with. */
#ifndef SERVE_CLOCK_H
#define SERVE_CLOCK_H

#include <stdint.h>

/* "2026-11-23 14:05:09", the local time now, with its terminating zero. */
#define NV_STAMP_SIZE 20

char *nv_clock_stamp(char stamp[NV_STAMP_SIZE]); /* returns it */

/* "2026-11-23T13:05:09.042Z", the universal time now (RFC 3339), with its terminating zero. */
#define NV_UTC_SIZE 25

char *nv_clock_utc(char stamp[NV_UTC_SIZE]); /* returns it */

uint64_t nv_clock_ns(void); /* monotonic, from an unknown start */

#endif
