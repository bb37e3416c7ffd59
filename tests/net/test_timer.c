/* SPDX-License-Identifier: MIT */
/* test_timer.c: the heap of timers: order, moving, stopping, starting while they fire, no memory. */
#include "net/timer.h"

#include "base/alloc.h"
#include "base/list.h"
#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/unit.h"

struct alarm {
	struct nv_timer timer;
	char name;
	struct nv_timers *timers;
	struct alarm *other;
	uint64_t again_ms; /* restarts itself for then, if not 0 */
	bool stops_other;
};

static char fired[64];

static struct alarm *alarm_of(struct nv_timer *timer)
{
	return nv_container_of(timer, struct alarm, timer);
}

static void note(struct nv_timer *timer)
{
	const struct alarm *alarm = alarm_of(timer);
	size_t len = strlen(fired);

	assert_int_equal(timer->place, 0);
	assert_true(len + 1 < sizeof(fired));
	fired[len] = alarm->name;
	fired[len + 1] = '\0';
}

static void fire(struct nv_timer *timer)
{
	struct alarm *alarm = alarm_of(timer);

	note(timer);
	if (alarm->again_ms)
		assert_int_equal(nv_timers_start(alarm->timers, timer, alarm->again_ms), 0);
	if (alarm->other && alarm->stops_other)
		nv_timers_stop(alarm->timers, &alarm->other->timer);
	else if (alarm->other)
		nv_timers_start(alarm->timers, &alarm->other->timer, 0);
}

static struct alarm alarm_named(char name, struct nv_timers *timers)
{
	return (struct alarm){ .timer = { .fire = fire }, .name = name, .timers = timers };
}

static void start(struct alarm *alarm, uint64_t due_ms)
{
	assert_int_equal(nv_timers_start(alarm->timers, &alarm->timer, due_ms), 0);
}

static void assert_fires(struct nv_timers *timers, uint64_t now_ms, const char *names)
{
	fired[0] = '\0';
	nv_timers_run(timers, now_ms);
	assert_string_equal(fired, names);
}

static int setup(void **state)
{
	failing_alloc_install();
	return 0;
}

static int teardown(void **state)
{
	failing_alloc_remove();
	return 0;
}

static void fires_in_the_order_of_due_times(void **state)
{
	struct nv_timers timers = { 0 };
	struct alarm a = alarm_named('a', &timers);
	struct alarm b = alarm_named('b', &timers);
	struct alarm c = alarm_named('c', &timers);

	assert_int_equal(nv_timers_next(&timers), UINT64_MAX);
	assert_fires(&timers, 1000, "");
	start(&c, 30);
	start(&a, 10);
	start(&b, 20);
	assert_int_equal(nv_timers_next(&timers), 10);
	assert_fires(&timers, 9, "");
	assert_fires(&timers, 20, "ab");
	assert_int_equal(nv_timers_next(&timers), 30);
	assert_fires(&timers, 1000, "c");
	assert_int_equal(nv_timers_next(&timers), UINT64_MAX);
	nv_timers_deinit(&timers);
}

static void moves_and_stops(void **state)
{
	struct nv_timers timers = { 0 };
	struct alarm a = alarm_named('a', &timers);
	struct alarm b = alarm_named('b', &timers);
	struct alarm c = alarm_named('c', &timers);

	start(&a, 10);
	start(&b, 20);
	start(&c, 30);
	start(&a, 40);
	start(&c, 5);
	assert_int_equal(timers.count, 3);
	nv_timers_stop(&timers, &b.timer);
	nv_timers_stop(&timers, &b.timer);
	assert_int_equal(b.timer.place, 0);
	assert_fires(&timers, 100, "ca");
	nv_timers_deinit(&timers);
}

static void one_that_restarts_itself_waits_for_the_next_run(void **state)
{
	struct nv_timers timers = { 0 };
	struct alarm a = alarm_named('a', &timers);

	a.again_ms = 1;
	start(&a, 10);
	assert_fires(&timers, 50, "a");
	assert_int_equal(nv_timers_next(&timers), 51);
	assert_fires(&timers, 50, "");
	assert_fires(&timers, 51, "a");
	nv_timers_stop(&timers, &a.timer);
	nv_timers_deinit(&timers);
}

static void one_that_is_due_may_be_stopped_or_moved_by_another(void **state)
{
	struct nv_timers timers = { 0 };
	struct alarm a = alarm_named('a', &timers);
	struct alarm b = alarm_named('b', &timers);

	a.other = &b;
	a.stops_other = true;
	start(&a, 10);
	start(&b, 20);
	assert_fires(&timers, 50, "a");
	a.stops_other = false;
	start(&a, 60);
	start(&b, 70);
	assert_fires(&timers, 80, "a");
	assert_fires(&timers, 81, "b");
	nv_timers_deinit(&timers);
}

static void free_itself(struct nv_timer *timer)
{
	note(timer);
	nv_free(alarm_of(timer));
}

static void one_may_be_freed_when_it_fires(void **state)
{
	struct nv_timers timers = { 0 };
	struct alarm *alarm = nv_alloc_zero(sizeof(*alarm));

	alarm->timer.fire = free_itself;
	alarm->name = 'x';
	assert_int_equal(nv_timers_start(&timers, &alarm->timer, 3), 0);
	assert_fires(&timers, 3, "x");
	nv_timers_deinit(&timers);
}

static void without_memory_nothing_starts_and_moving_works(void **state)
{
	struct nv_timers timers = { 0 };
	struct alarm alarms[17];
	size_t i;

	for (i = 0; i < 17; i++)
		alarms[i] = alarm_named((char)('a' + i), &timers);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(nv_timers_start(&timers, &alarms[0].timer, 1), NV_ERR_NOMEM);
	assert_int_equal(alarms[0].timer.place, 0);
	for (i = 0; i < 16; i++)
		start(&alarms[i], 100 + i);
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_timers_start(&timers, &alarms[16].timer, 1), NV_ERR_NOMEM);
	start(&alarms[3], 1);
	assert_fires(&timers, 1, "d");
	start(&alarms[16], 2);
	assert_fires(&timers, 1000, "qabcefghijklmnop");
	nv_timers_deinit(&timers);
}

#define MANY 200
#define OPERATIONS 10000

struct reference {
	struct nv_timer timers[MANY];
	uint64_t due[MANY]; /* 0: not running */
	uint64_t now;
	size_t fired;
};

static struct reference reference;

static uint64_t earliest_due(void)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < MANY; i++) {
		if (reference.due[i] && reference.due[i] < least)
			least = reference.due[i];
	}
	return least;
}

static void check_fire(struct nv_timer *timer)
{
	size_t i = (size_t)(timer - reference.timers);

	assert_true(reference.due[i] != 0 && reference.due[i] <= reference.now);
	assert_int_equal(reference.due[i], earliest_due());
	reference.due[i] = 0;
	reference.fired++;
}

static void random_operation(struct nv_timers *timers, struct prng *prng)
{
	size_t i = prng_below(prng, MANY);

	switch (prng_below(prng, 4)) {
	case 0:
		nv_timers_stop(timers, &reference.timers[i]);
		reference.due[i] = 0;
		break;
	case 1:
		reference.now += prng_below(prng, 20);
		nv_timers_run(timers, reference.now);
		assert_true(earliest_due() > reference.now);
		break;
	default:
		reference.due[i] = reference.now + 1 + prng_below(prng, 500);
		assert_int_equal(nv_timers_start(timers, &reference.timers[i], reference.due[i]),
		                 0);
	}
	assert_int_equal(nv_timers_next(timers), earliest_due());
}

static void agrees_with_a_plain_search(void **state)
{
	struct nv_timers timers = { 0 };
	struct prng prng = { 42 };

	memset(&reference, 0, sizeof(reference));
	for (size_t i = 0; i < MANY; i++)
		reference.timers[i].fire = check_fire;
	for (size_t i = 0; i < OPERATIONS; i++)
		random_operation(&timers, &prng);
	assert_true(reference.fired > 1000);
	nv_timers_deinit(&timers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fires_in_the_order_of_due_times),
		TEST(moves_and_stops),
		TEST(one_that_restarts_itself_waits_for_the_next_run),
		TEST(one_that_is_due_may_be_stopped_or_moved_by_another),
		TEST(one_may_be_freed_when_it_fires),
		TEST(without_memory_nothing_starts_and_moving_works),
		TEST(agrees_with_a_plain_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
