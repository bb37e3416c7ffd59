/* SPDX-License-Identifier: MIT */
/* test_tls_move.c: TLS on a connection over which something else was agreed before, as with a proxy. */
#include "net/tls_wire.h"

static struct recorder plain; /* what carries TLS later; `a` of the fixture is that */

static int setup(void **state)
{
	struct fixture *f = fixture_new(state);
	int fds[2];

	make_client_context(f);
	recorder_init(&plain);
	plain.user = f;
	wire_tcp_pair(fds);
	f->far.fd = fds[0];
	assert_int_equal(nv_loop_adopt(f->loop, &plain.stream, fds[1]), 0);
	return 0;
}

static int end(void **state)
{
	if (!recorder_is_closed(&plain))
		nv_stream_close(&plain.stream, NV_ERR_CLOSED);
	teardown(state);
	recorder_deinit(&plain);
	return 0;
}

static int move_to(struct fixture *f, const char *host)
{
	return nv_tls_move(&plain.stream, &f->a.stream, f->context, host);
}

static void move(struct fixture *f)
{
	assert_int_equal(move_to(f, "localhost"), 0);
	assert_string_equal(f->a.log, "");
	tls_end_open_server(&f->far.end, chain_file, key_file);
}

static void echo(struct recorder *recorder, size_t len)
{
	if (len > 0)
		recorder_send(recorder, recorder->bytes + recorder->len - len, len);
}

/* All is as if TLS had been there from the start. */
static void assert_echoes(struct fixture *f)
{
	f->a.got = echo;
	tls_end_write(&f->far.end, "hello", 5);
	step_until(f, f->far.end.plain.len == 5);
	assert_far_has(f, "hello", 5);
	assert_string_equal(f->a.log, "open data:5 ");
	assert_string_equal(plain.log + strlen(plain.log) - 8, "close:0 ");
	settle(f);
	assert_true(wire_is_idle(f->loop));
}

static void begins_by_itself(void **state)
{
	struct fixture *f = *state;

	move(f);
	assert_true(nv_stream_is_tls(&f->a.stream));
	assert_true(nv_tls_reached(&f->a.stream));
	turn(f);
	assert_string_equal(plain.log, "close:0 ");
	assert_true(far_receive(&f->far));
	assert_echoes(f);
}

static void move_on_data(struct recorder *recorder, size_t len)
{
	move(recorder->user);
}

static void behind_other_words(void **state)
{
	struct fixture *f = *state;

	plain.got = move_on_data;
	recorder_send_text(&plain, "CONNECT");
	turn(f);
	wire_assert_receives(f->far.fd, "CONNECT");
	wire_send_text(f->far.fd, "200");
	wire_until(f->loop, recorder_is_closed(&plain));
	assert_string_equal(plain.log, "data:3 close:0 ");
	assert_echoes(f);
}

static void may_be_paused_from_the_start(void **state)
{
	struct fixture *f = *state;

	move(f);
	nv_stream_pause(&f->a.stream, true);
	settle(f);
	assert_string_equal(f->a.log, "");
	nv_stream_pause(&f->a.stream, false);
	assert_echoes(f);
}

static void what_is_sent_at_once_leaves_after_the_handshake(void **state)
{
	struct fixture *f = *state;

	move(f);
	recorder_send_text(&f->a, "at once");
	step_until(f, f->far.end.plain.len == 7);
	assert_far_has(f, "at once", 7);
}

static void who_answers_is_still_verified(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(move_to(f, "other.example"), 0);
	tls_end_open_server(&f->far.end, chain_file, key_file);
	f->a.closed = keep_problem;
	step_until(f, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-22 ");
}

/* The proxy's last words, or a server that does not wait for the client. */
static void what_comes_first_is_no_handshake(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->far.fd, "HTTP/1.1 200 and a body");
	move(f);
	f->a.closed = keep_problem;
	step_until(f, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-21 ");
	assert_string_equal(plain.log, "close:0 ");
}

static void may_end_before_it_begins(void **state)
{
	struct fixture *f = *state;

	far_hang_up(&f->far);
	assert_int_equal(move_to(f, "localhost"), 0);
	f->a.closed = keep_problem;
	step_until(f, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-21 ");
	assert_problem_has(f, "without a word");
}

static void may_be_closed_before_it_begins(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(move_to(f, "localhost"), 0);
	nv_stream_close(&f->a.stream, NV_ERR_TIMEOUT);
	turn(f);
	assert_string_equal(f->a.log, "close:-17 ");
	assert_string_equal(plain.log, "close:0 ");
	assert_false(far_receive(&f->far));
	assert_true(f->far.fin);
}

static void assert_still_plain(struct fixture *f)
{
	recorder_send_text(&plain, "still plain");
	turn(f);
	wire_assert_receives(f->far.fd, "still plain");
	assert_string_equal(plain.log, "");
	assert_null(f->a.stream.ops);
}

static void what_fails_changes_nothing(void **state)
{
	struct fixture *f = *state;
	size_t allocation = 1;

	assert_int_equal(move_to(f, ".localhost"), NV_ERR_INVALID);
	assert_still_plain(f);
	recorder_send_text(&plain, "unsent");
	assert_int_equal(move_to(f, "localhost"), NV_ERR_STATE);
	turn(f);
	wire_assert_receives(f->far.fd, "unsent");
	assert_still_plain(f);
	for (;; allocation++) {
		int error;

		failing_alloc_fail(allocation, FAIL_ONCE);
		error = move_to(f, "localhost");
		failing_alloc_fail(0, FAIL_ONCE);
		if (!error)
			break;
		assert_int_equal(error, NV_ERR_NOMEM);
		assert_still_plain(f);
	}
	assert_true(allocation > 1);
	tls_end_open_server(&f->far.end, chain_file, key_file);
	assert_echoes(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(begins_by_itself),
		TEST(behind_other_words),
		TEST(may_be_paused_from_the_start),
		TEST(what_is_sent_at_once_leaves_after_the_handshake),
		TEST(who_answers_is_still_verified),
		TEST(what_comes_first_is_no_handshake),
		TEST(may_end_before_it_begins),
		TEST(may_be_closed_before_it_begins),
		TEST(what_fails_changes_nothing),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
