/* SPDX-License-Identifier: MIT */
/* test_move.c: what carries one stream carries another: no byte is lost on the way, whenever it happens,
 * and the first one ends in order. */
#include <fcntl.h>

#include "net/two_streams.h"

static struct recorder to;   /* what a, or else b, is moved to */
static struct recorder next; /* and `to` */

static int start_unix(void **state)
{
	recorder_init(&to);
	recorder_init(&next);
	return setup_unix(state);
}

static void stop(struct recorder *recorder)
{
	if (recorder->stream.ops && !recorder_is_closed(recorder))
		nv_stream_close(&recorder->stream, NV_ERR_CLOSED);
}

static int end(void **state)
{
	int failed;

	stop(&to);
	stop(&next);
	failed = teardown(state);
	recorder_deinit(&to);
	recorder_deinit(&next);
	return failed;
}

static void move(struct recorder *from)
{
	assert_int_equal(nv_loop_move(&from->stream, &to.stream), 0);
}

static void move_on_data(struct recorder *recorder, size_t len)
{
	move(recorder);
}

static void assert_carries(struct fixture *f, struct recorder *recorder, int peer)
{
	char *seen = strchr(recorder->log, '\0');

	wire_send_text(peer, "hello");
	wire_until(f->loop, *seen);
	assert_string_equal(seen, "data:5 ");
	recorder_send_text(recorder, "welcome");
	turn(f);
	wire_assert_receives(peer, "welcome");
}

static void what_it_was_not_given_goes_to_the_other(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "waits");
	move(&f->a);
	assert_string_equal(f->a.log, "");
	assert_string_equal(to.log, "");
	turn(f);
	assert_string_equal(f->a.log, "close:0 ");
	assert_string_equal(to.log, "data:5 ");
	assert_carries(f, &to, f->peer_a);
	assert_string_equal(f->a.log, "close:0 ");
	assert_true(wire_is_idle(f->loop));
}

/* More than one receive brings. */
static void from_inside_its_own_event(void **state)
{
	struct fixture *f = *state;

	wire_send(f->peer_a, bytes, 100000);
	f->a.got = move_on_data;
	to.silent = true;
	turn(f);
	assert_string_equal(f->a.log, "data:65536 close:0 ");
	wire_until(f->loop, to.len == 100000 - 65536);
	assert_memory_equal(f->a.bytes, bytes, 65536);
	assert_memory_equal(to.bytes, bytes + 65536, to.len);
	to.silent = false;
	assert_carries(f, &to, f->peer_a);
}

static struct recorder *other; /* is moved by the event of another */

static void move_other(struct recorder *recorder, size_t len)
{
	if (!other)
		return;
	move(other);
	other = NULL;
}

static void what_was_reported_already_is_for_nobody(void **state)
{
	struct fixture *f = *state;

	f->a.got = move_other;
	other = &f->b;
	wire_send_text(f->peer_a, "first");
	wire_send_text(f->peer_b, "second");
	turn(f);
	assert_null(other);
	assert_string_equal(f->b.log, "close:0 ");
	assert_string_equal(to.log, "");
	turn(f);
	assert_string_equal(to.log, "data:6 ");
	assert_carries(f, &to, f->peer_b);
	assert_carries(f, &f->a, f->peer_a);
}

static void one_that_was_paused_reads_again(void **state)
{
	struct fixture *f = *state;

	nv_stream_pause(&f->a.stream, true);
	wire_send_text(f->peer_a, "waits");
	turn(f);
	move(&f->a);
	turn(f);
	assert_string_equal(f->a.log, "close:0 ");
	assert_string_equal(to.log, "data:5 ");
	assert_carries(f, &to, f->peer_a);
}

static void what_fails_changes_nothing(void **state)
{
	struct fixture *f = *state;

	wire_needs_epoll();
	fail_changes = true;
	assert_int_equal(nv_loop_move(&f->a.stream, &to.stream), NV_ERR_LIMIT);
	to.stream.ops = NULL;
	assert_carries(f, &f->a, f->peer_a);
	f->a.log[0] = '\0';
	fail_changes = false;
	nv_stream_pause(&f->a.stream, true);
	fail_registrations = true;
	assert_int_equal(nv_loop_move(&f->a.stream, &to.stream), NV_ERR_LIMIT);
	fail_registrations = false;
	to.stream.ops = NULL;
	turn(f);
	assert_string_equal(f->a.log, "");
	nv_stream_pause(&f->a.stream, false);
	assert_carries(f, &f->a, f->peer_a);
}

/* A stream that reads needs no registration. */
static void what_reads_needs_nothing_new(void **state)
{
	struct fixture *f = *state;

	wire_needs_epoll();
	fail_registrations = true;
	move(&f->a);
	turn(f);
	assert_int_equal(registrations, 1);
	assert_carries(f, &to, f->peer_a);
}

static void the_end_is_told_again(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "bye");
	assert_int_equal(shutdown(f->peer_a, SHUT_WR), 0);
	wire_until(f->loop, strstr(f->a.log, "end"));
	move(&f->a);
	turn(f);
	assert_string_equal(f->a.log, "data:3 end close:0 ");
	assert_string_equal(to.log, "end ");
	recorder_send_text(&to, "bye");
	nv_stream_shutdown(&to.stream);
	wire_until(f->loop, recorder_is_closed(&to));
	assert_string_equal(to.log, "end close:0 ");
	wire_assert_receives(f->peer_a, "bye");
}

static void refuses(struct recorder *recorder)
{
	assert_int_equal(nv_loop_move(&recorder->stream, &to.stream), NV_ERR_STATE);
	assert_null(to.stream.ops);
}

static void not_with_output_or_near_its_end(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "first");
	refuses(&f->a);
	turn(f);
	nv_stream_shutdown(&f->a.stream);
	refuses(&f->a);
	turn(f);
	refuses(&f->a);
	recorder_send(&f->b, bytes, BIG);
	turn(f);
	assert_true(nv_stream_is_blocked(&f->b.stream));
	refuses(&f->b);
	nv_stream_close(&f->b.stream, NV_ERR_CLOSED);
	refuses(&f->b);
}

static void not_while_it_connects(void **state)
{
	struct fixture *f = *state;
	struct recorder connects;
	struct nv_address address;
	struct sockaddr_in listens;
	int listener = wire_listen(&listens);

	recorder_init(&connects);
	assert_true(nv_address_parse("127.0.0.1", ntohs(listens.sin_port), &address));
	assert_int_equal(nv_loop_connect(f->loop, &connects.stream, &address), 0);
	refuses(&connects);
	connects.opened = move; /* but when it is open */
	wire_until(f->loop, recorder_is_closed(&connects));
	assert_string_equal(connects.log, "open close:0 ");
	close(f->peer_a);
	f->peer_a = accept(listener, NULL, NULL);
	assert_carries(f, &to, f->peer_a);
	close(listener);
}

static void the_other_blocks_and_drains(void **state)
{
	struct fixture *f = *state;
	size_t taken = 0;
	ssize_t len;

	move(&f->a);
	recorder_send(&to, bytes, BIG);
	turn(f);
	assert_true(nv_stream_is_blocked(&to.stream));
	while (taken < BIG) {
		static uint8_t room[65536];

		len = wire_take(f->peer_a, room, sizeof room);
		if (len > 0) {
			assert_memory_equal(room, bytes + taken, (size_t)len);
			taken += (size_t)len;
		}
		turn(f);
	}
	assert_string_equal(to.log, "drain ");
	assert_int_equal(to.stream.written, BIG);
}

static void may_go_on_to_a_third(void **state)
{
	struct fixture *f = *state;

	move(&f->a);
	assert_int_equal(nv_loop_move(&to.stream, &next.stream), 0);
	turn(f);
	assert_string_equal(f->a.log, "close:0 ");
	assert_string_equal(to.log, "close:0 ");
	assert_carries(f, &next, f->peer_a);
}

/* The descriptor goes with the one that has it. */
static void each_closes_what_it_has(void **state)
{
	struct fixture *f = *state;
	int fd = f->a.stream.fd;

	move(&f->a);
	nv_stream_close(&f->a.stream, NV_ERR_TIMEOUT);
	nv_stream_flush(&f->a.stream);
	nv_stream_pause(&f->a.stream, true);
	turn(f);
	assert_string_equal(f->a.log, "close:0 ");
	assert_int_equal(to.stream.fd, fd);
	assert_int_equal(fcntl(fd, F_GETFD) >= 0, true);
	nv_stream_close(&to.stream, NV_ERR_TIMEOUT);
	turn(f);
	assert_string_equal(to.log, "close:-17 ");
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void both_may_close_in_one_turn(void **state)
{
	struct fixture *f = *state;

	wire_send_text(f->peer_a, "never read");
	move(&f->a);
	nv_stream_close(&to.stream, NV_ERR_TIMEOUT);
	turn(f);
	assert_string_equal(f->a.log, "close:0 ");
	assert_string_equal(to.log, "close:-17 ");
	assert_int_equal(to.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_unix, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_it_was_not_given_goes_to_the_other),
		TEST(from_inside_its_own_event),
		TEST(what_was_reported_already_is_for_nobody),
		TEST(one_that_was_paused_reads_again),
		TEST(what_fails_changes_nothing),
		TEST(what_reads_needs_nothing_new),
		TEST(the_end_is_told_again),
		TEST(not_with_output_or_near_its_end),
		TEST(not_while_it_connects),
		TEST(the_other_blocks_and_drains),
		TEST(may_go_on_to_a_third),
		TEST(each_closes_what_it_has),
		TEST(both_may_close_in_one_turn),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
