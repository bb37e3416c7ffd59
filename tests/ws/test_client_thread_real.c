/* SPDX-License-Identifier: MIT */
/* test_client_thread_real.c: clients with a thread of their own, against a server on loopback: sent to from many
 * threads, and freed from outside and from inside. */
#include "support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <navette/navette.h>

#define SENDERS 4
#define EACH 500

/* What happens in other threads, and is waited for. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t opened, closed, received, ended, blocks;
static bool in_order;
static const char *free_at;

static void change(size_t *count, size_t by)
{
	pthread_mutex_lock(&lock);
	*count += by;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void await(const size_t *count, size_t value)
{
	pthread_mutex_lock(&lock);
	while (*count != value)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* --- Memory, of which nothing is to be left --- */

static void *count_realloc(void *context, void *ptr, size_t size)
{
	void *moved = realloc(ptr, size);

	(void)context;
	if (!ptr && moved)
		change(&blocks, 1);
	return moved;
}

static void count_free(void *context, void *ptr)
{
	(void)context;
	free(ptr);
	if (ptr)
		change(&blocks, (size_t)-1);
}

static const struct nv_allocator counting = { count_realloc, count_free, NULL };

/* --- The server --- */

static struct nv_server *server;
static char url[64];
static unsigned int heard[SENDERS]; /* the next number of each */

/* Each sender counts from 0. */
static void server_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	char text[32];
	unsigned int sender, number;

	snprintf(text, sizeof text, "%.*s", (int)message.len, (const char *)message.data);
	if (sscanf(text, "%u %u", &sender, &number) == 2 && sender < SENDERS)
		in_order = in_order && number == heard[sender]++;
	nv_conn_send(conn, opcode, message);
	change(&received, 1);
}

static int start_server(void **state)
{
	static const struct nv_handlers handlers = { .on_message = server_message };

	(void)state;
	nv_set_allocator(&counting);
	server = nv_server_new(NULL);
	assert_non_null(server);
	assert_int_equal(nv_server_route(server, "/", &handlers, NULL), 0);
	assert_int_equal(nv_server_listen(server, "127.0.0.1", 0), 0);
	assert_int_equal(nv_server_start(server), 0);
	snprintf(url, sizeof url, "ws://127.0.0.1:%u/", nv_server_port(server));
	opened = closed = received = ended = 0;
	memset(heard, 0, sizeof heard);
	in_order = true;
	free_at = "";
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	nv_server_free(server);
	await(&blocks, 0);
	nv_set_allocator(NULL);
	return 0;
}

/* --- The client --- */

static _Atomic(struct nv_client *) client;

static void free_here(const char *where)
{
	if (strcmp(where, free_at) == 0)
		nv_client_free(client);
}

static void on_open(struct nv_conn *conn)
{
	assert_int_equal(nv_conn_send_text(conn, "hello"), 0);
	change(&opened, 1);
	free_here("open");
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)opcode;
	(void)message;
	if (strcmp(free_at, "close") == 0)
		nv_conn_abort(conn);
	if (strcmp(free_at, "closing") == 0)
		assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	free_here("message");
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	(void)close;
	free_here("close");
	change(&closed, 1);
}

static void on_fail(struct nv_client *failed, void *user, const struct nv_failure *failure)
{
	(void)failed;
	(void)user;
	(void)failure;
	free_here("fail");
}

static void on_state(struct nv_client *told, void *user, enum nv_client_state state)
{
	static const char *const names[] = { "connecting", "opened", "waiting", "closing",
		                             "ended" };

	(void)told;
	(void)user;
	free_here(names[state]);
	if (state == NV_CLIENT_ENDED)
		change(&ended, 1);
}

/* Its callbacks may come before this returns, and wait for it. */
static void start_client(const char *to, bool reconnect)
{
	static const struct nv_handlers handlers = { .on_open = on_open,
		                                     .on_message = on_message,
		                                     .on_close = on_close };
	const struct nv_client_options options = { .reconnect = reconnect,
		                                   .retry_min_ms = 1,
		                                   .retry_max_ms = 1,
		                                   .max_waiting = NV_OFF,
		                                   .on_fail = on_fail,
		                                   .on_state = on_state };
	struct nv_client *made;

	made = nv_client_new(NULL, to, &handlers, &options);
	assert_non_null(made);
	client = made;
}

static void comes_and_goes(void **state)
{
	(void)state;
	start_client(url, false);
	await(&received, 1);
	nv_client_free(client);
	assert_int_equal(closed, 1);
	assert_int_equal(ended, 0);
}

static void may_be_freed_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		start_client(i % 2 ? url : "ws://127.0.0.1:1/", true);
		nv_client_free(client);
	}
	assert_int_equal(opened, closed);
}

/* What it calls stops the loop, but not the client. */
static void goes_on_although_its_loop_is_stopped(void **state)
{
	(void)state;
	start_client(url, false);
	for (int i = 0; i < 20; i++)
		nv_loop_stop(nv_client_loop(client));
	await(&received, 1);
	nv_loop_stop(nv_client_loop(client));
	assert_int_equal(nv_client_send(client, NV_TEXT, nv_str("more")), 0);
	await(&received, 2);
	nv_client_free(client);
	assert_int_equal(closed, 1);
}

static void *send_many(void *context)
{
	unsigned int sender = (unsigned int)(uintptr_t)context;

	for (unsigned int i = 0; i < EACH; i++) {
		char text[32];

		snprintf(text, sizeof text, "%u %u", sender, i);
		if (nv_client_send(client, NV_TEXT, nv_str(text)) < 0)
			return context;
		if (i % 64 == 0)
			nv_client_hurry(client);
	}
	return NULL;
}

/* What one thread sends arrives in order, and all of it. */
static void is_sent_to_from_many_threads(void **state)
{
	pthread_t threads[SENDERS];
	struct nv_account account;

	(void)state;
	start_client(url, true);
	for (size_t i = 0; i < SENDERS; i++)
		pthread_create(&threads[i], NULL, send_many, (void *)i);
	for (size_t i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	await(&opened, 1);
	assert_int_equal(nv_client_close(client, 1000, "done"), 0);
	assert_int_equal(nv_client_send(client, NV_TEXT, nv_str("late")), NV_ERR_CLOSED);
	await(&ended, 1);
	nv_client_account(client, &account);
	assert_int_equal(account.taken, SENDERS * EACH);
	assert_int_equal(account.sent, SENDERS * EACH);
	assert_int_equal(nv_client_state_now(client), NV_CLIENT_ENDED);
	await(&received, SENDERS * EACH + 1);
	assert_true(in_order);
	nv_client_free(client);
}

/* --- Freed from its callbacks --- */

/* The thread ends by itself, after what it has: the teardown waits for that. */
static void free_inside(const char *place, const char *to)
{
	free_at = place;
	start_client(to, strcmp(place, "ended") != 0);
}

static void may_be_freed_by_itself_when_open(void **state)
{
	free_inside(*state, url);
	await(&closed, 1);
}

static void may_be_freed_by_itself_when_not(void **state)
{
	free_inside(*state, "ws://127.0.0.1:1/");
}

#define CASE(title, function)                                                                      \
	{                                                                                          \
		title, function, start_server, stop_server, NULL                                   \
	}
#define CASE_AT(place, function)                                                                   \
	{                                                                                          \
		"freed at " place, function, start_server, stop_server, (void *)(uintptr_t)(place) \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("comes and goes", comes_and_goes),
		CASE("may be freed at once", may_be_freed_at_once),
		CASE("goes on although its loop is stopped", goes_on_although_its_loop_is_stopped),
		CASE("is sent to from many threads", is_sent_to_from_many_threads),
		CASE_AT("open", may_be_freed_by_itself_when_open),
		CASE_AT("opened", may_be_freed_by_itself_when_open),
		CASE_AT("message", may_be_freed_by_itself_when_open),
		CASE_AT("close", may_be_freed_by_itself_when_open),
		CASE_AT("closing", may_be_freed_by_itself_when_open),
		CASE_AT("connecting", may_be_freed_by_itself_when_not),
		CASE_AT("fail", may_be_freed_by_itself_when_not),
		CASE_AT("waiting", may_be_freed_by_itself_when_not),
		CASE_AT("ended", may_be_freed_by_itself_when_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
