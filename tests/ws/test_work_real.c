/* SPDX-License-Identifier: MIT */
/* test_work_real.c: nv_work on a server of several loops: each answer comes on the thread of its
 * connection, and none is lost when the server goes. */
#include "support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <navette/navette.h>

#define CLIENTS 8
#define ROUNDS 100

/* A number that is sent and comes back doubled. */
struct errand {
	pthread_t asked_on;
	unsigned int number;
	bool ran;
};

static atomic_uint asked;
static atomic_uint answered;
static atomic_uint mistakes;

/* --- The server --- */

static void work(void *context)
{
	struct errand *errand = context;

	errand->number *= 2;
	errand->ran = true;
}

static void done(struct nv_conn *conn, void *context, bool cancelled)
{
	struct errand *errand = context;
	char text[16];

	atomic_fetch_add(&answered, 1);
	if (errand->ran == cancelled || (conn && !pthread_equal(errand->asked_on, pthread_self())))
		atomic_fetch_add(&mistakes, 1);
	snprintf(text, sizeof text, "%u", errand->number);
	if (conn)
		nv_conn_send_text(conn, text);
	free(errand);
}

static void ask(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct errand *errand = calloc(1, sizeof *errand);

	if (!errand)
		abort();
	errand->asked_on = pthread_self();
	errand->number = (unsigned int)strtoul((const char *)message.data, NULL, 10);
	atomic_fetch_add(&asked, 1);
	if (nv_work(conn, work, done, errand) < 0)
		abort();
}

static struct nv_server *start_server(void)
{
	static const struct nv_handlers handlers = { .on_message = ask };
	struct nv_server *server = nv_server_new(&(struct nv_server_options){
		.threads = 2, .work_threads = 2, .stop_timeout_ms = 1 });

	assert_non_null(server);
	assert_int_equal(nv_server_route(server, "/", &handlers, NULL), 0);
	assert_int_equal(nv_server_listen(server, "127.0.0.1", 0), 0);
	assert_int_equal(nv_server_start(server), 0);
	return server;
}

/* --- The clients --- */

static unsigned int leaving; /* clients that have had their last answer */

struct visitor {
	struct nv_client *client;
	unsigned int round;
};

/* The zero ends what the server reads as a number. */
static void say(struct nv_conn *conn, const struct visitor *visitor)
{
	char text[16];
	int len = snprintf(text, sizeof text, "%u", visitor->round);

	assert_int_equal(nv_conn_send(conn, NV_BINARY,
	                              (struct nv_bytes){ (uint8_t *)text, (size_t)len + 1 }),
	                 0);
}

static void begin(struct nv_conn *conn)
{
	say(conn, nv_conn_user(conn));
}

/* Its last message is one that nobody waits for. */
static void go_on(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct visitor *visitor = nv_conn_user(conn);
	char wanted[16];

	snprintf(wanted, sizeof wanted, "%u", 2 * visitor->round);
	assert_true(nv_bytes_is(message, wanted));
	visitor->round++;
	say(conn, visitor);
	leaving += visitor->round == ROUNDS;
}

static void each_answer_comes_on_the_thread_of_its_connection(void **state)
{
	static const struct nv_handlers handlers = { .on_open = begin, .on_message = go_on };
	struct nv_server *server = start_server();
	struct nv_loop *loop = nv_loop_new();
	struct visitor visitors[CLIENTS] = { 0 };
	char url[64];

	snprintf(url, sizeof url, "ws://127.0.0.1:%u/", nv_server_port(server));
	for (int i = 0; i < CLIENTS; i++) {
		visitors[i].client = nv_client_new(
			loop, url, &handlers, &(struct nv_client_options){ .user = &visitors[i] });
		assert_non_null(visitors[i].client);
	}
	while (leaving < CLIENTS)
		assert_int_equal(nv_loop_run_once(loop, -1), 0);
	nv_server_free(server);
	for (int i = 0; i < CLIENTS; i++)
		nv_client_free(visitors[i].client);
	nv_loop_free(loop);
	assert_true(atomic_load(&asked) >= CLIENTS * ROUNDS);
	assert_int_equal(atomic_load(&answered), atomic_load(&asked));
	assert_int_equal(atomic_load(&mistakes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_comes_on_the_thread_of_its_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
