/* SPDX-License-Identifier: MIT */
/* watchdog.c: a loop that owes an answer for too long makes this one silent. */
#include "serve/watchdog.h"

#include "serve/notify.h"

/* Far above what a loop takes for a turn, and half of what the unit waits (WatchdogSec=10). */
#define WITHIN_MS 5000u

void nv_watchdog_tick(struct nv_server *server)
{
	/* The question wakes every loop. */
	if (nv_notify_is_watched() && nv_server_alive(server, WITHIN_MS))
		nv_notify_alive();
}
