/* SPDX-License-Identifier: MIT */
/* test_tls_ends.c: how TLS streams end: each side by itself, in order and not, before, in and after the
 * handshake. */
#include "net/tls_wire.h"

/* --- Our side --- */

static void close_notify_comes_after_the_last_bytes(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	recorder_send_text(&f->a, "bye");
	nv_stream_shutdown(&f->a.stream);
	nv_stream_shutdown(&f->a.stream);
	turn(f);
	far_receive(&f->far);
	assert_far_has(f, "bye", 3);
	assert_true(f->far.end.ended);
	settle(f);
	assert_true(f->far.fin);
	assert_string_equal(f->a.log, "");
	recorder_send_text(&f->a, "too late");
	settle(f);
	assert_true(wire_is_idle(f->loop));
	tls_end_write(&f->far.end, "answer", 6);
	tls_end_finish(&f->far.end);
	settle(f);
	assert_string_equal(f->a.log, "data:6 end ");
	far_hang_up(&f->far);
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "data:6 end close:0 ");
}

static void close_notify_waits_for_blocked_output(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	recorder_send(&f->a, bytes, BIG);
	nv_stream_shutdown(&f->a.stream);
	while (!wire_is_idle(f->loop))
		turn(f);
	assert_false(f->far.end.ended);
	step_until(f, f->far.fin);
	assert_far_has(f, bytes, BIG);
	assert_true(f->far.end.ended);
	assert_string_equal(f->a.log, "drain ");
}

static void a_client_ends_as_well(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	recorder_send_text(&f->a, "bye");
	nv_stream_shutdown(&f->a.stream);
	step_until(f, f->far.fin);
	assert_far_has(f, "bye", 3);
	assert_true(f->far.end.ended);
	shutdown(f->far.fd, SHUT_WR);
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "end close:0 ");
}

/* A server's tickets may come behind our close_notify, and are no failure. */
static void what_comes_after_our_end_is_read(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	nv_stream_shutdown(&f->a.stream);
	tls_end_write(&f->far.end, "hello", 5);
	step_until(f, f->far.fin && f->a.len == 5);
	assert_string_equal(f->a.log, "open data:5 ");
	assert_int_equal(f->a.stream.error, 0);
}

/* --- The peer's --- */

static void close_notify_is_the_end(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_write(&f->far.end, "last", 4);
	tls_end_finish(&f->far.end);
	settle(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_int_equal(f->a.stream.error, 0);
	assert_null(nv_tls_problem(&f->a.stream));
	recorder_send_text(&f->a, "still");
	settle(f);
	assert_far_has(f, "still", 5);
	nv_stream_shutdown(&f->a.stream);
	settle(f);
	assert_true(f->far.end.ended && f->far.fin);
	shutdown(f->far.fd, SHUT_WR);
	settle(f);
	assert_string_equal(f->a.log, "data:4 end close:0 ");
}

static void end_too(struct recorder *recorder, size_t len)
{
	if (len == 0)
		nv_stream_shutdown(&recorder->stream);
}

static void an_end_may_be_answered_at_once(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.got = end_too;
	tls_end_finish(&f->far.end);
	far_think(&f->far);
	far_send(&f->far);
	shutdown(f->far.fd, SHUT_WR);
	settle(f);
	assert_true(f->far.end.ended && f->far.fin);
	assert_string_equal(f->a.log, "end close:0 ");
}

static void fin_alone_is_the_end_too(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_write(&f->far.end, "last", 4);
	far_think(&f->far);
	far_send(&f->far);
	shutdown(f->far.fd, SHUT_WR);
	settle(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_int_equal(f->a.stream.error, 0);
	recorder_send_text(&f->a, "still");
	nv_stream_shutdown(&f->a.stream);
	settle(f);
	assert_far_has(f, "still", 5);
	assert_true(f->far.end.ended);
	assert_string_equal(f->a.log, "data:4 end close:0 ");
}

static void fin_in_a_record_is_the_end_too(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_write(&f->far.end, "last", 4);
	tls_end_write(&f->far.end, bytes, 1000);
	far_think(&f->far);
	f->far.wire.len -= 500;
	far_send(&f->far);
	shutdown(f->far.fd, SHUT_WR);
	settle(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_int_equal(f->a.stream.error, 0);
}

static void pause_on_data(struct recorder *recorder, size_t len)
{
	if (len > 0)
		nv_stream_pause(&recorder->stream, true);
}

static void an_end_waits_while_paused(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.got = pause_on_data;
	tls_end_write(&f->far.end, "last", 4);
	tls_end_finish(&f->far.end);
	settle(f);
	assert_string_equal(f->a.log, "data:4 ");
	nv_stream_pause(&f->a.stream, false);
	assert_string_equal(f->a.log, "data:4 ");
	settle(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_true(wire_is_idle(f->loop));
}

static void what_follows_the_end_is_dropped(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_finish(&f->far.end);
	far_think(&f->far);
	blob_append(&f->far.wire, bytes, 100000);
	settle(f);
	assert_string_equal(f->a.log, "end ");
	assert_int_equal(f->a.stream.error, 0);
}

static void a_reset_is_a_reset(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	wire_reset(f->far.fd);
	f->far.fd = -1;
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-15 ");
}

/* --- In the handshake --- */

static void fin_breaks_the_handshake(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	f->far.cut = 10;
	far_think(&f->far);
	far_send(&f->far);
	shutdown(f->far.fd, SHUT_WR);
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-21 ");
	assert_problem_has(f, "without a word");
}

static void a_reset_breaks_the_handshake(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	turn(f);
	wire_reset(f->far.fd);
	f->far.fd = -1;
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-21 ");
	assert_problem_has(f, "TLS handshake");
}

static void the_owner_may_give_up(void **state)
{
	struct fixture *f = *state;

	turn(f);
	nv_stream_close(&f->a.stream, NV_ERR_TIMEOUT);
	nv_stream_close(&f->a.stream, NV_ERR_FULL);
	nv_stream_flush(&f->a.stream);
	nv_stream_pause(&f->a.stream, true);
	nv_stream_shutdown(&f->a.stream);
	assert_string_equal(f->a.log, "");
	turn(f);
	assert_string_equal(f->a.log, "close:-17 ");
}

static void a_refused_connect_is_not_of_tls(void **state)
{
	struct fixture *f = fixture_new(state);
	struct sockaddr_in address;
	struct nv_address to;

	close(wire_listen(&address));
	assert_true(nv_address_parse("127.0.0.1", ntohs(address.sin_port), &to));
	make_client_context(f);
	f->a.closed = keep_problem;
	assert_int_equal(nv_tls_connect(f->loop, &f->a.stream, &to, f->context, "localhost"), 0);
	assert_false(nv_tls_reached(&f->a.stream));
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-13 ");
	assert_null(f->a.user);
	assert_int_equal(nv_tls_connect(f->loop, &f->a.stream, &to, f->context, ".localhost"),
	                 NV_ERR_INVALID);
	assert_false(nv_stream_is_tls(&f->a.stream));
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(nv_tls_connect(f->loop, &f->a.stream, &to, f->context, "localhost"),
	                 NV_ERR_NOMEM);
	assert_false(nv_stream_is_tls(&f->a.stream));
	teardown(state);
}

/* --- From events --- */

static void close_now(struct recorder *recorder, size_t len)
{
	recorder_send_text(recorder, "dropped");
	nv_stream_close(&recorder->stream, NV_ERR_LIMIT);
}

static void on_data_may_close(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.got = close_now;
	tls_end_write(&f->far.end, "last", 4);
	tls_end_finish(&f->far.end);
	settle(f);
	assert_string_equal(f->a.log, "data:4 close:-19 ");
	assert_int_equal(f->far.end.plain.len, 0);
}

static void free_recorder(struct recorder *recorder)
{
	*(bool *)recorder->user = true;
	recorder_deinit(recorder);
	free(recorder);
}

static void on_close_may_free_the_stream(void **state)
{
	struct fixture *f = *state;
	struct recorder *other = malloc(sizeof(*other));
	struct far far = { 0 };
	bool freed = false;

	recorder_init(other);
	other->user = &freed;
	other->closed = free_recorder;
	assert_int_equal(adopt(f, other, &far, wire_unix_pair), 0);
	recorder_send_text(other, "x");
	nv_stream_close(&other->stream, 0);
	assert_false(freed);
	turn(f);
	assert_true(freed);
	far_free(&far);
}

static int setup_server_over_tcp(void **state)
{
	setup_server_over(state, wire_tcp_pair);
	return 0;
}

#define TCP(name)                                                                                  \
	{                                                                                          \
		"tcp: " #name, name, setup_server_over_tcp, teardown, NULL                         \
	}

/* --- In the middle of a message of the peer's --- */

static int long_ticket(SSL *ssl, void *arg)
{
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), bytes, 2500);
}

/* Half of a ticket has come, which a server of small records cuts: OpenSSL writes nothing until all of it
 * is there. */
static void bring_half_a_ticket(struct fixture *f)
{
	SSL_CTX_set_session_ticket_cb(f->far.end.context, long_ticket, NULL, NULL);
	SSL_set_max_send_fragment(f->far.end.ssl, 512);
	step_until(f, tls_end_is_open(&f->far.end));
	for (far_think(&f->far); f->far.wire.len <= 700; far_think(&f->far)) {
		turn(f);
		far_receive(&f->far);
	}
	f->far.cut = 700;
	far_send(&f->far);
	turn(f);
	assert_true(SSL_in_init(f->a.stream.tls->ssl));
}

static void what_is_sent_waits_for_the_rest(void **state)
{
	struct fixture *f = *state;

	bring_half_a_ticket(f);
	recorder_send_text(&f->a, "hello");
	turn(f);
	turn(f);
	assert_true(nv_stream_has_output(&f->a.stream));
	step_until(f, f->far.end.plain.len > 0);
	assert_far_has(f, "hello", 5);
	assert_string_equal(f->a.log, "open ");
}

static void close_notify_waits_for_the_rest(void **state)
{
	struct fixture *f = *state;

	bring_half_a_ticket(f);
	nv_stream_shutdown(&f->a.stream);
	turn(f);
	turn(f);
	step_until(f, f->far.fin);
	assert_true(f->far.end.ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT(what_is_sent_waits_for_the_rest),
		CLIENT(close_notify_waits_for_the_rest),
		SERVER(close_notify_comes_after_the_last_bytes),
		SERVER_1_2(close_notify_comes_after_the_last_bytes),
		SERVER(close_notify_waits_for_blocked_output),
		CLIENT(a_client_ends_as_well),
		CLIENT(what_comes_after_our_end_is_read),
		CLIENT_1_2(what_comes_after_our_end_is_read),
		SERVER(close_notify_is_the_end),
		SERVER_1_2(close_notify_is_the_end),
		SERVER(an_end_may_be_answered_at_once),
		SERVER(fin_alone_is_the_end_too),
		SERVER_1_2(fin_alone_is_the_end_too),
		SERVER(fin_in_a_record_is_the_end_too),
		SERVER(an_end_waits_while_paused),
		SERVER(what_follows_the_end_is_dropped),
		TCP(a_reset_is_a_reset),
		CLIENT(a_reset_is_a_reset),
		SERVER(fin_breaks_the_handshake),
		CLIENT(fin_breaks_the_handshake),
		TCP(a_reset_breaks_the_handshake),
		CLIENT(a_reset_breaks_the_handshake),
		SERVER(the_owner_may_give_up),
		CLIENT(the_owner_may_give_up),
		cmocka_unit_test(a_refused_connect_is_not_of_tls),
		SERVER(on_data_may_close),
		SERVER(on_close_may_free_the_stream),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
