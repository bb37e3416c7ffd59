/* SPDX-License-Identifier: MIT */
/* loop_api.c: what navette/loop.h offers beside turning, the same for every backend: posts, which own
 * their memory until they have run, and timers, which are their maker's. */
#include "base/alloc.h"
#include "base/list.h"
#include "net/loop.h"

/* --- Posts --- */

struct post {
	struct nv_task task;
	void (*run)(void *context);
	void *context;
};

static void run_post(struct nv_task *task)
{
	struct post *post = nv_container_of(task, struct post, task);

	post->run(post->context);
	nv_free(post);
}

int nv_loop_post(struct nv_loop *loop, void (*run)(void *context), void *context)
{
	struct post *post = nv_alloc(sizeof *post);

	if (!post)
		return NV_ERR_NOMEM;
	*post = (struct post){ .task.run = run_post, .run = run, .context = context };
	nv_loop_post_task(loop, &post->task);
	return 0;
}

/* --- Timers --- */

/* A program sees nothing but the timer in it. That is parked while it does not run, so that to start
 * it can't fail. */
struct alarm {
	struct nv_timer timer;
	struct nv_loop *loop;
	void (*fire)(void *context);
	void *context;
};

static struct alarm *alarm_of(struct nv_timer *timer)
{
	return nv_container_of(timer, struct alarm, timer);
}

/* Its last act is the call, in which it may be freed. Its place in the heap has just become free:
 * parking can't fail. */
static void fire_alarm(struct nv_timer *timer)
{
	struct alarm *alarm = alarm_of(timer);

	(void)nv_loop_park_timer(alarm->loop, timer);
	alarm->fire(alarm->context);
}

struct nv_timer *nv_timer_new(struct nv_loop *loop, void (*fire)(void *context), void *context)
{
	struct alarm *alarm = nv_alloc(sizeof *alarm);

	if (!alarm)
		return NULL;
	*alarm = (struct alarm){ { .fire = fire_alarm }, loop, fire, context };
	if (nv_loop_park_timer(loop, &alarm->timer) < 0) {
		nv_free(alarm);
		return NULL;
	}
	return &alarm->timer;
}

void nv_timer_start(struct nv_timer *timer, uint32_t delay_ms)
{
	(void)nv_loop_start_timer(alarm_of(timer)->loop, timer, delay_ms);
}

void nv_timer_stop(struct nv_timer *timer)
{
	(void)nv_loop_park_timer(alarm_of(timer)->loop, timer);
}

void nv_timer_free(struct nv_timer *timer)
{
	if (!timer)
		return;
	if (timer->place)
		nv_loop_stop_timer(alarm_of(timer)->loop, timer);
	nv_free(alarm_of(timer));
}
