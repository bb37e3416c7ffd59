/* SPDX-License-Identifier: MIT */
/* pulse.h: whether a loop turns, and how late. A timer that comes behind its time tells it while there
 * are connections, an answer to whoever asks at any time. */
#ifndef WS_PULSE_H
#define WS_PULSE_H

#include "base/count.h"
#include "net/loop.h"

/* Embedded, zeroed. Any thread reads the two last. */
struct nv_pulse {
	struct nv_task task;        /* the answer, on its way while there is a question */
	struct nv_loop *loop;       /* when it was asked first */
	_Atomic(uint64_t) asked_us; /* 0: everything is answered */
	_Atomic(uint64_t) late_us;  /* the last time that it was looked at */
	_Atomic(uint64_t) latest_us;
};

/* Asks the loop unless it owes an answer; how long it has owed one. Any thread. */
uint64_t nv_pulse_ask(struct nv_pulse *pulse, struct nv_loop *loop);

/* A timer of the loop has just fired. The loop's thread. */
void nv_pulse_fired(struct nv_pulse *pulse, const struct nv_loop *loop,
                    const struct nv_timer *timer);

#endif
