/* SPDX-License-Identifier: MIT */
/* test_stream.c: streams over real sockets: bytes both ways, back-pressure, both ends, and owners who
 * close and free from inside. */
#include "net/stream.h"

#include "base/shared.h"
#include "net/two_streams.h"

static uint8_t got[BIG + 1]; /* with a place for what must not come */

/* --- Bytes --- */

static void echo(struct recorder *recorder, size_t len)
{
	if (len > 0)
		recorder_send(recorder, recorder->bytes + recorder->len - len, len);
}

static void echoes(void **state)
{
	struct fixture *f = *state;

	f->a.got = echo;
	wire_send_text(f->peer_a, "hello");
	wire_until(f->loop, f->a.len == 5);
	wire_assert_receives(f->peer_a, "hello");
	assert_string_equal(f->a.log, "data:5 ");
	assert_int_equal(f->a.stream.written, 5);
	assert_int_equal(sends.calls, 1);
	assert_int_equal(sends.messages, 0);
	wire_send_text(f->peer_a, "again");
	wire_until(f->loop, f->a.len == 10);
	wire_assert_receives(f->peer_a, "again");
	assert_int_equal(f->a.stream.written, 10);
}

static void an_operation_raises_nothing_and_writes_nothing(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "x");
	recorder_send_text(&f->a, "hello");
	nv_stream_pause(&f->a.stream, true);
	nv_stream_pause(&f->a.stream, false);
	nv_stream_shutdown(&f->a.stream);
	assert_int_equal(nv_loop_timeout_ms(f->loop), 0);
	nv_stream_close(&f->b.stream, NV_ERR_LIMIT);
	nv_stream_close(&f->b.stream, NV_ERR_FULL);
	assert_string_equal(f->a.log, "");
	assert_string_equal(f->b.log, "");
	wire_assert_nothing(f->peer_a);
	wire_assert_nothing(f->peer_b);
	turn(f);
	assert_string_equal(f->a.log, "data:1 ");
	assert_string_equal(f->b.log, "close:-19 ");
	wire_assert_receives(f->peer_a, "hello");
	assert_int_equal(wire_take(f->peer_b, (char[1]){ 0 }, 1), 0);
}

static void what_is_closing_does_nothing(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "dropped");
	wire_send_text(f->peer_a, "unread");
	nv_stream_close(&f->a.stream, NV_ERR_CLOSED);
	assert_int_equal(f->a.stream.out.len, 0);
	nv_stream_flush(&f->a.stream);
	nv_stream_pause(&f->a.stream, false);
	nv_stream_shutdown(&f->a.stream);
	turn(f);
	turn(f);
	assert_string_equal(f->a.log, "close:-3 ");
	assert_int_equal(sends.calls, 0);
}

static void send_back(struct recorder *recorder, size_t len)
{
	struct fixture *f = recorder->user;

	recorder_send_text(recorder, "<");
	recorder_send_text(&f->a, "a");
	recorder_send_text(&f->b, "b");
}

/* Invariant: after its own read, and at the end of the turn. */
static void a_stream_is_flushed_twice_a_turn_at_most(void **state)
{
	struct fixture *f = *state;

	f->a.user = f->b.user = f;
	f->a.got = f->b.got = send_back;
	wire_send_text(f->peer_a, "x");
	wire_send_text(f->peer_b, "x");
	turn(f);
	assert_string_equal(f->a.log, "data:1 ");
	assert_string_equal(f->b.log, "data:1 ");
	assert_int_equal(sends.calls, 3);
	wire_assert_receives(f->peer_a, "<aa");
	wire_assert_receives(f->peer_b, "b<b");
	assert_true(wire_is_idle(f->loop));
}

static void one_receive_a_turn_is_fair(void **state)
{
	struct fixture *f = *state;

	wire_send(f->peer_a, bytes, 100000);
	wire_send_text(f->peer_b, "x");
	turn(f);
	assert_true(f->a.len <= 65536);
	assert_string_equal(f->b.log, "data:1 ");
	wire_until(f->loop, f->a.len == 100000);
	assert_memory_equal(f->a.bytes, bytes, 100000);
}

static void many_slices_leave_in_order(void **state)
{
	struct fixture *f = *state;
	size_t len = 0;

	for (size_t at = 0; at < 300000; at += 1000) {
		uint8_t *room = nv_outq_reserve(&f->a.stream.out, 16384);

		memcpy(room, bytes + at, 1000);
		nv_outq_commit(&f->a.stream.out, 1000);
	}
	nv_stream_flush(&f->a.stream);
	sends.limit = 3;
	while (len < 300000) {
		ssize_t part;

		assert_int_equal(nv_loop_run_once(f->loop, 1000), 0);
		part = wire_take(f->peer_a, got + len, 300000 - len);
		len += part > 0 ? (size_t)part : 0;
	}
	assert_memory_equal(got, bytes, 300000);
	assert_in_range(sends.most_slices, 4, 64);
	wire_until(f->loop, f->a.log[0]);
	assert_string_equal(f->a.log, "drain ");
}

/* Messages of ten bytes, each a slice of its own. */
static void publish(struct recorder *recorder, size_t count)
{
	struct nv_shared *shared = nv_shared_new(10 * count);

	assert_non_null(shared);
	memcpy(shared->data, bytes, 10 * count);
	for (size_t i = 0; i < count; i++) {
		struct nv_bytes slice = { shared->data + 10 * i, 10 };

		assert_int_equal(nv_outq_append_droppable(&recorder->stream.out, shared, slice, 1),
		                 0);
	}
	nv_shared_unref(shared);
	nv_stream_flush(&recorder->stream);
}

static void more_slices_than_a_call_takes_leave_in_one_turn(void **state)
{
	struct fixture *f = *state;

	publish(&f->a, 200);
	turn(f);
	assert_int_equal(sends.calls, 4);
	assert_int_equal(sends.most_slices, 64);
	assert_false(nv_stream_is_blocked(&f->a.stream));
	assert_int_equal(registrations, 0);
	assert_int_equal(wire_take(f->peer_a, got, sizeof(got)), 2000);
	assert_memory_equal(got, bytes, 2000);
	assert_string_equal(f->a.log, "");
}

static void a_steady_exchange_registers_nothing(void **state)
{
	struct fixture *f = *state;

	f->a.got = echo;
	for (size_t len = 5; len <= 25; len += 5) {
		wire_send_text(f->peer_a, "hello");
		wire_until(f->loop, f->a.len == len);
		wire_assert_receives(f->peer_a, "hello");
	}
	assert_int_equal(registrations, 0);
}

/* --- Back-pressure --- */

static void what_is_dropped_while_blocked_drains_too(void **state)
{
	static const int full[] = { EAGAIN };
	struct fixture *f = *state;

	fail_sends(1, full);
	publish(&f->a, 3);
	nv_stream_shutdown(&f->a.stream);
	turn(f);
	assert_true(nv_stream_is_blocked(&f->a.stream));
	while (nv_outq_drop_oldest(&f->a.stream.out))
		continue;
	assert_int_equal(f->a.stream.out.len, 0);
	turn(f);
	assert_string_equal(f->a.log, "drain ");
	assert_int_equal(wire_take(f->peer_a, got, 1), 0);
}

static void big_output_drains_once(void **state)
{
	struct fixture *f = *state;
	size_t len = 0;

	recorder_send(&f->a, bytes, BIG);
	turn(f);
	assert_true(nv_stream_is_blocked(&f->a.stream));
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_string_equal(f->a.log, "");
	nv_stream_flush(&f->a.stream);
	assert_true(wire_is_idle(f->loop));
	while (len < BIG) {
		ssize_t part =
			wire_take(f->peer_a, got + len, BIG - len < 50000 ? BIG - len : 50000);

		len += part > 0 ? (size_t)part : 0;
		turn(f);
	}
	wire_until(f->loop, f->a.stream.out.len == 0);
	assert_memory_equal(got, bytes, BIG);
	assert_string_equal(f->a.log, "drain ");
	assert_int_equal(f->a.stream.written, BIG);
	assert_true(wire_is_idle(f->loop));
}

static void send_more(struct recorder *recorder)
{
	recorder->drained = NULL;
	recorder_send_text(recorder, "more");
}

static void on_drain_may_send(void **state)
{
	struct fixture *f = *state;
	size_t len = 0;

	f->a.drained = send_more;
	recorder_send(&f->a, bytes, BIG);
	while (len < BIG + 4) {
		ssize_t part;

		turn(f);
		part = wire_take(f->peer_a, got, BIG);
		len += part > 0 ? (size_t)part : 0;
	}
	turn(f);
	assert_string_equal(f->a.log, "drain ");
}

/* Nothing made it wait, but who pauses with bytes in `out` is told, once for each call. */
static void a_pause_with_output_drains_once(void **state)
{
	struct fixture *f = *state;

	nv_stream_pause(&f->a.stream, true);
	recorder_send_text(&f->a, "a");
	turn(f);
	assert_string_equal(f->a.log, "");
	recorder_send_text(&f->a, "b");
	nv_stream_pause(&f->a.stream, true);
	turn(f);
	assert_string_equal(f->a.log, "drain ");
	recorder_send_text(&f->a, "c");
	turn(f);
	recorder_send_text(&f->a, "d");
	nv_stream_pause(&f->a.stream, true);
	nv_stream_pause(&f->a.stream, false);
	turn(f);
	assert_string_equal(f->a.log, "drain ");
	wire_assert_receives(f->peer_a, "abcd");
}

static void pause_and_wait(struct recorder *recorder, size_t len)
{
	if (len > 0)
		nv_stream_pause(&recorder->stream, true);
}

static void big_input_waits_while_paused(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0;

	f->a.got = pause_and_wait;
	f->a.silent = true;
	while (f->a.len < BIG) {
		ssize_t part =
			send(f->peer_a, bytes + sent, BIG - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		size_t before = f->a.len;

		sent += part > 0 ? (size_t)part : 0;
		nv_stream_pause(&f->a.stream, false);
		wire_until(f->loop, f->a.len > before);
		assert_true(f->a.len - before <= 65536);
		assert_true(wire_is_idle(f->loop));
	}
	assert_memory_equal(f->a.bytes, bytes, BIG);
}

/* --- The two ends --- */

static void the_peer_ends_first(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "last");
	shutdown(f->peer_a, SHUT_WR);
	wire_until(f->loop, strstr(f->a.log, "end"));
	assert_string_equal(f->a.log, "data:4 end ");
	assert_true(wire_is_idle(f->loop));
	recorder_send_text(&f->a, "still");
	turn(f);
	wire_assert_receives(f->peer_a, "still");
	recorder_send_text(&f->a, "bye");
	nv_stream_shutdown(&f->a.stream);
	turn(f);
	assert_string_equal(f->a.log, "data:4 end close:0 ");
	wire_assert_receives(f->peer_a, "bye");
	assert_int_equal(recv(f->peer_a, (char[1]){ 0 }, 1, 0), 0);
}

static void the_stream_ends_first(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "bye");
	nv_stream_shutdown(&f->a.stream);
	nv_stream_shutdown(&f->a.stream);
	turn(f);
	wire_assert_receives(f->peer_a, "bye");
	assert_int_equal(recv(f->peer_a, (char[1]){ 0 }, 1, 0), 0);
	recorder_send_text(&f->a, "too late");
	turn(f);
	assert_true(wire_is_idle(f->loop));
	wire_send_text(f->peer_a, "answer");
	wire_until(f->loop, f->a.len == 6);
	assert_string_equal(f->a.log, "data:6 ");
	drop_peer(&f->peer_a);
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "data:6 end close:0 ");
}

static void end_too(struct recorder *recorder, size_t len)
{
	if (len == 0)
		nv_stream_shutdown(&recorder->stream);
}

static void an_end_may_be_answered_at_once(void **state)
{
	struct fixture *f = *state;

	f->a.got = end_too;
	shutdown(f->peer_a, SHUT_WR);
	wire_until(f->loop, f->a.log[0]);
	assert_string_equal(f->a.log, "end close:0 ");
}

static void shutdown_waits_for_blocked_output(void **state)
{
	struct fixture *f = *state;
	ssize_t part = -1;
	size_t len = 0;

	recorder_send(&f->a, bytes, BIG);
	nv_stream_shutdown(&f->a.stream);
	while (part != 0) {
		turn(f);
		part = wire_take(f->peer_a, got + len, len < BIG ? BIG - len : 1);
		len += part > 0 ? (size_t)part : 0;
	}
	assert_int_equal(len, BIG);
	assert_memory_equal(got, bytes, BIG);
	assert_string_equal(f->a.log, "drain ");
}

/* --- Closing from events --- */

static void close_both(struct fixture *f)
{
	nv_stream_close(&f->a.stream, NV_ERR_LIMIT);
	nv_stream_close(&f->b.stream, NV_ERR_LIMIT);
}

static void close_both_on_data(struct recorder *recorder, size_t len)
{
	recorder_send_text(recorder, "dropped");
	close_both(recorder->user);
}

static void on_data_may_close_everything(void **state)
{
	struct fixture *f = *state;

	f->a.user = f->b.user = f;
	f->a.got = f->b.got = close_both_on_data;
	wire_send_text(f->peer_a, "x");
	wire_send_text(f->peer_b, "x");
	turn(f);
	assert_int_equal(f->a.len + f->b.len, 1);
	assert_non_null(strstr(f->a.log, "close:-19"));
	assert_non_null(strstr(f->b.log, "close:-19"));
	assert_int_equal(sends.calls, 0);
}

static void close_both_on_event(struct recorder *recorder)
{
	close_both(recorder->user);
}

static void on_drain_may_close_everything(void **state)
{
	struct fixture *f = *state;

	f->a.user = f;
	f->a.drained = close_both_on_event;
	recorder_send_text(&f->a, "x");
	nv_stream_shutdown(&f->a.stream);
	fail_sends(1, (const int[]){ EAGAIN });
	turn(f);
	turn(f);
	assert_string_equal(f->a.log, "drain close:-19 ");
	assert_string_equal(f->b.log, "close:-19 ");
}

static void on_close_may_close_another(void **state)
{
	struct fixture *f = *state;

	f->a.user = f;
	f->a.closed = close_both_on_event;
	recorder_send_text(&f->b, "dropped");
	nv_stream_close(&f->a.stream, NV_ERR_CLOSED);
	turn(f);
	assert_string_equal(f->a.log, "close:-3 ");
	assert_string_equal(f->b.log, "close:-19 ");
	assert_int_equal(sends.calls, 0);
}

static void tell_b(struct recorder *recorder)
{
	struct fixture *f = recorder->user;

	recorder_send_text(&f->b, " left");
}

static void what_on_close_says_leaves_with_the_rest(void **state)
{
	struct fixture *f = *state;

	f->a.user = f;
	f->a.closed = tell_b;
	recorder_send_text(&f->b, "a has");
	nv_stream_close(&f->a.stream, NV_ERR_CLOSED);
	turn(f);
	wire_assert_receives(f->peer_b, "a has left");
	assert_int_equal(sends.calls, 1);
}

/* `a` breaks in the flush at the end of the turn, when `b` has been flushed already. */
static void what_a_late_on_close_says_leaves_in_the_next_turn(void **state)
{
	struct fixture *f = *state;

	f->a.user = f;
	f->a.closed = tell_b;
	recorder_send_text(&f->b, "a has");
	recorder_send_text(&f->a, "x");
	fail_sends(2, (const int[]){ 0, EPIPE });
	turn(f);
	assert_string_equal(f->a.log, "close:-15 ");
	wire_assert_receives(f->peer_b, "a has");
	wire_assert_nothing(f->peer_b);
	assert_int_equal(nv_loop_timeout_ms(f->loop), 0);
	turn(f);
	wire_assert_receives(f->peer_b, " left");
	assert_true(wire_is_idle(f->loop));
}

static void free_recorder(struct recorder *recorder)
{
	unsigned int *freed = recorder->user;

	++*freed;
	recorder_deinit(recorder);
	free(recorder);
}

static void on_close_may_free_the_stream(void **state)
{
	struct fixture *f = *state;
	unsigned int freed = 0;
	int fds[3][2];

	for (int i = 0; i < 3; i++) {
		struct recorder *recorder = malloc(sizeof(*recorder));

		wire_unix_pair(fds[i]);
		recorder_init(recorder);
		recorder->user = &freed;
		recorder->closed = free_recorder;
		assert_int_equal(nv_loop_adopt(f->loop, &recorder->stream, fds[i][1]), 0);
		recorder_send_text(recorder, "x");
		if (i < 2)
			nv_stream_close(&recorder->stream, 0);
		close(fds[i][0]);
	}
	turn(f);
	assert_int_equal(freed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIX(echoes),
		TCP(echoes),
		UNIX(an_operation_raises_nothing_and_writes_nothing),
		UNIX(what_is_closing_does_nothing),
		UNIX(a_stream_is_flushed_twice_a_turn_at_most),
		UNIX(one_receive_a_turn_is_fair),
		UNIX(many_slices_leave_in_order),
		UNIX(more_slices_than_a_call_takes_leave_in_one_turn),
		UNIX(a_steady_exchange_registers_nothing),
		UNIX(what_is_dropped_while_blocked_drains_too),
		TCP(many_slices_leave_in_order),
		UNIX(big_output_drains_once),
		TCP(big_output_drains_once),
		UNIX(on_drain_may_send),
		UNIX(a_pause_with_output_drains_once),
		UNIX(big_input_waits_while_paused),
		TCP(big_input_waits_while_paused),
		UNIX(the_peer_ends_first),
		TCP(the_peer_ends_first),
		UNIX(the_stream_ends_first),
		TCP(the_stream_ends_first),
		UNIX(an_end_may_be_answered_at_once),
		TCP(an_end_may_be_answered_at_once),
		UNIX(shutdown_waits_for_blocked_output),
		TCP(shutdown_waits_for_blocked_output),
		UNIX(on_data_may_close_everything),
		UNIX(on_drain_may_close_everything),
		UNIX(on_close_may_close_another),
		UNIX(what_on_close_says_leaves_with_the_rest),
		UNIX(what_a_late_on_close_says_leaves_in_the_next_turn),
		UNIX(on_close_may_free_the_stream),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
