/* SPDX-License-Identifier: MIT */
/* loop.h: event loops, for clients and for what a program does besides.
 *
 * A loop has no thread of its own: it belongs to the thread that turns it, which has to be one and the
 * same at all times. What another thread may call says so. */
#ifndef NAVETTE_LOOP_H
#define NAVETTE_LOOP_H

#include <navette/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nv_loop;
struct nv_timer;

/* --- Turning --- */

NV_API struct nv_loop *nv_loop_new(void); /* NULL without memory or descriptors */
/* After its clients, and not from a callback. Calls what is still posted. NULL does nothing. */
NV_API void nv_loop_free(struct nv_loop *loop);

/* Runs until nv_loop_stop, which is also remembered when it comes first. 0 or an error:
 * NV_ERR_SYSTEM, or NV_ERR_STATE from inside a turn of the same loop. */
NV_API int nv_loop_run(struct nv_loop *loop);
/* One turn: waits at most `timeout_ms` (-1: for ever) for something to do. The same errors. */
NV_API int nv_loop_run_once(struct nv_loop *loop, int timeout_ms);
/* Any thread, and signal handlers; every call has to return before the loop is freed. */
NV_API void nv_loop_stop(struct nv_loop *loop);

/* For a program with a loop of its own: wait until this descriptor is readable, at most so many
 * milliseconds (-1: for ever), then call nv_loop_run_once(loop, 0). Every call for the loop, its timers
 * or its connections may change how long: ask for it directly before you wait. NV_ERR_UNSUPPORTED on
 * Windows, where nothing stands for all sockets at once. */
NV_API int nv_loop_fd(const struct nv_loop *loop);
NV_API int nv_loop_timeout_ms(const struct nv_loop *loop);

/* --- Posts --- */

/* Calls run(context) once, on the loop's thread: in its next turn, after what this thread posted
 * before, or in nv_loop_free. 0 or NV_ERR_NOMEM. Any thread, also inside a turn; every call has to
 * return before the loop is freed. */
NV_API int nv_loop_post(struct nv_loop *loop, void (*run)(void *context), void *context);

/* --- Timers: on the loop's thread only --- */

/* A timer that does not run yet. NULL without memory. */
NV_API struct nv_timer *nv_timer_new(struct nv_loop *loop, void (*fire)(void *context),
                                     void *context);
/* Calls fire(context) once, so many milliseconds after the turn under way began, or from now outside
 * of one; started by a timer that fires, in the next turn at the earliest. One that runs already is
 * moved. Never fails. */
NV_API void nv_timer_start(struct nv_timer *timer, uint32_t delay_ms);
NV_API void nv_timer_stop(struct nv_timer *timer); /* it will not fire; may be started again */
/* Also while it fires, and after its loop was freed, which stops it for ever. NULL does nothing. */
NV_API void nv_timer_free(struct nv_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
