/* SPDX-License-Identifier: MIT */
/* watchdog.c: a loop that owes an answer for too long makes this one silent. */
#include "serve/watchdog.h"

#include <stdio.h>

#include "serve/clock.h"
#include "serve/notify.h"
#include "serve/options.h"

/* Far above what a loop takes for a turn, and half of what the unit waits (WatchdogSec=10). */
#define WITHIN_MS 5000u

#define MOST_MS 1000u /* between two notices */
#define NS_PER_MS UINT64_C(1000000)
#define EARLY_NS (20 * NS_PER_MS) /* that a notice may be, so that it does not miss its tick */

/* Half of what the watchdog waits, as sd_watchdog_enabled(3) wants it. */
static uint64_t interval_ms(void)
{
	uint64_t half_ms = nv_notify_watchdog_us() / 2000;

	if (half_ms < NV_WATCHDOG_TICK_MS)
		return NV_WATCHDOG_TICK_MS;
	return half_ms < MOST_MS ? half_ms : MOST_MS;
}

unsigned nv_watchdog_tick_ms(void)
{
	uint64_t us = nv_notify_watchdog_us();

	if (us == 0)
		return MOST_MS;
	if (us < 2000 * NV_WATCHDOG_TICK_MS)
		fprintf(stderr,
		        NV_SERVE_COMMAND
		        ": warning: WATCHDOG_USEC is too short to be met: it takes "
		        "%u ms (WatchdogSec= of the unit)\n",
		        2 * NV_WATCHDOG_TICK_MS);
	return (unsigned)interval_ms();
}

void nv_watchdog_tick(struct nv_server *server)
{
	static uint64_t next_ns;
	uint64_t now_ns = nv_clock_ns();

	if (nv_notify_watchdog_us() == 0 || now_ns + EARLY_NS < next_ns)
		return;
	next_ns = now_ns + interval_ms() * NS_PER_MS;
	/* The question wakes every loop. */
	if (nv_server_alive(server, WITHIN_MS))
		nv_notify_alive();
}
