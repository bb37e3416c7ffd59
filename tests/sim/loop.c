/* SPDX-License-Identifier: MIT */
/* loop.c: a loop over virtual time. Its turn is that of net/loop.c; where that would wait, it
 * moves the clock. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "net/hook.h"
#include "net/turn.h"
#include "sim/world.h"

#define START_MS 1000000u  /* no clock of a test starts at 0 */
#define MOST_TURNS 1000000 /* before it is clear that it never settles */

struct nv_loop *nv_loop_new(void)
{
	struct nv_loop *loop = nv_alloc(sizeof(*loop));

	if (!loop)
		return NULL;
	memset(loop, 0, offsetof(struct nv_loop, plain));
	loop->now_ms = START_MS;
	nv_list_init(&loop->dirty);
	nv_list_init(&loop->flushing);
	nv_list_init(&loop->closing);
	nv_list_init(&loop->hooks);
	sim_world()->loops++;
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
		sim_raise_closed(loop);
	} while (!nv_mailbox_is_empty(&loop->mailbox));
	nv_turn_end(&turn);
	assert(loop->streams == 0);
	nv_timers_deinit(&loop->timers);
	nv_free(loop);
	if (--sim_world()->loops == 0)
		sim_world_free();
}

void nv_loop_post_tasks(struct nv_loop *loop, struct nv_task *newest, struct nv_task *oldest)
{
	nv_mailbox_push(&loop->mailbox, newest, oldest);
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
	return loop->now_ms;
}

uint64_t nv_loop_clock_us(const struct nv_loop *loop)
{
	return loop->now_ms * 1000u;
}

int nv_loop_start_timer(struct nv_loop *loop, struct nv_timer *timer, uint32_t delay_ms)
{
	return nv_timers_start(&loop->timers, timer, loop->now_ms + delay_ms);
}

void nv_loop_stop_timer(struct nv_loop *loop, struct nv_timer *timer)
{
	nv_timers_stop(&loop->timers, timer);
}

int nv_loop_park_timer(struct nv_loop *loop, struct nv_timer *timer)
{
	return nv_timers_start(&loop->timers, timer, UINT64_MAX);
}

int nv_loop_fd(const struct nv_loop *loop)
{
	(void)loop;
	return -1;
}

bool sim_busy(const struct nv_loop *loop)
{
	return !nv_list_empty(&loop->dirty) || !nv_list_empty(&loop->closing) ||
	       !nv_list_empty(&loop->hooks) || !nv_mailbox_is_empty(&loop->mailbox) ||
	       nv_timers_next(&loop->timers) <= loop->now_ms || sim_can_accept(loop) ||
	       sim_can_move(loop);
}

static uint64_t next_due(const struct nv_loop *loop)
{
	uint64_t timer = nv_timers_next(&loop->timers);
	uint64_t answer = sim_next_answer(loop);

	return timer < answer ? timer : answer;
}

int nv_loop_timeout_ms(const struct nv_loop *loop)
{
	uint64_t due = next_due(loop);

	if (sim_busy(loop))
		return 0;
	if (due == UINT64_MAX)
		return -1;
	return due - loop->now_ms > INT_MAX ? INT_MAX : (int)(due - loop->now_ms);
}

void sim_turn(struct nv_loop *loop)
{
	struct nv_turn turn;

	assert(!loop->in_turn);
	loop->in_turn = true;
	nv_turn_begin(&turn, loop);
	nv_mailbox_run(&loop->mailbox);
	sim_accept_ready(loop);
	sim_streams_ready(loop);
	nv_timers_run(&loop->timers, loop->now_ms);
	sim_raise_closed(loop);
	nv_hooks_run(&loop->hooks);
	sim_flush_dirty(loop);
	sim_raise_closed(loop);
	nv_turn_end(&turn);
	loop->in_turn = false;
}

int nv_loop_run_once(struct nv_loop *loop, int timeout_ms)
{
	int wait = nv_loop_timeout_ms(loop);

	if (loop->in_turn)
		return NV_ERR_STATE;
	if (wait < 0 || (timeout_ms >= 0 && timeout_ms < wait))
		wait = timeout_ms;
	if (wait < 0)
		return NV_ERR_SYSTEM;
	loop->now_ms += (uint64_t)wait;
	sim_turn(loop);
	return 0;
}

int nv_loop_run(struct nv_loop *loop)
{
	int error = loop->in_turn ? NV_ERR_STATE : 0;

	while (!error && !atomic_exchange(&loop->stopped, false))
		error = nv_loop_run_once(loop, -1);
	return error;
}

void sim_settle(struct nv_loop *loop)
{
	for (int i = 0; i < MOST_TURNS; i++) {
		if (!sim_busy(loop))
			return;
		sim_turn(loop);
	}
	fputs("sim: the loop never settles\n", stderr);
	abort();
}

void sim_advance(struct nv_loop *loop, uint32_t ms)
{
	uint64_t end = loop->now_ms + ms;

	sim_settle(loop);
	while (next_due(loop) <= end) {
		loop->now_ms = next_due(loop);
		sim_settle(loop);
	}
	loop->now_ms = end;
}
