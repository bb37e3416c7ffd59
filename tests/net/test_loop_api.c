/* SPDX-License-Identifier: MIT */
/* test_loop_api.c: what a program asks of a loop: posts, timers of its own, and whose turn it is. */
#include <navette/loop.h>

#include <pthread.h>
#include <stdlib.h>

#include "net/wire.h"
#include "support/failing_alloc.h"

#define THREADS 4
#define POSTS 2000u

static struct nv_loop *loop;
static struct nv_timer *timer;
static char said[64];

/* A context is the text that it says. */
static void say(void *context)
{
	assert_true(strlen(said) + strlen(context) < sizeof said);
	strcat(said, context);
}

static int setup(void **state)
{
	failing_alloc_install();
	loop = nv_loop_new();
	assert_non_null(loop);
	timer = NULL;
	said[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	nv_timer_free(timer);
	nv_loop_free(loop);
	failing_alloc_remove();
	return 0;
}

static void post(void (*run)(void *context), void *context)
{
	assert_int_equal(nv_loop_post(loop, run, context), 0);
}

static void turn(void)
{
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
}

/* --- Posts --- */

static void posts_run_in_their_order_and_wake_the_loop(void **state)
{
	assert_true(wire_is_idle(loop));
	post(say, "a");
	post(say, "b");
	assert_false(wire_is_idle(loop));
	assert_string_equal(said, "");
	turn();
	assert_string_equal(said, "ab");
	assert_true(wire_is_idle(loop));
	assert_int_equal(nv_loop_run_once(loop, 0), 0);
	assert_string_equal(said, "ab");
}

static void say_and_post(void *context)
{
	say(context);
	post(say, "2");
}

static void what_a_post_posts_waits_for_the_next_turn(void **state)
{
	post(say_and_post, "a");
	post(say_and_post, "b");
	turn();
	assert_string_equal(said, "ab");
	assert_false(wire_is_idle(loop));
	turn();
	assert_string_equal(said, "ab22");
	assert_true(wire_is_idle(loop));
}

static void what_is_posted_when_the_loop_is_freed_runs(void **state)
{
	post(say_and_post, "a");
	post(say, "b");
	nv_loop_free(loop);
	assert_string_equal(said, "ab2");
	assert_int_equal(failing_alloc_live_blocks(), 0);
	loop = NULL;
}

static void a_post_without_memory_is_refused(void **state)
{
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(nv_loop_post(loop, say, "a"), NV_ERR_NOMEM);
	assert_true(wire_is_idle(loop));
	post(say, "b");
	turn();
	assert_string_equal(said, "b");
}

static unsigned int numbers[THREADS][POSTS];
static unsigned int next_number[THREADS];
static unsigned int total;

static void check_number(void *context)
{
	const unsigned int *number = context;
	size_t thread = (size_t)(number - numbers[0]) / POSTS;

	assert_int_equal(*number, next_number[thread]++);
	total++;
}

static void *post_numbers(void *context)
{
	unsigned int *own = context;

	for (unsigned int i = 0; i < POSTS; i++) {
		own[i] = i;
		if (nv_loop_post(loop, check_number, &own[i]) < 0)
			abort();
	}
	return NULL;
}

static void each_threads_posts_keep_their_order(void **state)
{
	pthread_t threads[THREADS];

	for (unsigned int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, post_numbers, numbers[t]), 0);
	wire_until(loop, total == THREADS * POSTS);
	for (unsigned int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
}

/* --- Timers --- */

static void a_timer_fires_once_for_each_start(void **state)
{
	uint64_t start = nv_loop_now(loop);

	timer = nv_timer_new(loop, say, "a");
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
	nv_timer_start(timer, 10);
	assert_in_range(nv_loop_timeout_ms(loop), 0, 10);
	wire_until(loop, said[0]);
	assert_true(nv_loop_now(loop) - start >= 10);
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
	nv_timer_start(timer, 0);
	turn();
	assert_string_equal(said, "aa");
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
}

static void a_timer_that_runs_is_moved_and_stopped(void **state)
{
	struct nv_timer *other = nv_timer_new(loop, say, "b");

	timer = nv_timer_new(loop, say, "a");
	nv_timer_start(timer, 60000);
	nv_timer_start(other, 0);
	nv_timer_start(timer, 0);
	nv_timer_start(other, 60000);
	turn();
	assert_string_equal(said, "a");
	assert_in_range(nv_loop_timeout_ms(loop), 1, 60000);
	nv_timer_start(timer, 0);
	nv_timer_stop(timer);
	nv_timer_stop(timer);
	nv_timer_stop(other);
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
	nv_timer_start(other, 0);
	turn();
	assert_string_equal(said, "ab");
	nv_timer_free(other);
}

static void start_again(void *context)
{
	say(context);
	nv_timer_start(timer, 0);
}

static void start_and_stop(void *context)
{
	start_again(context);
	nv_timer_stop(timer);
}

static void free_timer(void *context)
{
	say(context);
	nv_timer_free(timer);
	timer = NULL;
}

static void started_while_it_fires_it_waits_for_the_next_turn(void **state)
{
	timer = nv_timer_new(loop, start_again, "a");
	nv_timer_start(timer, 0);
	turn();
	assert_string_equal(said, "a");
	turn();
	assert_string_equal(said, "aa");
}

static void stopped_while_it_fires_it_rests(void **state)
{
	timer = nv_timer_new(loop, start_and_stop, "a");
	nv_timer_start(timer, 0);
	turn();
	assert_string_equal(said, "a");
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
}

static void it_may_be_freed_while_it_fires(void **state)
{
	size_t blocks;

	timer = nv_timer_new(loop, free_timer, "a");
	blocks = failing_alloc_live_blocks();
	nv_timer_start(timer, 0);
	turn();
	assert_string_equal(said, "a");
	assert_int_equal(failing_alloc_live_blocks(), blocks - 1);
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
}

static void one_timer_may_free_another_that_is_due(void **state)
{
	struct nv_timer *first = nv_timer_new(loop, free_timer, "a");

	timer = nv_timer_new(loop, say, "b");
	nv_timer_start(first, 0);
	nv_timer_start(timer, 0);
	turn();
	assert_int_equal(nv_loop_run_once(loop, 0), 0);
	assert_string_equal(said, "a");
	nv_timer_free(first);
}

#define MANY 100

static void never(void *context)
{
	fail();
}

static void starting_needs_no_memory(void **state)
{
	static char texts[MANY][2];
	struct nv_timer *timers[MANY];

	for (int i = 0; i < MANY; i++) {
		texts[i][0] = (char)('a' + i % 26);
		timers[i] = nv_timer_new(loop, i < 20 ? say : never, texts[i]);
		assert_non_null(timers[i]);
	}
	failing_alloc_fail(1, FAIL_FOREVER);
	for (int i = MANY - 1; i >= 0; i--)
		nv_timer_start(timers[i], i < 20 ? 0 : 60000);
	turn();
	assert_int_equal(strlen(said), 20);
	for (int i = 0; i < MANY; i++)
		nv_timer_free(timers[i]);
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
	assert_int_equal(failing_alloc_count(), 0);
}

static void one_that_has_fired_keeps_its_place(void **state)
{
	struct nv_timer *others[MANY];

	timer = nv_timer_new(loop, say, "a");
	for (int i = 0; i < MANY; i++) {
		failing_alloc_fail(0, FAIL_ONCE);
		others[i] = nv_timer_new(loop, never, NULL);
		failing_alloc_fail(1, FAIL_FOREVER);
		said[0] = '\0';
		nv_timer_start(timer, 0);
		assert_int_equal(nv_loop_run_once(loop, 0), 0);
		assert_string_equal(said, "a");
	}
	for (int i = 0; i < MANY; i++)
		nv_timer_free(others[i]);
}

static void every_allocation_of_a_timer_may_fail(void **state)
{
	size_t blocks = failing_alloc_live_blocks();
	size_t nth = 0;

	while (!timer) {
		assert_int_equal(failing_alloc_live_blocks(), blocks);
		failing_alloc_fail(++nth, FAIL_ONCE);
		timer = nv_timer_new(loop, say, "a");
	}
	assert_int_equal(nth, 3);
	nv_timer_free(NULL);
}

static void a_timer_may_outlive_its_loop(void **state)
{
	struct nv_timer *parked = nv_timer_new(loop, say, "p");

	timer = nv_timer_new(loop, say, "a");
	nv_timer_start(timer, 0);
	nv_loop_free(loop);
	loop = NULL;
	assert_string_equal(said, "");
	nv_timer_free(parked);
}

/* --- Whose turn it is --- */

static struct nv_loop *inner;

static void *find_no_turn(void *context)
{
	if (nv_loop_is_current(loop) || nv_loop_is_current(inner))
		abort();
	return NULL;
}

static void look_from_inside(void *context)
{
	assert_true(nv_loop_is_current(loop));
	assert_true(nv_loop_is_current(inner));
	say(context);
}

static void look(void *context)
{
	pthread_t thread;

	assert_true(nv_loop_is_current(loop));
	assert_false(nv_loop_is_current(inner));
	assert_int_equal(pthread_create(&thread, NULL, find_no_turn, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(nv_loop_post(inner, look_from_inside, context), 0);
	assert_int_equal(nv_loop_run_once(inner, -1), 0);
	assert_true(nv_loop_is_current(loop));
	assert_false(nv_loop_is_current(inner));
}

static void look_at_the_end(void *context)
{
	assert_true(nv_loop_is_current(inner));
	say(context);
}

static void a_loop_is_current_inside_its_turns(void **state)
{
	inner = nv_loop_new();
	assert_false(nv_loop_is_current(loop));
	post(look, "a");
	turn();
	assert_false(nv_loop_is_current(loop));
	assert_int_equal(nv_loop_post(inner, look_at_the_end, "b"), 0);
	nv_loop_free(inner);
	assert_false(nv_loop_is_current(inner));
	assert_string_equal(said, "ab");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(posts_run_in_their_order_and_wake_the_loop),
		TEST(what_a_post_posts_waits_for_the_next_turn),
		TEST(what_is_posted_when_the_loop_is_freed_runs),
		TEST(a_post_without_memory_is_refused),
		TEST(each_threads_posts_keep_their_order),
		TEST(a_timer_fires_once_for_each_start),
		TEST(a_timer_that_runs_is_moved_and_stopped),
		TEST(started_while_it_fires_it_waits_for_the_next_turn),
		TEST(stopped_while_it_fires_it_rests),
		TEST(it_may_be_freed_while_it_fires),
		TEST(one_timer_may_free_another_that_is_due),
		TEST(starting_needs_no_memory),
		TEST(one_that_has_fired_keeps_its_place),
		TEST(every_allocation_of_a_timer_may_fail),
		TEST(a_timer_may_outlive_its_loop),
		TEST(a_loop_is_current_inside_its_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
