/* SPDX-License-Identifier: MIT */
/* stop.h: waiting for the end: Enter, SIGINT, SIGTERM, or that the terminal goes away. Main thread
 * only. */
#ifndef SERVE_STOP_H
#define SERVE_STOP_H

#include <stdbool.h>

/* Before any other thread is started: they inherit that these signals are blocked. */
void nv_stop_prepare(void);

/* True when Enter reaches this process: standard input is a terminal, and no other job has it. */
bool nv_stop_has_keyboard(void);

/* Called while it waits. */
struct nv_stop_events {
	bool (*on_tick)(void *context); /* every tick_ms or a little more; false: enough of it */
	void (*on_hangup)(
		void *context); /* a SIGHUP that somebody has sent on purpose; may be NULL */
	void *context;
	unsigned tick_ms; /* 1,000 at most */
};

enum nv_stop {
	NV_STOP_NOW,   /* Enter, SIGINT, no terminal any more */
	NV_STOP_DRAIN, /* SIGTERM: a manager of services, who has time */
	NV_STOP_ENOUGH /* on_tick says so */
};

/* Returns when the server is to stop, and how. Called again, it waits for the next reason. */
enum nv_stop nv_stop_wait(const struct nv_stop_events *events);

#endif
