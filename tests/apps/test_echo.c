/* SPDX-License-Identifier: MIT */
/* test_echo.c: the echo on a connection that the test makes up: how full it is, and what it answers. */
#include "echo.h"

#include "support/unit.h"

struct nv_conn {
	enum nv_opcode opcode; /* of the last that was sent */
	struct nv_bytes sent;
	size_t unsent;    /* what it claims */
	int send_answer;  /* to everything that is sent */
	int close_answer; /* to a Close */
	uint16_t closed;
	bool aborted;
	bool paused;
};

int nv_conn_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	conn->opcode = opcode;
	conn->sent = message;
	return conn->send_answer;
}

size_t nv_conn_unsent(const struct nv_conn *conn)
{
	return conn->unsent;
}

void nv_conn_pause(struct nv_conn *conn, bool paused)
{
	conn->paused = paused;
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

static void sends_back_what_came(void **state)
{
	struct nv_conn conn = { .unsent = NV_ECHO_QUEUE - 1 };
	struct nv_bytes message = nv_str("hello");

	nv_echo_message(&conn, NV_TEXT, message);
	assert_int_equal(conn.opcode, NV_TEXT);
	assert_ptr_equal(conn.sent.data, message.data);
	assert_int_equal(conn.sent.len, 5);
	nv_echo_message(&conn, NV_BINARY, message);
	assert_int_equal(conn.opcode, NV_BINARY);
	assert_false(conn.paused);
	assert_int_equal(conn.closed, 0);
}

static void pauses_until_all_has_left(void **state)
{
	struct nv_conn conn = { .unsent = NV_ECHO_QUEUE };

	nv_echo_message(&conn, NV_TEXT, nv_str("hello"));
	assert_true(conn.paused);
	nv_echo_drain(&conn);
	assert_false(conn.paused);
}

static void closes_rather_than_drop(void **state)
{
	struct nv_conn conn = { .send_answer = NV_ERR_NOMEM };

	nv_echo_message(&conn, NV_TEXT, nv_str("hello"));
	assert_int_equal(conn.closed, NV_STATUS_INTERNAL);
	assert_false(conn.aborted);
	conn.close_answer = NV_ERR_NOMEM;
	nv_echo_message(&conn, NV_TEXT, nv_str("hello"));
	assert_true(conn.aborted);
}

static void leaves_what_closes_alone(void **state)
{
	struct nv_conn conn = { .send_answer = NV_ERR_CLOSED };

	nv_echo_message(&conn, NV_TEXT, nv_str("hello"));
	assert_int_equal(conn.closed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_back_what_came),
		cmocka_unit_test(pauses_until_all_has_left),
		cmocka_unit_test(closes_rather_than_drop),
		cmocka_unit_test(leaves_what_closes_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
