/* SPDX-License-Identifier: MIT */
/* test_pause_real.c: an echo over real sockets that pauses instead of dropping, and a client that
 * sends all it has before it reads. */
#include "support/unit.h"

#include <stdatomic.h>
#include <stdio.h>

#include <navette/navette.h>

#define MESSAGES 4000u
#define SIZE_MAX_SENT 16384u
#define QUEUE 65536u

static struct nv_loop *loop;
static atomic_uint pauses;
static atomic_bool dropped;
static size_t most_unsent;
static unsigned int received;
static bool over;

/* --- The echo, on the server's thread --- */

static void echo(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	size_t unsent;

	if (nv_conn_send(conn, opcode, message) < 0)
		atomic_store(&dropped, true);
	unsent = nv_conn_unsent(conn);
	if (unsent > most_unsent)
		most_unsent = unsent;
	if (unsent < QUEUE)
		return;
	nv_conn_pause(conn, true);
	atomic_fetch_add(&pauses, 1);
}

static void go_on(struct nv_conn *conn)
{
	nv_conn_pause(conn, false);
}

/* --- The client --- */

static size_t size_of(unsigned int number)
{
	return 4 + number * 7919 % (SIZE_MAX_SENT - 4);
}

static void send_all(struct nv_conn *conn)
{
	static uint8_t data[SIZE_MAX_SENT];

	nv_conn_pause(conn, true);
	for (unsigned int number = 0; number < MESSAGES; number++) {
		memcpy(data, &number, 4);
		assert_int_equal(
			nv_conn_send(conn, NV_BINARY, (struct nv_bytes){ data, size_of(number) }),
			0);
	}
}

/* It pauses and goes on at some, too. */
static void check(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	assert_int_equal(opcode, NV_BINARY);
	assert_int_equal(message.len, size_of(received));
	assert_memory_equal(message.data, &received, 4);
	received++;
	nv_conn_pause(conn, received % 3 == 0);
	if (received == MESSAGES)
		assert_int_equal(nv_conn_close(conn, 1000, NULL), 0);
}

static void ended(struct nv_conn *conn, const struct nv_close *close)
{
	assert_int_equal(close->status, 1000);
	assert_true(close->clean);
	over = true;
}

static void failed(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	fail_msg("%s", failure->text);
}

static struct nv_client *start_client(uint16_t port)
{
	static const struct nv_handlers handlers = {
		.on_open = send_all,
		.on_message = check,
		.on_close = ended,
	};
	char url[64];

	snprintf(url, sizeof url, "ws://127.0.0.1:%u/", port);
	return nv_client_new(loop, url, &handlers,
	                     &(struct nv_client_options){ .max_queue = NV_OFF, .on_fail = failed });
}

/* Until the server waits for a client that does not read, which then begins to. */
static void talk(const struct nv_client *client)
{
	while (!over) {
		struct nv_conn *conn = nv_client_conn(client);

		assert_int_equal(nv_loop_run_once(loop, 1), 0);
		if (conn && atomic_load(&pauses) > 0 && !over)
			nv_conn_pause(conn, false);
	}
}

static void an_echo_never_drops(void **state)
{
	static const struct nv_handlers echoes = { .on_message = echo, .on_drain = go_on };
	struct nv_server *server = nv_server_new(&(struct nv_server_options){ .max_queue = QUEUE });
	struct nv_client *client;

	loop = nv_loop_new();
	assert_non_null(loop);
	assert_int_equal(nv_server_route(server, "/", &echoes, NULL), 0);
	assert_int_equal(nv_server_listen(server, "127.0.0.1", 0), 0);
	assert_int_equal(nv_server_start(server), 0);
	client = start_client(nv_server_port(server));
	assert_non_null(client);
	talk(client);
	nv_client_free(client);
	nv_loop_free(loop);
	nv_server_free(server);
	assert_int_equal(received, MESSAGES);
	assert_false(atomic_load(&dropped));
	assert_true(most_unsent >= QUEUE && most_unsent < QUEUE + SIZE_MAX_SENT + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("an echo that pauses loses nothing", an_echo_never_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
