/* SPDX-License-Identifier: MIT */
/* test_tls_real.c: TLS on real sockets and threads: certificates that change under handshakes. */
#include <navette/navette.h>

#include <stdatomic.h>

#include "net/thread.h"
#include "support/unit.h"
#include "ws/papers.h"

#define VISITS 200
#define AT_ONCE 4

static struct nv_server *server;
static struct nv_loop *loop;
static struct nv_client *clients[AT_ONCE];
static bool busy[AT_ONCE];
static atomic_bool done;
static int opened, ended;

static void echo(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)nv_conn_send(conn, opcode, message);
}

static void on_open(struct nv_conn *conn)
{
	opened++;
	assert_int_equal(nv_conn_send_text(conn, "hello"), 0);
}

static void on_echo(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	assert_true(nv_bytes_is(message, "hello"));
	assert_int_equal(nv_conn_close(conn, 1000, NULL), 0);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	assert_true(close->clean);
	ended++;
	*(bool *)nv_conn_user(conn) = false;
}

static void on_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	fail_msg("%s", failure->text);
}

static void start(void)
{
	static const struct nv_handlers handlers = { .on_message = echo };
	const struct nv_server_options options = { .threads = 2 };
	const struct nv_certificate certificate = { paper("server.pem"), paper("server.key"),
		                                    NULL };
	const struct nv_server_tls tls = { .certificates = &certificate, .certificate_count = 1 };

	server = nv_server_new(&options);
	assert_non_null(server);
	assert_int_equal(nv_server_route(server, "/", &handlers, NULL), 0);
	assert_int_equal(nv_server_set_tls(server, &tls), 0);
	assert_int_equal(nv_server_listen_tls(server, "127.0.0.1", 0), 0);
	assert_int_equal(nv_server_start(server), 0);
	assert_int_equal(nv_server_listen_tls(server, "127.0.0.1", 0), NV_ERR_STATE);
}

static void visit(size_t slot)
{
	static const struct nv_handlers handlers = {
		.on_open = on_open,
		.on_message = on_echo,
		.on_close = on_close,
	};
	const struct nv_client_options options = { .on_fail = on_fail,
		                                   .user = &busy[slot],
		                                   .tls.ca_file = paper("ca.pem") };
	char url[64];

	nv_client_free(clients[slot]);
	busy[slot] = true;
	snprintf(url, sizeof url, "wss://127.0.0.1:%u/", nv_server_port(server));
	clients[slot] = nv_client_new(loop, url, &handlers, &options);
	assert_non_null(clients[slot]);
}

/* Until the visits have ended, whatever that takes. */
static void reload_all_the_time(void *context)
{
	struct nv_stats stats;
	size_t *reloads = context;

	while (!atomic_load(&done)) {
		if (nv_server_reload_tls(server, true) == 1)
			++*reloads;
		nv_server_stats(server, &stats);
	}
}

static size_t idle_slot(void)
{
	size_t slot = 0;

	while (busy[slot])
		slot++;
	return slot;
}

static void no_reload_fails_a_handshake(void **state)
{
	size_t reloads = 0;
	struct nv_thread thread = { .run = reload_all_the_time, .context = &reloads };

	start();
	loop = nv_loop_new();
	assert_non_null(loop);
	assert_int_equal(nv_thread_start(&thread), 0);
	for (int started = 0; ended < VISITS;) {
		for (; started < VISITS && started - ended < AT_ONCE; started++)
			visit(idle_slot());
		assert_int_equal(nv_loop_run_once(loop, 10000), 0);
	}
	atomic_store(&done, true);
	nv_thread_join(&thread);
	assert_int_equal(opened, VISITS);
	assert_true(reloads > 0);
	for (size_t i = 0; i < AT_ONCE; i++)
		nv_client_free(clients[i]);
	nv_loop_free(loop);
	nv_server_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("no reload fails a handshake", no_reload_fails_a_handshake),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
