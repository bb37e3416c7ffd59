/* SPDX-License-Identifier: MIT */
/* watchdog.h: a manager of services that wants to be told every few seconds is told as long as every
 * loop of the server turns. */
#ifndef SERVE_WATCHDOG_H
#define SERVE_WATCHDOG_H

#include <navette/server.h>

void nv_watchdog_tick(struct nv_server *server); /* about once a second; main thread */

#endif
