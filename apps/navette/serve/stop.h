/* SPDX-License-Identifier: MIT */
/* stop.h: waiting for the end: Enter, SIGINT or SIGTERM. Main thread only. */
#ifndef SERVE_STOP_H
#define SERVE_STOP_H

#include <stdbool.h>

/* Before any other thread is started: they inherit that these signals are blocked. */
void nv_stop_prepare(void);

/* True when Enter reaches this process: standard input is a terminal, and no other job has it. */
bool nv_stop_has_keyboard(void);

/* Returns when the server is to stop; calls `tick` about once a second until then. */
void nv_stop_wait(void (*tick)(void));

#endif
