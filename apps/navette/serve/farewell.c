/* SPDX-License-Identifier: MIT */
/* farewell.c: watches a server that drains itself. */
#include "serve/farewell.h"

#include <stdbool.h>

#include "serve/log.h"
#include "serve/notify.h"
#include "serve/stop.h"
#include "serve/watchdog.h"

#define TICK_MS NV_WATCHDOG_TICK_MS
#define TICKS_PER_S (1000u / TICK_MS)
/* Who was let in just before has not opened yet, and wants his Close. */
#define QUIET_TICKS 3u

struct farewell {
	struct nv_server *server;
	unsigned ticks;
	unsigned most;  /* a moment more than the server takes, who cuts everybody at the end */
	unsigned quiet; /* ticks without anybody */
};

static bool tick(void *context)
{
	struct farewell *farewell = context;
	size_t left = nv_server_connections(farewell->server);

	farewell->quiet = left == 0 ? farewell->quiet + 1 : 0;
	nv_watchdog_tick(farewell->server);
	if (farewell->ticks++ % TICKS_PER_S == 0) {
		nv_serve_log_tick();
		nv_notify_status("Draining: %zu clients are left", left);
	}
	return farewell->quiet < QUIET_TICKS && farewell->ticks < farewell->most;
}

void nv_farewell(struct nv_server *server, uint32_t seconds)
{
	struct farewell farewell = { .server = server, .most = (seconds + 1) * TICKS_PER_S };
	const struct nv_stop_events events = { .on_tick = tick,
		                               .context = &farewell,
		                               .tick_ms = TICK_MS };

	if (nv_server_drain(server, NV_STATUS_RESTART, 1000 * seconds) == 0)
		(void)nv_stop_wait(&events);
}
