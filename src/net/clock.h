/* SPDX-License-Identifier: MIT */
/* clock.h: time that only goes forward, whatever is done to the date. */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>

/* Microseconds since some moment before the process began. */
uint64_t nv_clock_us(void);

#endif
