/* SPDX-License-Identifier: MIT */
/* timer.h: the timers of one loop, a binary heap by due time. Time is the caller's: milliseconds of
 * any clock that never goes back. */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <navette/base.h>

/* Embedded by its owner, zeroed. */
struct nv_timer {
	void (*fire)(struct nv_timer *timer);
	uint64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not in it */
};

struct nv_timers {
	struct nv_timer **heap;
	size_t count;
	size_t cap;
	uint64_t earliest_ms; /* what is started while timers fire is not due before */
};

void nv_timers_deinit(struct nv_timers *timers); /* stops what still runs */

/* Starts, or moves, a timer. 0 or NV_ERR_NOMEM (moving never fails). */
int nv_timers_start(struct nv_timers *timers, struct nv_timer *timer, uint64_t due_ms);
void nv_timers_stop(struct nv_timers *timers, struct nv_timer *timer); /* twice does nothing */

/* The time at which the first is due; UINT64_MAX when none runs. */
uint64_t nv_timers_next(const struct nv_timers *timers);

/* Fires what is due, in the order of due times, each stopped first so that it may start itself
 * again, or be freed. A timer that is started or moved meanwhile is due after now_ms. */
void nv_timers_run(struct nv_timers *timers, uint64_t now_ms);

#endif
