/* SPDX-License-Identifier: MIT */
/* test_turnstile.c: one at a time through each place, in the order of arrival, whoever gives up when, and
 * on whichever thread. */
#include "net/turnstile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/thread.h"
#include "net/wire.h"
#include "support/failing_alloc.h"
#include "support/prng.h"

struct fixture {
	struct nv_loop *loop;
	char log[256]; /* the names of those who went through, in order */
};

struct visitor {
	struct fixture *f;
	struct nv_pass *pass;
	const char *name;
	bool leaves; /* at once */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	failing_alloc_install();
	f->loop = nv_loop_new();
	assert_non_null(f->loop);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nv_loop_free(f->loop);
	free(f);
	failing_alloc_remove();
	return 0;
}

static void turn(struct fixture *f)
{
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
}

static void leave(struct visitor *visitor)
{
	nv_pass_free(visitor->pass);
	visitor->pass = NULL;
}

static void granted(void *context)
{
	struct visitor *visitor = context;

	assert_non_null(visitor->pass);
	assert_true(strlen(visitor->f->log) + 8 < sizeof visitor->f->log);
	strcat(visitor->f->log, visitor->name);
	if (visitor->leaves)
		leave(visitor);
}

static void place_of(const char *ip, uint16_t port, uint8_t place[NV_PLACE])
{
	struct nv_address address;

	assert_true(nv_address_parse(ip, port, &address));
	nv_place_of_address(&address, place);
}

static void ask(struct fixture *f, struct visitor *visitor, const char *name, const char *ip)
{
	uint8_t place[NV_PLACE];

	place_of(ip, 80, place);
	visitor->f = f;
	visitor->name = name;
	visitor->pass = nv_pass_ask(f->loop, place, granted, visitor);
	assert_non_null(visitor->pass);
}

static void assert_log(const struct fixture *f, const char *expected)
{
	assert_string_equal(f->log, expected);
}

/* --- One after the other --- */

static void in_the_order_of_arrival(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	static const char *const expected[] = { "a", "ab", "abc", "abcd" };
	struct fixture *f = *state;
	struct visitor visitors[4] = { 0 };

	for (size_t i = 0; i < 4; i++)
		ask(f, &visitors[i], names[i], "192.0.2.1");
	for (size_t i = 0; i < 4; i++) {
		turn(f);
		turn(f);
		assert_log(f, expected[i]);
		leave(&visitors[i]);
		assert_log(f, expected[i]);
	}
}

static void nobody_waits_for_another_place(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { 0 }, b = { 0 }, c = { 0 };

	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.2");
	assert_log(f, "");
	turn(f);
	assert_log(f, "ab");
	ask(f, &c, "c", "192.0.2.1");
	leave(&b);
	turn(f);
	assert_log(f, "ab");
	leave(&a);
	turn(f);
	assert_log(f, "abc");
	leave(&c);
}

static void who_leaves_at_once_lets_the_next_one_in(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { .leaves = true }, b = { .leaves = true }, c = { 0 };

	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.1");
	ask(f, &c, "c", "192.0.2.1");
	wire_until(f->loop, strlen(f->log) == 3);
	assert_log(f, "abc");
	leave(&c);
	nv_pass_free(NULL);
}

/* --- Who gives up --- */

static void who_waits_may_give_up(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.1");
	ask(f, &c, "c", "192.0.2.1");
	ask(f, &d, "d", "192.0.2.1");
	turn(f);
	leave(&b);
	leave(&d);
	leave(&a);
	turn(f);
	assert_log(f, "ac");
	leave(&c);
	turn(f);
	assert_log(f, "ac");
}

/* His grant is in the mailbox, and says nothing any more. */
static void who_was_let_through_may_give_up(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { 0 }, b = { 0 }, c = { 0 };

	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.1");
	ask(f, &c, "c", "192.0.2.1");
	leave(&a);
	leave(&b);
	turn(f);
	assert_log(f, "c");
	leave(&c);
	ask(f, &a, "a", "192.0.2.1");
	turn(f);
	assert_log(f, "ca");
	leave(&a);
}

static void a_loop_may_go_with_a_grant_in_its_mailbox(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { 0 }, b = { 0 };

	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.1");
	leave(&a);
	leave(&b);
	nv_loop_free(f->loop);
	assert_log(f, "");
	assert_int_equal(failing_alloc_live_blocks(), 0);
	f->loop = nv_loop_new();
}

/* --- Memory --- */

static void without_memory_nothing_changes(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { 0 }, b = { 0 };
	uint8_t place[NV_PLACE];
	size_t blocks = failing_alloc_live_blocks();

	place_of("192.0.2.1", 80, place);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_null(nv_pass_ask(f->loop, place, granted, &a));
	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.1");
	turn(f);
	assert_log(f, "a");
	assert_int_equal(failing_alloc_live_blocks(), blocks + 2);
	leave(&b);
	leave(&a);
	assert_int_equal(failing_alloc_live_blocks(), blocks);
}

/* More places than the turnstile can tell apart at a glance. */
static void a_thousand_places(void **state)
{
	enum {
		PLACES = 1000
	};
	struct fixture *f = *state;
	struct visitor *visitors = calloc(2 * PLACES, sizeof *visitors);
	char ip[32];

	for (size_t i = 0; i < 2 * PLACES; i++) {
		snprintf(ip, sizeof ip, "10.0.%zu.%zu", i % PLACES / 250, i % PLACES % 250);
		ask(f, &visitors[i], "", ip);
		visitors[i].name = i < PLACES ? "" : "!";
	}
	wire_until(f->loop, nv_loop_timeout_ms(f->loop) != 0);
	assert_log(f, "");
	for (size_t i = 0; i < 20; i++) /* of all buckets, not in their order */
		leave(&visitors[i * 7 % PLACES]);
	wire_until(f->loop, strlen(f->log) == 20);
	for (size_t i = 0; i < PLACES; i++) {
		leave(&visitors[PLACES + i]);
		leave(&visitors[i]);
	}
	free(visitors);
	wire_until(f->loop, nv_loop_timeout_ms(f->loop) != 0);
	assert_int_equal(strlen(f->log), 20);
}

/* --- What is a place --- */

static void assert_place(bool same, const uint8_t a[NV_PLACE], const uint8_t b[NV_PLACE])
{
	assert_int_equal(memcmp(a, b, NV_PLACE) == 0, same);
}

static void an_address_with_its_port_is_a_place(void **state)
{
	uint8_t a[NV_PLACE], b[NV_PLACE];

	place_of("192.0.2.1", 80, a);
	place_of("192.0.2.1", 80, b);
	assert_place(true, a, b);
	place_of("192.0.2.1", 81, b);
	assert_place(false, a, b);
	place_of("192.0.2.1", 80 + 256, b);
	assert_place(false, a, b);
	place_of("192.0.2.2", 80, b);
	assert_place(false, a, b);
	place_of("::ffff:192.0.2.1", 80, b);
	assert_place(true, a, b);
}

static void a_name_with_its_port_is_a_place(void **state)
{
	uint8_t a[NV_PLACE], b[NV_PLACE];

	nv_place_of_name("chat.Example", 80, a);
	nv_place_of_name("CHAT.example", 80, b);
	assert_place(true, a, b);
	nv_place_of_name("chat.example", 81, b);
	assert_place(false, a, b);
	nv_place_of_name("chat.example", 80 + 256, b);
	assert_place(false, a, b);
	nv_place_of_name("chat.examplf", 80, b);
	assert_place(false, a, b);
	nv_place_of_name("ahct.example", 80, b);
	assert_place(false, a, b);
}

/* --- Threads --- */

#define THREADS 4u
#define PLACES 3u
#define ROUNDS 400u

static atomic_uint inside[PLACES];
static atomic_uint passed;
static atomic_uint met; /* somebody inside */

struct walker {
	struct nv_thread thread;
	struct nv_loop *loop;
	struct prng prng;
	struct nv_pass *pass;
	size_t place;
	bool through;
};

static void walk_in(void *context)
{
	struct walker *walker = context;

	met += atomic_fetch_add(&inside[walker->place], 1) != 0;
	walker->through = true;
}

static void walk_out(struct walker *walker)
{
	if (walker->through)
		met += atomic_fetch_sub(&inside[walker->place], 1) != 1;
	walker->through = false;
	nv_pass_free(walker->pass);
}

/* Every fourth gives up, at a moment of the others' choice; and every tenth takes its loop along. */
static void walk_once(struct walker *walker, unsigned int round)
{
	uint8_t place[NV_PLACE];

	walker->place = prng_below(&walker->prng, PLACES);
	nv_place_of_name("turnstile.example", (uint16_t)walker->place, place);
	walker->pass = nv_pass_ask(walker->loop, place, walk_in, walker);
	assert_non_null(walker->pass);
	if (round % 4 == 0)
		nv_loop_run_once(walker->loop, 0);
	else
		wire_until(walker->loop, walker->through);
	passed += walker->through;
	walk_out(walker);
	if (round % 10 == 0) {
		nv_loop_free(walker->loop);
		walker->loop = nv_loop_new();
		assert_non_null(walker->loop);
	}
}

static void walk(void *context)
{
	struct walker *walker = context;

	walker->loop = nv_loop_new();
	assert_non_null(walker->loop);
	for (unsigned int round = 0; round < ROUNDS; round++)
		walk_once(walker, round);
	nv_loop_free(walker->loop);
}

static void one_at_a_time_over_all_threads(void **state)
{
	static struct walker walkers[THREADS];

	for (size_t i = 0; i < THREADS; i++) {
		walkers[i].prng = (struct prng){ i + 1 };
		walkers[i].thread = (struct nv_thread){ .run = walk, .context = &walkers[i] };
		assert_int_equal(nv_thread_start(&walkers[i].thread), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		nv_thread_join(&walkers[i].thread);
	assert_int_equal(met, 0);
	assert_true(passed >= THREADS * ROUNDS * 3 / 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void ask_in_child(struct fixture *f, struct visitor *a, struct visitor *b)
{
	struct visitor c = { 0 }, d = { 0 };
	bool ok;

	f->loop = nv_loop_new();
	ask(f, &c, "c", "192.0.2.1");
	ask(f, &d, "d", "192.0.2.1");
	nv_loop_run_once(f->loop, 0);
	ok = strcmp(f->log, "ac") == 0;
	leave(a);
	leave(b);
	nv_loop_run_once(f->loop, 0);
	ok = ok && strcmp(f->log, "ac") == 0;
	leave(&c);
	nv_loop_run_once(f->loop, 0);
	_exit(ok && strcmp(f->log, "acd") == 0 ? 0 : 1);
}

/* Those who stand in the parent keep nobody in the child waiting, and may be given back there. */
static void a_child_has_a_turnstile_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct visitor a = { 0 }, b = { 0 };
	int status = -1;
	pid_t child;

	ask(f, &a, "a", "192.0.2.1");
	ask(f, &b, "b", "192.0.2.1");
	turn(f);
	assert_log(f, "a");
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		ask_in_child(f, &a, &b);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	leave(&a);
	turn(f);
	assert_log(f, "ab");
	leave(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_the_order_of_arrival),
		TEST(nobody_waits_for_another_place),
		TEST(who_leaves_at_once_lets_the_next_one_in),
		TEST(who_waits_may_give_up),
		TEST(who_was_let_through_may_give_up),
		TEST(a_loop_may_go_with_a_grant_in_its_mailbox),
		TEST(without_memory_nothing_changes),
		TEST(a_thousand_places),
		cmocka_unit_test(an_address_with_its_port_is_a_place),
		cmocka_unit_test(a_name_with_its_port_is_a_place),
		TEST(one_at_a_time_over_all_threads),
		TEST(a_child_has_a_turnstile_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
