/* SPDX-License-Identifier: MIT */
/* loop.h: one thread's event loop, as the layers above see it. The public half stands in
 * navette/loop.h; this is what a backend gives to servers and clients.
 *
 * A turn: wait; run what other threads posted; read every ready socket, each stream that was read
 * flushing what it had to say; fire timers; raise on_close of the streams that closed; run hooks; flush
 * every other dirty stream once; raise on_close of those that broke in it. So a stream is flushed twice
 * a turn at most, and what on_close said to others leaves together with the rest. loop.c
 * implements it over a backend (backend.h), the tests do so again over virtual time. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <navette/loop.h>

#include "net/address.h"
#include "net/stream.h"
#include "net/timer.h"

/* nv_loop_free also raises on_close of what is closing. Every other stream, every listener and every
 * embedded timer has been closed or stopped before. */

/* True inside a turn of this loop, or its nv_loop_free, on this thread; also while a callback of it
 * turns another loop. Any thread. */
bool nv_loop_is_current(const struct nv_loop *loop);

/* Monotonic milliseconds, read once a turn. */
uint64_t nv_loop_now(const struct nv_loop *loop);

/* Microseconds of the same clock, read now: for what is told to people. */
uint64_t nv_loop_clock_us(const struct nv_loop *loop);

/* Room for what one receive brings when it is decrypted, together with the record before that was not
 * whole: NV_LOOP_PLAIN bytes, for as long as an on_data lasts. One receive brings NV_LOOP_RECEIVE at
 * most. */
#define NV_LOOP_RECEIVE 65536u
#define NV_LOOP_PLAIN (NV_LOOP_RECEIVE + 16384u)
uint8_t *nv_loop_plain(struct nv_loop *loop);

/* Timers of this loop; only on its thread. 0 or NV_ERR_NOMEM; moving a timer never fails. */
int nv_loop_start_timer(struct nv_loop *loop, struct nv_timer *timer, uint32_t delay_ms);
void nv_loop_stop_timer(struct nv_loop *loop, struct nv_timer *timer);
/* Keeps its place in the heap, but is never due: to start it from there can't fail. 0 or NV_ERR_NOMEM;
 * never fails for one that runs, nor for one that fires. */
int nv_loop_park_timer(struct nv_loop *loop, struct nv_timer *timer);

/* Work that crosses threads. The task is the poster's until `run` starts on the loop's thread, in
 * the order of the posts of each thread; one wake-up for a burst. Any thread; never fails. */
struct nv_task {
	struct nv_task *next;
	void (*run)(struct nv_task *task);
};
void nv_loop_post_task(struct nv_loop *loop, struct nv_task *task);
/* The same for several, of which each leads to the one that comes before it. */
void nv_loop_post_tasks(struct nv_loop *loop, struct nv_task *newest, struct nv_task *oldest);

/* What wants to be run once, before this turn's last flush: after everything that was read or fired,
 * and on_close. One that is asked for later runs in the next turn, which then comes at once; one that a
 * hook asks for, be it itself, still runs in the same. The owner embeds it, zeroed. Only on the loop's thread; to ask twice is to ask once. */
struct nv_hook {
	struct nv_list link;
	void (*run)(struct nv_hook *hook);
};
void nv_loop_before_flush(struct nv_loop *loop, struct nv_hook *hook);
void nv_loop_forget_hook(struct nv_hook *hook); /* it will not run; may be called at any time */

/* Starts reading a connected socket, which the loop owns from then on. 0 or an error, and the
 * socket stays the caller's. Sets ops, loop and the private part of the stream; the owner has
 * zeroed it and set `events`. */
int nv_loop_adopt(struct nv_loop *loop, struct nv_stream *stream, int fd);

/* Starts a TCP connect: on_open, or on_close with the reason. 0, or an error at once and no event.
 * What is in `out` by then leaves after on_open. */
int nv_loop_connect(struct nv_loop *loop, struct nv_stream *stream, const struct nv_address *to);

/* What carries `from` carries `to` from now on, which is zeroed but for `events`, as if it had been adopted:
 * for a stream on which one thing was agreed before another begins. `from` is open, is not closing and has
 * no output, else NV_ERR_STATE; it closes, with on_close and error 0 at the end of the turn. Bytes that it
 * was not given yet go to `to`. 0, or an error, and `from` is as it was. Also from events of `from`. */
int nv_loop_move(struct nv_stream *from, struct nv_stream *to);

/* A listening socket. The owner embeds it, zeroed, sets on_accept, and stops it before freeing it,
 * which it may do in either event. */
struct nv_listener {
	void (*on_accept)(struct nv_listener *listener, int fd, const struct nv_address *peer);
	void (*on_error)(struct nv_listener *listener,
	                 int error); /* accept paused for a moment; may be NULL */
	struct nv_loop *loop;
	struct nv_timer retry;
	int fd;
};

/* Accepts from then on; on_accept owns each new socket. 0 or an error, and the socket stays the
 * caller's. Out of descriptors or memory it pauses instead of spinning: for 100 ms, or for 10 where some
 * came first. */
int nv_loop_listen(struct nv_loop *loop, struct nv_listener *listener, int fd);
void nv_loop_unlisten(struct nv_listener *listener); /* closes the socket; twice does nothing */

#endif
