/* SPDX-License-Identifier: MIT */
/* test_tls_gate.c: many handshakes at once: how many a turn does, and who has to wait. */
#include "net/tls_wire.h"

#define CROWD 100u

struct visitor {
	struct recorder a;
	struct far far;
};

static struct visitor *visitors;

static bool is_open(const struct visitor *visitor)
{
	struct nv_tls_info info;

	return nv_tls_info(&visitor->a.stream, &info);
}

/* The server has answered the ClientHello. */
static bool is_served(const struct visitor *visitor)
{
	struct pollfd fd = { .fd = visitor->far.fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static size_t served(void)
{
	size_t count = 0;

	for (size_t i = 0; i < CROWD; i++)
		count += is_served(&visitors[i]);
	return count;
}

static void say_hello(struct visitor *visitor)
{
	far_think(&visitor->far);
	assert_true(far_send(&visitor->far));
}

static int setup(void **state)
{
	struct fixture *f = fixture_new(state);

	make_server_context(f);
	visitors = calloc(CROWD, sizeof(*visitors));
	assert_non_null(visitors);
	for (size_t i = 0; i < CROWD; i++) {
		struct visitor *visitor = &visitors[i];

		recorder_init(&visitor->a);
		assert_int_equal(adopt(f, &visitor->a, &visitor->far, wire_unix_pair), 0);
		tls_end_open_client(&visitor->far.end, chain_file, "localhost");
	}
	return 0;
}

static int leave(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < CROWD; i++)
		nv_stream_close(&visitors[i].a.stream, NV_ERR_CLOSED);
	turn(f);
	for (size_t i = 0; i < CROWD; i++) {
		assert_true(recorder_is_closed(&visitors[i].a));
		recorder_deinit(&visitors[i].a);
		far_free(&visitors[i].far);
	}
	free(visitors);
	return teardown(state);
}

static void all_say_hello(void)
{
	for (size_t i = 0; i < CROWD; i++)
		say_hello(&visitors[i]);
}

static void eight_a_turn(void **state)
{
	struct fixture *f = *state;

	all_say_hello();
	for (size_t done = 8; done < CROWD; done += 8) {
		turn(f);
		assert_int_equal(served(), done);
		assert_int_equal(nv_loop_timeout_ms(f->loop), 0);
	}
	turn(f);
	assert_int_equal(served(), CROWD);
	turn(f);
	assert_true(wire_is_idle(f->loop));
	assert_true(nv_list_empty(&f->gate.parked));
}

static void all_get_through(void **state)
{
	struct fixture *f = *state;
	size_t open = 0;

	for (size_t i = 0; i < CROWD; i++)
		tls_end_write(&visitors[i].far.end, bytes, 100);
	for (size_t i = 0; i < CROWD; i++) {
		far_think(&visitors[i].far);
		visitors[i].far.step = 1000;
	}
	while (open < CROWD) {
		open = 0;
		for (size_t i = 0; i < CROWD; i++) {
			far_think(&visitors[i].far);
			far_send(&visitors[i].far);
			far_receive(&visitors[i].far);
			open += is_open(&visitors[i]) && visitors[i].a.len == 100;
		}
		turn(f);
	}
	for (size_t i = 0; i < CROWD; i++)
		assert_memory_equal(visitors[i].a.bytes, bytes, 100);
}

static void the_newest_goes_first(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 20; i++) {
		say_hello(&visitors[i]);
		turn(f);
		assert_true(is_served(&visitors[i]));
	}
	for (size_t i = 20; i < 50; i++)
		say_hello(&visitors[i]);
	turn(f);
	assert_int_equal(served(), 28);
	for (size_t i = 50; i < 54; i++)
		say_hello(&visitors[i]);
	turn(f);
	assert_int_equal(served(), 36);
	for (size_t i = 46; i < 54; i++)
		assert_true(is_served(&visitors[i]));
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_int_equal(served(), 54);
}

/* They take nobody's place, and wait for themselves. */
static void half_a_hello_is_none(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 50; i++)
		visitors[i].far.cut = 100;
	all_say_hello();
	turn(f);
	assert_int_equal(served(), 8);
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_int_equal(served(), 50);
	for (size_t i = 0; i < 50; i++) {
		assert_false(is_served(&visitors[i]));
		assert_true(far_send(&visitors[i].far));
	}
	turn(f);
	assert_int_equal(served(), 58);
}

static void who_waits_may_be_closed(void **state)
{
	struct fixture *f = *state;

	all_say_hello();
	turn(f);
	for (size_t i = 0; i < CROWD; i += 2)
		nv_stream_close(&visitors[i].a.stream, NV_ERR_TIMEOUT);
	turn(f);
	for (size_t i = 0; i < CROWD; i += 2)
		assert_string_equal(visitors[i].a.log, "close:-17 ");
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_int_equal(served(), CROWD);
	assert_string_equal(visitors[1].a.log, "");
}

static void who_waits_may_go_away(void **state)
{
	struct fixture *f = *state;

	all_say_hello();
	turn(f);
	for (size_t i = 0; i < CROWD; i += 2)
		far_hang_up(&visitors[i].far);
	for (size_t i = 0; i < CROWD; i += 2)
		wire_until(f->loop, recorder_is_closed(&visitors[i].a));
	while (!wire_is_idle(f->loop))
		turn(f);
	for (size_t i = 1; i < CROWD; i += 2)
		assert_true(is_served(&visitors[i]));
}

/* What a parked one sends is not read, beyond what came together with its hello. */
static void who_waits_is_not_read(void **state)
{
	struct fixture *f = *state;
	struct visitor *last = &visitors[CROWD - 1];

	for (size_t i = 0; i < 8; i++)
		say_hello(&visitors[i]);
	for (size_t i = 0; i < 20; i++) {
		far_think(&last->far);
		blob_append(&last->far.wire, bytes, 10000);
		far_send(&last->far);
	}
	turn(f);
	assert_true(is_served(&visitors[7]));
	assert_false(is_served(last));
	assert_in_range(nv_tls_memory(&last->a.stream), 60000, 65536 + 17000);
	while (!recorder_is_closed(&last->a))
		turn(f);
	assert_string_equal(last->a.log, "close:-21 ");
}

static void a_pause_at_the_gate(void **state)
{
	struct fixture *f = *state;
	struct visitor *last = &visitors[CROWD - 1];

	all_say_hello();
	turn(f);
	nv_stream_pause(&last->a.stream, true);
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_int_equal(served(), CROWD);
	far_receive(&last->far);
	tls_end_write(&last->far.end, "hello", 5);
	say_hello(last);
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_false(is_open(last));
	nv_stream_pause(&last->a.stream, false);
	wire_until(f->loop, last->a.len == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(eight_a_turn, setup, leave),
		cmocka_unit_test_setup_teardown(all_get_through, setup, leave),
		cmocka_unit_test_setup_teardown(the_newest_goes_first, setup, leave),
		cmocka_unit_test_setup_teardown(half_a_hello_is_none, setup, leave),
		cmocka_unit_test_setup_teardown(who_waits_may_be_closed, setup, leave),
		cmocka_unit_test_setup_teardown(who_waits_may_go_away, setup, leave),
		cmocka_unit_test_setup_teardown(who_waits_is_not_read, setup, leave),
		cmocka_unit_test_setup_teardown(a_pause_at_the_gate, setup, leave),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
