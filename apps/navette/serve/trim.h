/* SPDX-License-Identifier: MIT */
/* trim.h: gives the memory of clients that have gone back to the system. */
#ifndef SERVE_TRIM_H
#define SERVE_TRIM_H

#include <stdint.h>

void nv_trim_prepare(uint32_t threads); /* that use memory at once; before any of them starts */
void nv_trim_gone(void);                /* a client has gone; any thread */
void nv_trim_tick(void);                /* about once a second, from one thread */

#endif
