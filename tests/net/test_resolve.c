/* SPDX-License-Identifier: MIT */
/* test_resolve.c: host names: literals, localhost, what a thread finds out, what is cancelled. The
 * name server is the test's: getaddrinfo stands before the C library's. */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/wire.h"
#include "support/failing_alloc.h"

/* Waits until the test lets the look-up go on. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool holds;
	unsigned int asked;
	unsigned int freed;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void hold_answers(bool holds)
{
	pthread_mutex_lock(&server.lock);
	server.holds = holds;
	pthread_cond_broadcast(&server.changed);
	pthread_mutex_unlock(&server.lock);
}

static void wait_until_asked(unsigned int times)
{
	pthread_mutex_lock(&server.lock);
	while (server.asked < times)
		pthread_cond_wait(&server.changed, &server.lock);
	pthread_mutex_unlock(&server.lock);
}

static void wait_for_the_test(void)
{
	pthread_mutex_lock(&server.lock);
	server.asked++;
	pthread_cond_broadcast(&server.changed);
	while (server.holds)
		pthread_cond_wait(&server.changed, &server.lock);
	pthread_mutex_unlock(&server.lock);
}

struct answer {
	struct addrinfo infos[3]; /* first: what freeaddrinfo gets */
	struct sockaddr_in6 six;
	struct sockaddr other;
	struct sockaddr_in four;
};

static struct answer *answer_new(void)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	answer->six.sin6_family = AF_INET6;
	answer->six.sin6_scope_id = 4;
	inet_pton(AF_INET6, "fe80::7", &answer->six.sin6_addr);
	answer->other.sa_family = AF_UNIX;
	answer->four.sin_family = AF_INET;
	inet_pton(AF_INET, "192.0.2.9", &answer->four.sin_addr);
	answer->infos[0].ai_addr = (struct sockaddr *)&answer->six;
	answer->infos[0].ai_next = &answer->infos[1];
	answer->infos[1].ai_addr = &answer->other;
	answer->infos[1].ai_next = &answer->infos[2];
	answer->infos[2].ai_addr = (struct sockaddr *)&answer->four;
	return answer;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **info)
{
	struct answer *answer;

	wait_for_the_test();
	if (service || hints->ai_socktype != SOCK_STREAM)
		return EAI_SERVICE;
	if (strcmp(host, "name.invalid") == 0)
		return EAI_NONAME;
	answer = answer_new();
	if (strcmp(host, "strange.example") == 0)
		answer->infos[0] = (struct addrinfo){ .ai_addr = &answer->other };
	*info = answer->infos;
	return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
	pthread_mutex_lock(&server.lock);
	server.freed++;
	pthread_mutex_unlock(&server.lock);
	free(info);
}

struct fixture {
	struct nv_loop *loop;
	char text[256];
	unsigned int done;
};

static void done(void *context, const struct nv_resolved *result)
{
	struct fixture *f = context;
	char address[NV_ADDRESS_TEXT];

	f->done++;
	snprintf(f->text, sizeof(f->text), "%d %s", result->error,
	         result->text ? result->text : "");
	assert_int_equal(result->error != 0, result->text != NULL);
	assert_int_equal(result->error == 0, result->count > 0);
	for (size_t i = 0; i < result->count; i++) {
		nv_address_format(&result->addresses[i], address);
		strcat(strcat(f->text, address), " ");
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	failing_alloc_install();
	hold_answers(false);
	server.asked = 0;
	server.freed = 0;
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

static void assert_resolves(struct fixture *f, const char *host, const char *expected)
{
	f->done = 0;
	assert_non_null(nv_resolve_start(f->loop, host, 80, done, f));
	assert_int_equal(f->done, 0);
	wire_until(f->loop, f->done == 1);
	assert_string_equal(f->text, expected);
	/* The thread's call may come when the loop has seen already what it has brought. */
	wire_until(f->loop, wire_is_idle(f->loop));
}

static void literals_and_localhost_need_no_thread(void **state)
{
	struct fixture *f = *state;

	assert_resolves(f, "192.0.2.1", "0 192.0.2.1:80 ");
	assert_resolves(f, "::1", "0 [::1]:80 ");
	assert_resolves(f, "fe80::1%3", "0 [fe80::1%3]:80 ");
	assert_resolves(f, "localhost", "0 127.0.0.1:80 [::1]:80 ");
	assert_resolves(f, "LocalHost", "0 127.0.0.1:80 [::1]:80 ");
	assert_int_equal(server.asked, 0);
}

static void names_come_in_the_systems_order(void **state)
{
	struct fixture *f = *state;

	assert_resolves(f, "chat.example", "0 [fe80::7%4]:80 192.0.2.9:80 ");
	assert_int_equal(server.asked, 1);
	assert_int_equal(server.freed, 1);
}

static void what_is_not_found_says_why(void **state)
{
	struct fixture *f = *state;
	char expected[256];

	snprintf(expected, sizeof(expected), "%d %s", NV_ERR_ADDRESS, gai_strerror(EAI_NONAME));
	assert_resolves(f, "name.invalid", expected);
	assert_int_equal(server.freed, 0);
	snprintf(expected, sizeof(expected), "%d %s", NV_ERR_ADDRESS, nv_strerror(NV_ERR_ADDRESS));
	assert_resolves(f, "strange.example", expected);
	assert_int_equal(server.freed, 1);
}

static void one_that_was_answered_may_be_cancelled(void **state)
{
	struct fixture *f = *state;

	nv_resolve_cancel(nv_resolve_start(f->loop, "::1", 80, done, f));
	assert_int_equal(nv_loop_run_once(f->loop, -1), 0);
	assert_int_equal(f->done, 0);
	nv_resolve_cancel(nv_resolve_start(f->loop, "::1", 80, done, f));
}

/* The thread of a cancelled look-up tells nobody when it has gone. */
static void wait_until_freed(size_t blocks)
{
	while (failing_alloc_live_blocks() > blocks)
		sched_yield();
}

static void one_that_is_looked_up_may_be_cancelled(void **state)
{
	struct fixture *f = *state;
	size_t blocks = failing_alloc_live_blocks();
	struct nv_resolve *resolve;

	hold_answers(true);
	resolve = nv_resolve_start(f->loop, "chat.example", 80, done, f);
	wait_until_asked(1);
	nv_resolve_cancel(resolve);
	hold_answers(false);
	wait_until_freed(blocks);
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
	assert_int_equal(f->done, 0);
}

static void a_loop_may_go_before_the_answer_comes(void **state)
{
	struct fixture *f = *state;
	struct nv_resolve *resolve;

	hold_answers(true);
	resolve = nv_resolve_start(f->loop, "chat.example", 80, done, f);
	wait_until_asked(1);
	nv_resolve_cancel(resolve);
	nv_loop_free(f->loop);
	f->loop = NULL;
	hold_answers(false);
	wait_until_freed(0);
}

static void many_at_once(void **state)
{
	struct fixture *f = *state;

	hold_answers(true);
	for (int i = 0; i < 8; i++)
		assert_non_null(nv_resolve_start(f->loop, "chat.example", 80, done, f));
	assert_non_null(nv_resolve_start(f->loop, "localhost", 80, done, f));
	wire_until(f->loop, f->done == 1);
	wait_until_asked(8);
	hold_answers(false);
	wire_until(f->loop, f->done == 9);
}

static bool resolves_without(struct fixture *f, const char *host, size_t allocation)
{
	bool failed;

	failing_alloc_fail(allocation, FAIL_ONCE);
	f->done = 0;
	if (!nv_resolve_start(f->loop, host, 80, done, f))
		return false;
	wire_until(f->loop, f->done == 1);
	failed = strncmp(f->text, "0 ", 2) != 0;
	if (failed)
		assert_string_equal(f->text, "-1 out of memory");
	return !failed;
}

static void every_allocation_may_fail(void **state)
{
	static const char *const hosts[] = { "::1", "localhost", "chat.example" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		size_t allocation = 1;

		while (!resolves_without(f, hosts[i], allocation))
			allocation++;
		assert_true(allocation > 2);
	}
	failing_alloc_fail(0, FAIL_ONCE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(literals_and_localhost_need_no_thread),
		TEST(names_come_in_the_systems_order),
		TEST(what_is_not_found_says_why),
		TEST(one_that_was_answered_may_be_cancelled),
		TEST(one_that_is_looked_up_may_be_cancelled),
		TEST(a_loop_may_go_before_the_answer_comes),
		TEST(many_at_once),
		TEST(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
