/* SPDX-License-Identifier: MIT */
/* loop.c: the event loop over a backend that is level-triggered: life, turn, tasks and timers.
 *
 * Streams stand in stream.c, listeners in listener.c; the loop owns neither, only their descriptors. */
#include "net/loop_inside.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "net/clock.h"
#include "net/hook.h"
#include "net/turn.h"

static uint64_t clock_ms(void)
{
	return nv_clock_us() / 1000u;
}

uint64_t nv_loop_clock_us(const struct nv_loop *loop)
{
	(void)loop;
	return nv_clock_us();
}

static void thaw(struct nv_timer *timer)
{
	struct nv_loop *loop = nv_container_of(timer, struct nv_loop, thaw);

	nv_list_splice(&loop->dirty, &loop->starved);
}

struct nv_loop *nv_loop_new(void)
{
	struct nv_loop *loop = nv_alloc(sizeof(*loop));

	if (!loop)
		return NULL;
	memset(loop, 0, offsetof(struct nv_loop, buffer));
	loop->thaw.fire = thaw;
	nv_list_init(&loop->dirty);
	nv_list_init(&loop->flushing);
	nv_list_init(&loop->starved);
	nv_list_init(&loop->closing);
	nv_list_init(&loop->hooks);
	loop->backend = nv_backend_new();
	if (!loop->backend) {
		nv_free(loop);
		return NULL;
	}
	return loop;
}

void nv_loop_free(struct nv_loop *loop)
{
	struct nv_turn turn;

	if (!loop)
		return;
	assert(!loop->in_turn);
	nv_turn_begin(&turn, loop);
	do {
		nv_mailbox_run(&loop->mailbox);
		nv_loop_raise_closed(loop);
	} while (!nv_mailbox_is_empty(&loop->mailbox));
	nv_turn_end(&turn);
	assert(loop->streams == 0);
	nv_timers_deinit(&loop->timers);
	nv_backend_free(loop->backend);
	nv_free(loop);
}

void nv_loop_post_tasks(struct nv_loop *loop, struct nv_task *newest, struct nv_task *oldest)
{
	if (nv_mailbox_push(&loop->mailbox, newest, oldest))
		nv_backend_wake(loop->backend);
}

void nv_loop_post_task(struct nv_loop *loop, struct nv_task *task)
{
	nv_loop_post_tasks(loop, task, task);
}

void nv_loop_before_flush(struct nv_loop *loop, struct nv_hook *hook)
{
	nv_hooks_add(&loop->hooks, hook);
}

void nv_loop_stop(struct nv_loop *loop)
{
	atomic_store(&loop->stopped, true);
	nv_backend_wake(loop->backend);
}

uint8_t *nv_loop_plain(struct nv_loop *loop)
{
	return loop->plain;
}

const struct nv_traffic *nv_loop_traffic(const struct nv_loop *loop)
{
	return &loop->traffic;
}

uint64_t nv_loop_now(const struct nv_loop *loop)
{
	return loop->in_turn ? loop->now_ms : clock_ms();
}

int nv_loop_start_timer(struct nv_loop *loop, struct nv_timer *timer, uint32_t delay_ms)
{
	return nv_timers_start(&loop->timers, timer, nv_loop_now(loop) + delay_ms);
}

void nv_loop_stop_timer(struct nv_loop *loop, struct nv_timer *timer)
{
	nv_timers_stop(&loop->timers, timer);
}

int nv_loop_park_timer(struct nv_loop *loop, struct nv_timer *timer)
{
	return nv_timers_start(&loop->timers, timer, UINT64_MAX);
}

static bool has_work(const struct nv_loop *loop)
{
	return !nv_list_empty(&loop->dirty) || !nv_list_empty(&loop->closing) ||
	       !nv_list_empty(&loop->hooks) || !nv_mailbox_is_empty(&loop->mailbox);
}

static int timeout_ms(const struct nv_loop *loop)
{
	uint64_t due = nv_timers_next(&loop->timers);
	uint64_t now;

	if (has_work(loop))
		return 0;
	if (due == UINT64_MAX)
		return -1;
	now = clock_ms();
	if (due <= now)
		return 0;
	return due - now > INT_MAX ? INT_MAX : (int)(due - now);
}

/* Who asks is going to wait for the backend's descriptor. */
int nv_loop_timeout_ms(const struct nv_loop *loop)
{
	if (!loop->in_turn && nv_backend_settle(loop->backend))
		return 0;
	return timeout_ms(loop);
}

int nv_loop_fd(const struct nv_loop *loop)
{
	return nv_backend_fd(loop->backend);
}

static int wait_for_events(struct nv_loop *loop, int limit_ms)
{
	int timeout = timeout_ms(loop);

	if (timeout < 0 || (limit_ms >= 0 && limit_ms < timeout))
		timeout = limit_ms;
	return nv_backend_wait(loop->backend, timeout);
}

static void dispatch(struct nv_loop *loop)
{
	struct nv_ready ready;

	while (nv_backend_next(loop->backend, &ready)) {
		if (ready.key & 1u)
			nv_listener_ready((struct nv_listener *)(ready.key - 1u));
		else
			nv_stream_ready((struct nv_stream *)ready.key, ready.events);
	}
}

int nv_loop_run_once(struct nv_loop *loop, int limit_ms)
{
	struct nv_turn turn;
	int error;

	if (loop->in_turn)
		return NV_ERR_STATE;
	error = wait_for_events(loop, limit_ms);
	if (error)
		return error;
	loop->now_ms = clock_ms();
	loop->in_turn = true;
	nv_turn_begin(&turn, loop);
	nv_mailbox_run(&loop->mailbox);
	dispatch(loop);
	nv_timers_run(&loop->timers, loop->now_ms);
	nv_loop_raise_closed(loop);
	nv_hooks_run(&loop->hooks);
	nv_loop_flush_dirty(loop);
	nv_loop_raise_closed(loop);
	nv_turn_end(&turn);
	loop->in_turn = false;
	return 0;
}

int nv_loop_run(struct nv_loop *loop)
{
	int error = loop->in_turn ? NV_ERR_STATE : 0;

	while (!error && !atomic_exchange(&loop->stopped, false))
		error = nv_loop_run_once(loop, -1);
	return error;
}
