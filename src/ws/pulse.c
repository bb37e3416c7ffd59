/* SPDX-License-Identifier: MIT */
/* pulse.c: measures how late a loop is. What it does for others meanwhile is what makes it late. */
#include "ws/pulse.h"

static void was_late(struct nv_pulse *pulse, uint64_t us)
{
	nv_count_set(&pulse->late_us, us);
	if (us > nv_count_of(&pulse->latest_us))
		nv_count_set(&pulse->latest_us, us);
}

static uint64_t since(const struct nv_loop *loop, uint64_t then_us)
{
	uint64_t now = nv_loop_clock_us(loop);

	return now > then_us ? now - then_us : 0;
}

static void answer(struct nv_task *task)
{
	struct nv_pulse *pulse = nv_container_of(task, struct nv_pulse, task);

	was_late(pulse, since(pulse->loop, nv_count_of(&pulse->asked_us)));
	/* The next question may come from here on. */
	atomic_store_explicit(&pulse->asked_us, 0, memory_order_release);
}

uint64_t nv_pulse_ask(struct nv_pulse *pulse, struct nv_loop *loop)
{
	uint64_t asked = 0;

	if (!atomic_compare_exchange_strong_explicit(&pulse->asked_us, &asked,
	                                             nv_loop_clock_us(loop), memory_order_acquire,
	                                             memory_order_relaxed))
		return since(loop, asked);
	pulse->loop = loop;
	pulse->task.run = answer;
	nv_loop_post_task(loop, &pulse->task);
	return 0;
}

void nv_pulse_fired(struct nv_pulse *pulse, const struct nv_loop *loop,
                    const struct nv_timer *timer)
{
	was_late(pulse, since(loop, 1000 * timer->due_ms));
}
