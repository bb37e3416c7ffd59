/* SPDX-License-Identifier: MIT */
/* watchdog.h: a manager of services that wants to be told every few seconds is told as long as every
 * loop of the server turns. Main thread. */
#ifndef SERVE_WATCHDOG_H
#define SERVE_WATCHDOG_H

#include <navette/server.h>

#define NV_WATCHDOG_TICK_MS 100u /* the shortest tick that is worth while */

/* How long a tick may be: 1,000 at most, and half of what the watchdog waits. One that waits for less
 * than two of the shortest is told of on standard error. */
unsigned nv_watchdog_tick_ms(void);

/* At least that often. */
void nv_watchdog_tick(struct nv_server *server);

#endif
