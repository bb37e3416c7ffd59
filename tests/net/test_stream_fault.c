/* SPDX-License-Identifier: MIT */
/* test_stream_fault.c: streams whose peer or system fails: resets, errors of a send, no memory in
 * the kernel, and peers that go while nobody reads. */
#include "net/stream.h"

#include "net/two_streams.h"

static void send_more(struct recorder *recorder)
{
	recorder->drained = NULL;
	recorder_send_text(recorder, "more");
}

/* --- Failures --- */

static void a_reset_comes_behind_the_data(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "last words");
	wire_reset(f->peer_a);
	f->peer_a = -1;
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "data:10 close:-15 ");
}

/* The peer says why and is gone: its last words fill more than one receive. */
static void output_that_fails_lets_the_last_bytes_in(void **state)
{
	struct fixture *f = *state;
	int room = 200000;

	f->a.silent = true;
	assert_int_equal(setsockopt(f->peer_a, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	wire_send(f->peer_a, bytes, 180000);
	drop_peer(&f->peer_a);
	recorder_send_text(&f->a, "x");
	turn(f);
	assert_int_equal(f->a.len, 180000);
	assert_memory_equal(f->a.bytes, bytes, 180000);
	assert_string_equal(f->a.log, "close:-15 ");
}

static void a_reset_ends_blocked_output(void **state)
{
	struct fixture *f = *state;

	recorder_send(&f->a, bytes, BIG);
	turn(f);
	assert_true(nv_stream_is_blocked(&f->a.stream));
	nv_stream_pause(&f->a.stream, true);
	wire_reset(f->peer_a);
	f->peer_a = -1;
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-15 ");
}

static void send_errors_have_their_names(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "x");
	recorder_send_text(&f->b, "y");
	fail_sends(2, (const int[]){ ETIMEDOUT, EHOSTUNREACH });
	turn(f);
	assert_string_equal(f->a.log, "close:-17 ");
	assert_string_equal(f->b.log, "close:-14 ");
}

static void an_interrupted_send_is_repeated(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "hello");
	fail_sends(2, (const int[]){ EINTR, EINTR });
	turn(f);
	wire_assert_receives(f->peer_a, "hello");
	assert_string_equal(f->a.log, "");
}

static void a_full_socket_that_opens_again_drains(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "hello");
	fail_sends(1, (const int[]){ EAGAIN });
	turn(f);
	wire_assert_nothing(f->peer_a);
	assert_true(nv_stream_is_blocked(&f->a.stream));
	turn(f);
	wire_assert_receives(f->peer_a, "hello");
	assert_string_equal(f->a.log, "drain ");
	assert_true(wire_is_idle(f->loop));
}

static void starve(struct fixture *f)
{
	recorder_send_text(&f->a, "hello");
	fail_sends(3, (const int[]){ ENOBUFS, ENOMEM, ENOBUFS });
	turn(f);
}

static void without_kernel_memory_it_waits_a_while(void **state)
{
	struct fixture *f = *state;

	starve(f);
	assert_true(nv_stream_is_blocked(&f->a.stream));
	nv_stream_flush(&f->a.stream);
	assert_true(wire_is_idle(f->loop));
	assert_in_range(nv_loop_timeout_ms(f->loop), 1, 10);
	wire_send_text(f->peer_a, "meanwhile");
	wire_until(f->loop, f->a.len == 9);
	wire_until(f->loop, strstr(f->a.log, "drain"));
	wire_assert_receives(f->peer_a, "hello");
	assert_int_equal(sends.calls, 4);
	assert_string_equal(f->a.log, "data:9 drain ");
	assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
	recorder_send_text(&f->a, "again");
	fail_sends(1, (const int[]){ EAGAIN });
	turn(f);
	turn(f);
	wire_assert_receives(f->peer_a, "again");
	assert_string_equal(f->a.log, "data:9 drain drain ");
}

static void what_the_end_of_a_turn_drains_goes_on_in_the_next(void **state)
{
	struct fixture *f = *state;

	f->a.drained = send_more;
	starve(f);
	wire_until(f->loop, f->a.log[0]);
	wire_assert_receives(f->peer_a, "hello");
	wire_assert_nothing(f->peer_a);
	turn(f);
	wire_assert_receives(f->peer_a, "more");
}

static void a_starved_stream_may_be_closed(void **state)
{
	struct fixture *f = *state;

	starve(f);
	nv_stream_close(&f->a.stream, NV_ERR_CLOSED);
	turn(f);
	assert_string_equal(f->a.log, "close:-3 ");
	recorder_send_text(&f->b, "b");
	wire_until(f->loop, nv_loop_timeout_ms(f->loop) < 0);
	assert_int_equal(f->b.stream.written, 1);
}

static void without_memory_for_the_wait_it_closes(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "hello");
	fail_sends(1, (const int[]){ ENOBUFS });
	failing_alloc_fail(1, FAIL_FOREVER);
	turn(f);
	assert_string_equal(f->a.log, "close:-1 ");
}

/* --- Paused, and the peer is gone --- */

static void a_paused_stream_does_not_spin(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "unread");
	wire_send_text(f->peer_b, "unread");
	nv_stream_pause(&f->a.stream, true);
	nv_stream_pause(&f->b.stream, true);
	wire_reset(f->peer_a);
	drop_peer(&f->peer_b);
	f->peer_a = -1;
	for (int i = 0; i < 10; i++) {
		assert_true(wire_is_idle(f->loop));
		turn(f);
	}
	assert_string_equal(f->a.log, "");
	assert_string_equal(f->b.log, "");
	nv_stream_pause(&f->a.stream, false);
	nv_stream_pause(&f->b.stream, false);
	wire_until(f->loop, recorder_is_closed(&f->a) && strstr(f->b.log, "end"));
	assert_string_equal(f->a.log, "data:6 close:-15 ");
	assert_string_equal(f->b.log, "data:6 end ");
	assert_true(wire_is_idle(f->loop));
}

static void a_peer_that_is_gone_after_its_end_does_not_spin(void **state)
{
	struct fixture *f = *state;

	shutdown(f->peer_a, SHUT_WR);
	wire_until(f->loop, strstr(f->a.log, "end"));
	wire_reset(f->peer_a);
	f->peer_a = -1;
	for (int i = 0; i < 10; i++) {
		assert_true(wire_is_idle(f->loop));
		turn(f);
	}
	recorder_send_text(&f->a, "anybody?");
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "end close:-15 ");
}

static void pause_for_good(struct recorder *recorder, size_t len)
{
	struct fixture *f = recorder->user;

	nv_stream_pause(&f->a.stream, true);
	nv_stream_pause(&f->b.stream, true);
}

/* Both are ready in one turn, and the first that is told pauses the other too. */
static void a_pause_holds_in_its_own_turn(void **state)
{
	struct fixture *f = *state;

	f->a.user = f->b.user = f;
	f->a.got = f->b.got = pause_for_good;
	wire_send_text(f->peer_a, "x");
	wire_send_text(f->peer_b, "x");
	turn(f);
	turn(f);
	assert_int_equal(f->a.len + f->b.len, 1);
}

/* --- Registrations that fail --- */

static void an_adopt_that_fails_leaves_the_socket(void **state)
{
	struct fixture *f = *state;
	struct recorder other;
	int fds[2];

	wire_needs_epoll();
	recorder_init(&other);
	wire_unix_pair(fds);
	fail_registrations = true;
	assert_int_equal(nv_loop_adopt(f->loop, &other.stream, fds[1]), NV_ERR_LIMIT);
	turn(f);
	assert_string_equal(other.log, "");
	wire_send_text(fds[1], "still open");
	close(fds[0]);
	close(fds[1]);
}

static void a_connect_that_fails_closes_its_socket(void **state)
{
	struct fixture *f = *state;
	struct recorder other;
	struct nv_address address;
	int next = wire_next_descriptor();

	wire_needs_epoll();
	recorder_init(&other);
	fail_registrations = true;
	assert_true(nv_address_parse("127.0.0.1", 9, &address));
	assert_int_equal(nv_loop_connect(f->loop, &other.stream, &address), NV_ERR_LIMIT);
	assert_int_equal(wire_next_descriptor(), next);
}

static void going_on_after_a_pause_may_fail(void **state)
{
	struct fixture *f = *state;

	wire_needs_epoll();
	nv_stream_pause(&f->a.stream, true);
	fail_registrations = true;
	nv_stream_pause(&f->a.stream, false);
	assert_string_equal(f->a.log, "");
	turn(f);
	assert_string_equal(f->a.log, "close:-19 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TCP(a_reset_comes_behind_the_data),
		UNIX(output_that_fails_lets_the_last_bytes_in),
		TCP(a_reset_ends_blocked_output),
		UNIX(send_errors_have_their_names),
		UNIX(an_interrupted_send_is_repeated),
		UNIX(a_full_socket_that_opens_again_drains),
		UNIX(without_kernel_memory_it_waits_a_while),
		UNIX(what_the_end_of_a_turn_drains_goes_on_in_the_next),
		UNIX(a_starved_stream_may_be_closed),
		UNIX(without_memory_for_the_wait_it_closes),
		TCP(a_paused_stream_does_not_spin),
		TCP(a_peer_that_is_gone_after_its_end_does_not_spin),
		UNIX(a_pause_holds_in_its_own_turn),
		UNIX(an_adopt_that_fails_leaves_the_socket),
		UNIX(a_connect_that_fails_closes_its_socket),
		UNIX(going_on_after_a_pause_may_fail),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
