/* SPDX-License-Identifier: MIT */
/* test_plain.c: the hub on a connection and a server that the test makes up. */
#include "serve/plain.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/unit.h"

struct nv_server {
	struct nv_handlers handlers;
	void *user;
	int publish_answer;
	enum nv_opcode opcode; /* of the last that was published */
	struct nv_bytes message;
};

struct nv_conn {
	struct nv_server *server;
	int subscribe_answer;
	int close_answer;
	unsigned subscriptions;
	uint16_t closed;
	bool aborted;
};

int nv_server_route_sized(struct nv_server *server, const char *pattern,
                          const struct nv_handlers *handlers, size_t size, void *user)
{
	assert_string_equal(pattern, "/");
	server->handlers = *handlers;
	server->user = user;
	return 0;
}

int nv_server_http(struct nv_server *server, const char *pattern,
                   void (*handler)(struct nv_request *request), void *user)
{
	assert_string_equal(pattern, "/");
	return 0;
}

int nv_server_publish(struct nv_server *server, const char *topic, enum nv_opcode opcode,
                      struct nv_bytes message, uint64_t except)
{
	assert_int_equal(except, 0);
	server->opcode = opcode;
	server->message = message;
	return server->publish_answer;
}

struct nv_server *nv_conn_server(const struct nv_conn *conn)
{
	return conn->server;
}

void *nv_conn_user(const struct nv_conn *conn)
{
	return conn->server->user;
}

char *nv_conn_peer(const struct nv_conn *conn, char *text)
{
	return strcpy(text, "127.0.0.1:50312");
}

void nv_conn_set_user(struct nv_conn *conn, void *user)
{
	conn->server->user = user;
}

int nv_conn_subscribe(struct nv_conn *conn, const char *topic)
{
	conn->subscriptions++;
	return conn->subscribe_answer;
}

int nv_conn_close(struct nv_conn *conn, uint16_t status, const char *reason)
{
	assert_true(strlen(reason) <= 123);
	conn->closed = status;
	return conn->close_answer;
}

void nv_conn_abort(struct nv_conn *conn)
{
	conn->aborted = true;
}

static struct nv_server hub(bool log)
{
	struct nv_server server = { .publish_answer = 0 };

	assert_int_equal(nv_plain_route(&server, NV_PLAIN_HUB, log), 0);
	return server;
}

static void publishes_what_came(void **state)
{
	for (int log = 0; log < 2; log++) {
		struct nv_server server = hub(log);
		struct nv_conn conn = { .server = &server };
		struct nv_bytes message = nv_str("hello");

		server.handlers.on_open(&conn);
		assert_int_equal(conn.subscriptions, 1);
		server.handlers.on_message(&conn, NV_TEXT, message);
		assert_int_equal(server.opcode, NV_TEXT);
		assert_ptr_equal(server.message.data, message.data);
		assert_int_equal(server.message.len, 5);
		server.handlers.on_message(&conn, NV_BINARY, message);
		assert_int_equal(server.opcode, NV_BINARY);
		assert_int_equal(conn.closed, 0);
		server.handlers.on_close(&conn, &(struct nv_close){ .status = NV_STATUS_NORMAL });
	}
}

static void closes_who_cannot_be_served(void **state)
{
	struct nv_server server = hub(false);
	struct nv_conn conn = { .server = &server, .subscribe_answer = NV_ERR_NOMEM };

	server.handlers.on_open(&conn);
	assert_int_equal(conn.closed, NV_STATUS_INTERNAL);
	server.publish_answer = NV_ERR_FULL;
	server.handlers.on_message(&conn, NV_TEXT, nv_str("x"));
	assert_int_equal(conn.closed, NV_STATUS_TRY_LATER);
	assert_false(conn.aborted);
	conn.close_answer = NV_ERR_NOMEM;
	server.handlers.on_message(&conn, NV_TEXT, nv_str("x"));
	assert_true(conn.aborted);
}

/* The log is not what is tested here. */
static int silence(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	return null < 0 || dup2(null, STDOUT_FILENO) < 0 ? -1 : close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(publishes_what_came),
		cmocka_unit_test(closes_who_cannot_be_served),
	};

	return cmocka_run_group_tests(tests, silence, NULL);
}
