/* SPDX-License-Identifier: MIT */
/* clock.h: time that only goes forward, from an arbitrary moment that is never 0. */
#ifndef CONNECT_CLOCK_H
#define CONNECT_CLOCK_H

#include <stdint.h>

uint64_t nv_clock_us(void);
uint64_t nv_clock_ms(void);

#endif
