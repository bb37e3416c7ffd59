/* SPDX-License-Identifier: MIT */
/* test_backend.c: what a loop asks of its backend, whichever was built. */
#include "net/backend.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/sock.h"
#include "net/wire.h"

#define KEY 64u
#define OTHER 128u
#define MANY 1100 /* more than one wait tells */

static struct nv_backend *backend;
static int ends[2]; /* of a pair that is watched at [0] */

static uint64_t now_ms(void)
{
	return nv_clock_us() / 1000u;
}

static int setup(void **state)
{
	backend = nv_backend_new();
	assert_non_null(backend);
	wire_unix_pair(ends);
	return 0;
}

static int teardown(void **state)
{
	nv_backend_free(backend);
	nv_sock_close(ends[0]);
	nv_sock_close(ends[1]);
	return 0;
}

static void want(uint32_t before, uint32_t events)
{
	assert_int_equal(nv_backend_want(backend, ends[0], KEY, before, events), 0);
}

/* What one wait tells of KEY; all that it tells is. */
static uint32_t told(int timeout_ms)
{
	struct nv_ready ready;
	uint32_t events = 0;

	assert_int_equal(nv_backend_wait(backend, timeout_ms), 0);
	while (nv_backend_next(backend, &ready)) {
		assert_int_equal(ready.key, KEY);
		events |= ready.events;
	}
	return events;
}

/* Where libuv is told something, the first wait may be for that. */
static uint32_t told_soon(void)
{
	uint32_t events = 0;

	while (!events)
		events = told(-1);
	return events;
}

static void tells_what_is_wanted_for_as_long_as_it_lasts(void **state)
{
	want(0, NV_READABLE);
	assert_int_equal(told(0), 0);
	wire_send_text(ends[1], "x");
	assert_int_equal(told_soon(), NV_READABLE);
	assert_int_equal(told_soon(), NV_READABLE);
	assert_int_equal(recv(ends[0], (char[1]){ 0 }, 1, 0), 1);
	assert_int_equal(told(0), 0);
	want(NV_READABLE, NV_READABLE | NV_WRITABLE);
	assert_int_equal(told_soon(), NV_WRITABLE);
	want(NV_READABLE | NV_WRITABLE, NV_WRITABLE);
	wire_send_text(ends[1], "x");
	assert_int_equal(told_soon(), NV_WRITABLE);
	want(NV_WRITABLE, 0);
	assert_int_equal(told(0), 0);
}

static void what_is_wanted_may_change_before_a_wait(void **state)
{
	wire_send_text(ends[1], "x");
	want(0, NV_WRITABLE);
	want(NV_WRITABLE, 0);
	want(0, NV_READABLE);
	assert_int_equal(told_soon(), NV_READABLE);
	want(NV_READABLE, 0);
}

/* The descriptor of one that is closed is the next one's. */
static void descriptors_come_again(void **state)
{
	int before;

	for (int i = 0; i < 5; i++) {
		want(0, NV_READABLE);
		wire_send_text(ends[1], "x");
		want(NV_READABLE, 0);
		before = ends[0];
		nv_sock_close(ends[0]);
		nv_sock_close(ends[1]);
		wire_unix_pair(ends);
		assert_int_equal(ends[0], before);
		want(0, NV_READABLE);
		assert_int_equal(told(0), 0);
		want(NV_READABLE, 0);
	}
}

static void an_end_is_told_though_nothing_else_is_wanted(void **state)
{
	want(0, NV_READABLE);
	assert_int_equal(shutdown(ends[1], SHUT_RDWR), 0);
	assert_true(told_soon() & (NV_READABLE | NV_WRONG));
	assert_true(told_soon() & (NV_READABLE | NV_WRONG));
	want(NV_READABLE, 0);
	assert_int_equal(told(0), 0);
}

static void a_key_may_change(void **state)
{
	struct nv_ready ready = { 0, 0 };

	want(0, NV_READABLE);
	wire_send_text(ends[1], "x");
	assert_int_equal(told_soon(), NV_READABLE);
	assert_int_equal(nv_backend_rekey(backend, ends[0], OTHER, NV_READABLE), 0);
	assert_int_equal(nv_backend_wait(backend, -1), 0);
	assert_true(nv_backend_next(backend, &ready));
	assert_int_equal(ready.key, OTHER);
	want(NV_READABLE, 0);
}

static void what_is_forgotten_is_told_to_nobody(void **state)
{
	struct nv_ready ready;

	want(0, NV_WRITABLE);
	assert_int_equal(told_soon(), NV_WRITABLE);
	assert_int_equal(nv_backend_wait(backend, -1), 0);
	nv_backend_forget(backend, KEY);
	assert_false(nv_backend_next(backend, &ready));
	want(NV_WRITABLE, 0);
}

static void an_error_is_told_until_it_is_taken(void **state)
{
	struct linger hard = { .l_onoff = 1 };

	nv_sock_close(ends[0]);
	nv_sock_close(ends[1]);
	wire_tcp_pair(ends);
	want(0, NV_READABLE);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
	nv_sock_close(ends[1]);
	ends[1] = dup(ends[0]);
	for (int i = 0; i < 3; i++)
		assert_true(told_soon() & (NV_READABLE | NV_WRONG));
	assert_int_equal(recv(ends[0], (char[1]){ 0 }, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	want(NV_READABLE, 0);
}

/* --- Waiting --- */

static void a_wait_lasts_as_long_as_it_says(void **state)
{
	uint64_t begin = now_ms();

	while (now_ms() - begin < 50)
		assert_int_equal(told(50), 0);
	assert_int_equal(told(0), 0);
}

static void *wake(void *unused)
{
	errno = 77;
	nv_backend_wake(backend);
	assert_int_equal(errno, 77);
	return NULL;
}

static void another_thread_wakes_it(void **state)
{
	pthread_t thread;

	assert_int_equal(told(0), 0);
	assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
	assert_int_equal(told(-1), 0);
	pthread_join(thread, NULL);
}

static void a_wake_up_before_the_wait_counts(void **state)
{
	assert_int_equal(told(0), 0);
	wake(NULL);
	wake(NULL);
	assert_int_equal(told(-1), 0);
	wake(NULL);
	nv_backend_settle(backend);
	assert_int_equal(told(-1), 0);
	/* Also one that came to light when it settled. */
	want(0, NV_READABLE);
	wake(NULL);
	nv_backend_settle(backend);
	assert_int_equal(told(-1), 0);
	want(NV_READABLE, 0);
}

static bool is_readable(int fd)
{
	struct pollfd outer = { .fd = fd, .events = POLLIN };

	return poll(&outer, 1, 0) == 1;
}

/* Who waits for the descriptor gets to know of what was there before it was settled. */
static void what_settling_finds_is_told(void **state)
{
	struct linger hard = { .l_onoff = 1 };

	wire_send_text(ends[1], "x");
	want(0, NV_READABLE);
	assert_true(nv_backend_settle(backend) || is_readable(nv_backend_fd(backend)));
	assert_int_equal(told(0), NV_READABLE);
	want(NV_READABLE, 0);
	nv_sock_close(ends[0]);
	nv_sock_close(ends[1]);
	wire_tcp_pair(ends);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
	nv_sock_close(ends[1]);
	ends[1] = dup(ends[0]);
	want(0, NV_WRITABLE);
	for (int i = 0; i < 3; i++) {
		assert_true(nv_backend_settle(backend) || is_readable(nv_backend_fd(backend)));
		assert_true(told(0) & (NV_WRITABLE | NV_WRONG));
	}
	want(NV_WRITABLE, 0);
}

static void its_descriptor_tells_once_it_is_settled(void **state)
{
	struct pollfd outer = { .fd = nv_backend_fd(backend), .events = POLLIN };

	want(0, NV_READABLE);
	while (nv_backend_settle(backend))
		assert_int_equal(told(0), 0);
	assert_int_equal(poll(&outer, 1, 0), 0);
	wire_send_text(ends[1], "x");
	assert_int_equal(poll(&outer, 1, -1), 1);
	assert_int_equal(told(0), NV_READABLE);
	want(NV_READABLE, 0);
}

static void more_than_one_wait_tells(void **state)
{
	static int copies[MANY];
	static bool seen[MANY];
	struct nv_ready ready;
	struct rlimit limit;
	int count = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < MANY; i++) {
		copies[i] = dup(ends[0]);
		assert_true(copies[i] >= 0);
		assert_int_equal(nv_backend_want(backend, copies[i], (uintptr_t)i * 2 + 2, 0, NV_WRITABLE),
		                 0);
	}
	while (count < MANY) {
		assert_int_equal(nv_backend_wait(backend, -1), 0);
		while (nv_backend_next(backend, &ready)) {
			size_t i = ready.key / 2 - 1;

			count += !seen[i];
			seen[i] = true;
			nv_backend_want(backend, copies[i], ready.key, NV_WRITABLE, 0);
		}
	}
	for (int i = 0; i < MANY; i++)
		nv_sock_close(copies[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_what_is_wanted_for_as_long_as_it_lasts),
		TEST(what_is_wanted_may_change_before_a_wait),
		TEST(descriptors_come_again),
		TEST(an_end_is_told_though_nothing_else_is_wanted),
		TEST(a_key_may_change),
		TEST(what_is_forgotten_is_told_to_nobody),
		TEST(an_error_is_told_until_it_is_taken),
		TEST(a_wait_lasts_as_long_as_it_says),
		TEST(another_thread_wakes_it),
		TEST(a_wake_up_before_the_wait_counts),
		TEST(what_settling_finds_is_told),
		TEST(its_descriptor_tells_once_it_is_settled),
		TEST(more_than_one_wait_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
