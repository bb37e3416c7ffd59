/* SPDX-License-Identifier: MIT */
/* trim.h: gives the memory of clients that have gone back to the system. */
#ifndef SERVE_TRIM_H
#define SERVE_TRIM_H

void nv_trim_prepare(void); /* before any other thread is started */
void nv_trim_gone(void);    /* a client has gone; any thread */
void nv_trim_tick(void);    /* about once a second, from one thread */

#endif
