/* SPDX-License-Identifier: MIT */
/* test_tls.c: bytes over TLS, both ways and in both roles, however they are cut, and whoever has to wait
 * for whom. */
#include <openssl/err.h>

#include "base/shared.h"
#include "net/tls_wire.h"

#define RECORD 22u /* what TLS 1.3 adds to the bytes of a record */

static void echo(struct recorder *recorder, size_t len)
{
	if (len > 0)
		recorder_send(recorder, recorder->bytes + recorder->len - len, len);
}

/* --- The handshake --- */

static void echoes(void **state)
{
	struct fixture *f = *state;
	struct nv_tls_info info;

	f->a.got = echo;
	assert_true(nv_stream_is_tls(&f->a.stream));
	assert_false(nv_tls_info(&f->a.stream, &info));
	tls_end_write(&f->far.end, "hello", 5);
	step_until(f, f->far.end.plain.len == 5);
	assert_far_has(f, "hello", 5);
	assert_string_equal(f->a.log, f->a.stream.tls->gate ? "data:5 " : "open data:5 ");
	assert_null(nv_tls_problem(&f->a.stream));
	assert_true(nv_tls_reached(&f->a.stream));
	assert_true(nv_tls_info(&f->a.stream, &info));
	assert_string_equal(info.version, SSL_get_version(f->far.end.ssl));
	assert_string_equal(info.cipher, SSL_get_cipher_name(f->far.end.ssl));
	assert_string_equal(info.server_name, "localhost");
	assert_false(info.resumed);
	settle(f);
	assert_true(wire_is_idle(f->loop));
}

static void what_is_sent_before_the_handshake_leaves_after_it(void **state)
{
	struct fixture *f = *state;

	recorder_send_text(&f->a, "at once");
	nv_stream_shutdown(&f->a.stream);
	step_until(f, f->far.end.ended);
	assert_far_has(f, "at once", 7);
}

static void one_byte_at_a_time(void **state)
{
	struct fixture *f = *state;

	f->far.step = 1;
	echoes(state);
}

/* A handshake and an echo, with one break, each time elsewhere. */
static void break_everywhere(void **state, int (*setup)(void **state))
{
	size_t total = 1;

	for (size_t cut = 1; cut <= total; cut += 5) {
		struct fixture *f;

		setup(state);
		f = *state;
		f->a.got = echo;
		f->far.cut = cut;
		tls_end_write(&f->far.end, "hello", 5);
		step_until(f, f->far.end.plain.len == 5);
		total = f->far.sent;
		teardown(state);
	}
	assert_true(total > 300);
}

static void a_server_reads_any_two_parts(void **state)
{
	break_everywhere(state, setup_server);
}

static void a_server_of_1_2_reads_any_two_parts(void **state)
{
	break_everywhere(state, setup_server_1_2);
}

static void a_client_reads_any_two_parts(void **state)
{
	break_everywhere(state, setup_client);
}

/* OpenSSL's queue of errors is that of the thread, and the program may have left something there. */
static void foreign_errors_do_not_matter(void **state)
{
	struct fixture *f = *state;

	f->a.got = echo;
	f->far.step = 100;
	tls_end_write(&f->far.end, bytes, 1000);
	while (f->far.end.plain.len < 1000) {
		ERR_clear_error();
		far_think(&f->far);
		far_send(&f->far);
		ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
		turn(f);
		ERR_clear_error();
		far_receive(&f->far);
		assert_null(strstr(f->a.log, "end"));
		assert_false(recorder_is_closed(&f->a));
	}
}

static void pause_in_open(struct recorder *recorder)
{
	nv_stream_pause(&recorder->stream, true);
}

/* With TLS 1.2 the server's first bytes come together with the end of its handshake. */
static void on_open_may_pause(void **state)
{
	struct fixture *f = *state;

	f->a.opened = pause_in_open;
	tls_end_write(&f->far.end, "hello", 5);
	settle(f);
	assert_string_equal(f->a.log, "open ");
	nv_stream_pause(&f->a.stream, false);
	nv_stream_pause(&f->a.stream, true);
	settle(f);
	assert_string_equal(f->a.log, "open ");
	nv_stream_pause(&f->a.stream, false);
	assert_string_equal(f->a.log, "open ");
	turn(f);
	assert_string_equal(f->a.log, "open data:5 ");
	tls_end_write(&f->far.end, "again", 5);
	step_until(f, f->a.len == 10);
	assert_string_equal(f->a.log, "open data:5 data:5 ");
}

static void close_now(struct recorder *recorder)
{
	nv_stream_close(&recorder->stream, NV_ERR_LIMIT);
}

static void on_open_may_close(void **state)
{
	struct fixture *f = *state;

	f->a.opened = close_now;
	tls_end_write(&f->far.end, "hello", 5);
	settle(f);
	assert_string_equal(f->a.log, "open close:-19 ");
}

static void a_server_paused_meanwhile_shakes_hands_later(void **state)
{
	struct fixture *f = *state;

	nv_stream_pause(&f->a.stream, true);
	tls_end_write(&f->far.end, "hello", 5);
	settle(f);
	assert_false(tls_end_is_open(&f->far.end));
	nv_stream_pause(&f->a.stream, false);
	settle(f);
	assert_string_equal(f->a.log, "data:5 ");
}

/* --- Records --- */

static void many_records_are_one_event(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	for (size_t i = 0; i < 1000; i++)
		tls_end_write(&f->far.end, bytes + i, 1);
	step_until(f, f->a.len == 1000);
	assert_string_equal(f->a.log, "data:1000 ");
	assert_memory_equal(f->a.bytes, bytes, 1000);
}

static void a_byte_of_a_record_at_a_time(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->far.step = 1;
	for (size_t i = 0; i < 10; i++)
		tls_end_write(&f->far.end, bytes + i, 1);
	settle(f);
	assert_memory_equal(f->a.bytes, bytes, 10);
	assert_string_equal(f->a.log, "data:1 data:1 data:1 data:1 data:1 data:1 data:1 data:1 "
	                              "data:1 data:1 ");
}

static void append_shared(struct recorder *recorder, size_t from, size_t len)
{
	struct nv_shared *shared = nv_shared_new(len);

	assert_non_null(shared);
	memcpy(shared->data, bytes + from, len);
	shared->len = len;
	assert_int_equal(nv_outq_append_shared(&recorder->stream.out, shared,
	                                       (struct nv_bytes){ shared->data, len }),
	                 0);
	nv_shared_unref(shared);
	nv_stream_flush(&recorder->stream);
}

static void many_slices_are_one_record(void **state)
{
	struct fixture *f = *state;
	uint32_t before;

	open_both(f);
	before = f->a.stream.written;
	for (size_t i = 0; i < 200; i++)
		append_shared(&f->a, 20 * i, 20);
	settle(f);
	assert_far_has(f, bytes, 4000);
	assert_int_equal(f->a.stream.written - before, 4000 + RECORD);
}

/* A slice ends inside of a record, and a record inside of a slice. */
static void records_are_filled(void **state)
{
	struct fixture *f = *state;
	uint32_t before;

	open_both(f);
	before = f->a.stream.written;
	append_shared(&f->a, 0, 10000);
	append_shared(&f->a, 10000, 40000);
	append_shared(&f->a, 50000, 10);
	settle(f);
	assert_far_has(f, bytes, 50010);
	assert_int_equal(f->a.stream.written - before, 50010 + 4 * RECORD);
}

static void big_messages_both_ways(void **state)
{
	struct fixture *f = *state;

	f->a.silent = true;
	tls_end_write(&f->far.end, bytes, BIG);
	recorder_send(&f->a, bytes, BIG);
	step_until(f, f->a.len == BIG && f->far.end.plain.len == BIG);
	assert_memory_equal(f->a.bytes, bytes, BIG);
	assert_far_has(f, bytes, BIG);
}

/* --- Waiting --- */

static size_t records_waiting(const struct fixture *f)
{
	return f->a.stream.tls->lower.out.len;
}

static void a_slow_peer_blocks(void **state)
{
	struct fixture *f = *state;
	uint32_t before;

	open_both(f);
	recorder_send(&f->a, bytes, BIG);
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_true(nv_stream_is_blocked(&f->a.stream));
	assert_true(nv_stream_has_output(&f->a.stream));
	assert_true(f->a.stream.out.len > BIG / 2);
	assert_in_range(records_waiting(f), 1, 65536);
	assert_in_range(nv_tls_memory(&f->a.stream), records_waiting(f), 2 * 65536);
	before = f->a.stream.written;
	assert_int_equal(before, f->a.stream.tls->lower.written);
	turn(f);
	assert_int_equal(f->a.stream.written, before);
	while (f->a.stream.written == before && far_receive(&f->far))
		turn(f);
	assert_true(f->a.stream.written != before);
	assert_string_equal(f->a.log, "");
	settle(f);
	assert_far_has(f, bytes, BIG);
	assert_string_equal(f->a.log, "drain ");
	assert_false(nv_stream_has_output(&f->a.stream));
	assert_int_equal(nv_tls_memory(&f->a.stream), 0);
}

static void what_overtakes_goes_before_what_waits(void **state)
{
	struct fixture *f = *state;
	size_t at = 0;

	open_both(f);
	for (size_t i = 0; i < 64; i++)
		append_shared(&f->a, 16384 * i, 16384);
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_int_equal(nv_outq_insert_control(&f->a.stream.out, "<<<<control>>>>", 15, false), 0);
	settle(f);
	assert_int_equal(f->far.end.plain.len, BIG + 15);
	while (memcmp(f->far.end.plain.data + at, bytes + at, 16384) == 0)
		at += 16384;
	assert_true(at < BIG / 2);
	assert_memory_equal(f->far.end.plain.data + at, "<<<<control>>>>", 15);
	assert_memory_equal(f->far.end.plain.data + at + 15, bytes + at, BIG - at);
}

static void send_more(struct recorder *recorder)
{
	recorder->drained = NULL;
	recorder_send_text(recorder, "more");
}

static void on_drain_may_send(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.drained = send_more;
	recorder_send(&f->a, bytes, BIG);
	nv_stream_shutdown(&f->a.stream);
	while (!wire_is_idle(f->loop))
		turn(f);
	settle(f);
	assert_int_equal(f->far.end.plain.len, BIG + 4);
	assert_memory_equal(f->far.end.plain.data + BIG, "more", 4);
	assert_true(f->far.end.ended && f->far.fin);
	assert_string_equal(f->a.log, "drain ");
}

static void on_drain_may_close(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.drained = close_now;
	recorder_send(&f->a, bytes, BIG);
	nv_stream_shutdown(&f->a.stream);
	while (!wire_is_idle(f->loop))
		turn(f);
	settle(f);
	assert_string_equal(f->a.log, "drain close:-19 ");
}

static void a_pause_with_output_drains_once(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	nv_stream_pause(&f->a.stream, true);
	recorder_send_text(&f->a, "a");
	settle(f);
	assert_string_equal(f->a.log, "");
	recorder_send_text(&f->a, "b");
	nv_stream_pause(&f->a.stream, true);
	settle(f);
	assert_string_equal(f->a.log, "drain ");
	recorder_send_text(&f->a, "c");
	settle(f);
	assert_string_equal(f->a.log, "drain ");
	assert_far_has(f, "abc", 3);
}

static void pause_and_wait(struct recorder *recorder, size_t len)
{
	if (len > 0)
		nv_stream_pause(&recorder->stream, true);
}

static void big_input_waits_while_paused(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.got = pause_and_wait;
	f->a.silent = true;
	tls_end_write(&f->far.end, bytes, BIG);
	while (f->a.len < BIG) {
		size_t before = f->a.len;

		nv_stream_pause(&f->a.stream, false);
		step_until(f, f->a.len > before);
		before = f->a.len;
		settle(f);
		assert_int_equal(f->a.len, before);
	}
	assert_memory_equal(f->a.bytes, bytes, BIG);
}

static void a_pause_lets_output_pass(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	nv_stream_pause(&f->a.stream, true);
	tls_end_write(&f->far.end, "later", 5);
	recorder_send_text(&f->a, "now");
	settle(f);
	assert_far_has(f, "now", 3);
	assert_string_equal(f->a.log, "");
	nv_stream_pause(&f->a.stream, false);
	settle(f);
	assert_string_equal(f->a.log, "data:5 ");
}

static void part_of_a_record_counts_as_memory(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	assert_int_equal(nv_tls_memory(&f->a.stream), 0);
	tls_end_write(&f->far.end, bytes, 16384);
	f->far.cut = 1000;
	step(f);
	assert_true(nv_tls_memory(&f->a.stream) >= 16384);
	settle(f);
	assert_int_equal(f->a.len, 16384);
	assert_int_equal(nv_tls_memory(&f->a.stream), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER(echoes),
		SERVER_1_2(echoes),
		CLIENT(echoes),
		CLIENT_1_2(echoes),
		SERVER(foreign_errors_do_not_matter),
		CLIENT(foreign_errors_do_not_matter),
		SERVER(what_is_sent_before_the_handshake_leaves_after_it),
		CLIENT(what_is_sent_before_the_handshake_leaves_after_it),
		SERVER(one_byte_at_a_time),
		SERVER_1_2(one_byte_at_a_time),
		CLIENT(one_byte_at_a_time),
		CLIENT_1_2(one_byte_at_a_time),
		cmocka_unit_test(a_server_reads_any_two_parts),
		cmocka_unit_test(a_server_of_1_2_reads_any_two_parts),
		cmocka_unit_test(a_client_reads_any_two_parts),
		CLIENT_1_2(on_open_may_pause),
		CLIENT_1_2(on_open_may_close),
		CLIENT(on_open_may_close),
		SERVER(a_server_paused_meanwhile_shakes_hands_later),
		SERVER(many_records_are_one_event),
		CLIENT(many_records_are_one_event),
		SERVER(a_byte_of_a_record_at_a_time),
		SERVER(many_slices_are_one_record),
		SERVER(records_are_filled),
		SERVER(big_messages_both_ways),
		SERVER_1_2(big_messages_both_ways),
		CLIENT(big_messages_both_ways),
		SERVER(a_slow_peer_blocks),
		SERVER(what_overtakes_goes_before_what_waits),
		SERVER(on_drain_may_send),
		SERVER(on_drain_may_close),
		SERVER(a_pause_with_output_drains_once),
		SERVER(big_input_waits_while_paused),
		SERVER(a_pause_lets_output_pass),
		SERVER(part_of_a_record_counts_as_memory),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
