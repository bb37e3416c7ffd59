/* SPDX-License-Identifier: MIT */
/* timer.c: a binary heap of pointers to the owners' timers.
 *
 * Each timer knows its place, so that stopping and moving need no search. The heap grows and never
 * shrinks: a timer takes one pointer there. */
#include "net/timer.h"

#include "base/alloc.h"

#define FIRST_CAP 16u

static void put(struct nv_timers *timers, size_t place, struct nv_timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static struct nv_timer *at(const struct nv_timers *timers, size_t place)
{
	return timers->heap[place - 1];
}

static void rise(struct nv_timers *timers, struct nv_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && at(timers, place / 2)->due_ms > timer->due_ms) {
		put(timers, place, at(timers, place / 2));
		place /= 2;
	}
	put(timers, place, timer);
}

static size_t earlier_child(const struct nv_timers *timers, size_t place)
{
	size_t child = 2 * place;

	if (child < timers->count && at(timers, child + 1)->due_ms < at(timers, child)->due_ms)
		child++;
	return child;
}

static void sink(struct nv_timers *timers, struct nv_timer *timer)
{
	size_t place = timer->place;

	while (2 * place <= timers->count) {
		size_t child = earlier_child(timers, place);

		if (at(timers, child)->due_ms >= timer->due_ms)
			break;
		put(timers, place, at(timers, child));
		place = child;
	}
	put(timers, place, timer);
}

static bool grow(struct nv_timers *timers)
{
	size_t cap = timers->cap ? 2 * timers->cap : FIRST_CAP;
	struct nv_timer **heap = nv_realloc(timers->heap, cap * sizeof(struct nv_timer *));

	if (!heap)
		return false;
	timers->heap = heap;
	timers->cap = cap;
	return true;
}

void nv_timers_deinit(struct nv_timers *timers)
{
	for (size_t place = 1; place <= timers->count; place++)
		at(timers, place)->place = 0;
	nv_free(timers->heap);
	*timers = (struct nv_timers){ 0 };
}

int nv_timers_start(struct nv_timers *timers, struct nv_timer *timer, uint64_t due_ms)
{
	if (timer->place == 0 && timers->count == timers->cap && !grow(timers))
		return NV_ERR_NOMEM;
	if (timer->place == 0)
		put(timers, ++timers->count, timer);
	timer->due_ms = due_ms < timers->earliest_ms ? timers->earliest_ms : due_ms;
	rise(timers, timer);
	sink(timers, timer);
	return 0;
}

void nv_timers_stop(struct nv_timers *timers, struct nv_timer *timer)
{
	struct nv_timer *last;

	if (timer->place == 0)
		return;
	last = at(timers, timers->count--);
	if (last != timer) {
		put(timers, timer->place, last);
		rise(timers, last);
		sink(timers, last);
	}
	timer->place = 0;
}

uint64_t nv_timers_next(const struct nv_timers *timers)
{
	return timers->count ? at(timers, 1)->due_ms : UINT64_MAX;
}

void nv_timers_run(struct nv_timers *timers, uint64_t now_ms)
{
	timers->earliest_ms = now_ms + 1;
	while (nv_timers_next(timers) <= now_ms) {
		struct nv_timer *timer = at(timers, 1);

		nv_timers_stop(timers, timer);
		timer->fire(timer);
	}
	timers->earliest_ms = 0;
}
