/* SPDX-License-Identifier: MIT */
/* test_tls_faults.c: peers that speak no TLS, break it, or wear it out, and memory that fails. */
#include "net/tls_wire.h"

static void closes_with(struct fixture *f, const char *log, const char *problem)
{
	wire_until(f->loop, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, log);
	assert_problem_has(f, problem);
}

/* --- No TLS --- */

static void a_client_of_plain_http_is_told_apart(void **state)
{
	struct fixture *f = *state;
	uint8_t alert[7];

	f->a.closed = keep_problem;
	wire_send_text(f->far.fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	closes_with(f, "close:-21 ", "plain HTTP");
	assert_true(wire_take(f->far.fd, alert, sizeof(alert)) >= 0);
}

static void garbage_is_no_handshake(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	wire_send(f->far.fd, bytes, 3000);
	closes_with(f, "close:-21 ", "does not speak TLS");
}

/* OpenSSL would make room for 128 KiB. */
static void a_hello_of_128_kib_is_refused_at_once(void **state)
{
	static const uint8_t head[] = { 22, 3, 1, 0, 4, 1, 2, 1, 0x44 };
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	wire_send(f->far.fd, head, sizeof(head));
	closes_with(f, "close:-21 ", "too long");
}

/* As the end of a handshake that is resumed can begin by chance, being encrypted. */
static void what_follows_a_hello_of_tls_1_2_announces_nothing(void **state)
{
	static const uint8_t records[] = { 20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 5, 1, 255, 255, 255, 0 };
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	far_think(&f->far);
	assert_true(far_send(&f->far));
	turn(f);
	wire_send(f->far.fd, records, sizeof(records));
	closes_with(f, "close:-21 ", "rules of TLS");
}

static void a_server_of_plain_http_is_told_apart(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	wire_send_text(f->far.fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	closes_with(f, "close:-21 ", "does not speak TLS");
}

/* --- Broken handshakes --- */

/* What the far end was told: the alert leaves before the end. */
static void assert_alert(struct fixture *f, int number)
{
	while (far_receive(&f->far))
		continue;
	assert_true(f->far.fin);
	assert_int_equal(f->far.end.alert, 256 * SSL3_AL_FATAL + number);
}

static void another_host_is_refused(void **state)
{
	struct fixture *f = setup_client_of(state, "elsewhere.example");

	f->a.closed = keep_problem;
	step_until(f, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-22 ");
	assert_problem_has(f, "host");
	assert_alert(f, SSL_AD_BAD_CERTIFICATE);
	teardown(state);
}

static int trust_nobody(int preverified, X509_STORE_CTX *store)
{
	(void)preverified;
	X509_STORE_CTX_set_error(store, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
	return 0;
}

/* Our alert can't leave, and what the kernel still has of the peer follows: it is not asked again. */
static void a_verdict_stands_when_the_connection_breaks(void **state)
{
	const struct linger reset = { 1, 0 };
	struct fixture *f = setup_client_of(state, "elsewhere.example");

	f->a.closed = keep_problem;
	while (f->far.wire.len < 500) {
		turn(f);
		far_receive(&f->far);
		far_think(&f->far);
	}
	blob_append(&f->far.wire, bytes, 100000);
	while (far_send(&f->far))
		continue;
	setsockopt(f->far.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	shutdown(f->far.fd, SHUT_RD);
	far_hang_up(&f->far);
	while (!recorder_is_closed(&f->a))
		turn(f);
	assert_string_equal(f->a.log, "close:-22 ");
	assert_problem_has(f, "host");
}

static void who_does_not_trust_us_breaks_the_handshake(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	SSL_set_verify(f->far.end.ssl, SSL_VERIFY_PEER, trust_nobody);
	step_until(f, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-21 ");
	assert_problem_has(f, "authority of our certificate");
}

static void old_versions_are_refused(void **state)
{
	struct fixture *f = *state;

	f->a.closed = keep_problem;
	SSL_set_security_level(f->far.end.ssl, 0);
	SSL_set_min_proto_version(f->far.end.ssl, TLS1_VERSION);
	SSL_set_max_proto_version(f->far.end.ssl, TLS1_1_VERSION);
	step_until(f, recorder_is_closed(&f->a));
	assert_string_equal(f->a.log, "close:-21 ");
	assert_alert(f, SSL_AD_PROTOCOL_VERSION);
}

/* --- Broken records --- */

/* Sends what the far end has, and this behind it. */
static void send_behind(struct fixture *f, const void *data, size_t len)
{
	far_think(&f->far);
	blob_append(&f->far.wire, data, len);
	step(f);
}

static void assert_broken(struct fixture *f, int alert)
{
	const char *problem = nv_tls_problem(&f->a.stream);

	assert_int_equal(f->a.stream.error, NV_ERR_TLS);
	assert_non_null(problem);
	recorder_send_text(&f->a, "dropped");
	blob_append(&f->far.wire, bytes, 100);
	settle(f);
	assert_int_equal(f->far.end.plain.len, 0);
	assert_ptr_equal(nv_tls_problem(&f->a.stream), problem);
	assert_false(recorder_is_closed(&f->a));
	nv_stream_shutdown(&f->a.stream);
	settle(f);
	assert_alert(f, alert);
	assert_false(f->far.end.ended);
	far_hang_up(&f->far);
	settle(f);
}

static void what_stood_before_a_damaged_record_arrives(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_write(&f->far.end, "good", 4);
	far_think(&f->far);
	tls_end_write(&f->far.end, "bad", 3);
	tls_end_take(&f->far.end, &f->far.wire);
	f->far.wire.data[f->far.wire.len - 1] ^= 1;
	step(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_broken(f, SSL_AD_BAD_RECORD_MAC);
	assert_string_equal(f->a.log, "data:4 end close:-21 ");
}

/* Nobody is told that the peer speaks no TLS, which it has done up to now. */
static void plain_bytes_in_the_middle_are_a_damage(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	wire_send_text(f->far.fd, "GET / HTTP/1.1\r\n\r\n");
	step_until(f, nv_tls_problem(&f->a.stream));
	assert_string_equal(nv_tls_problem(&f->a.stream), "a record was damaged on its way");
}

static void a_record_that_is_too_long_is_refused(void **state)
{
	static const uint8_t head[] = { 23, 3, 3, 0x41, 0x01 };
	struct fixture *f = *state;

	open_both(f);
	send_behind(f, head, sizeof(head));
	settle(f);
	assert_string_equal(f->a.log, "end ");
	assert_broken(f, SSL_AD_RECORD_OVERFLOW);
	assert_string_equal(f->a.log, "end close:-21 ");
}

static void a_failure_waits_while_paused(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	nv_stream_pause(&f->a.stream, true);
	send_behind(f, bytes, 100);
	settle(f);
	assert_string_equal(f->a.log, "");
	assert_int_equal(f->a.stream.error, 0);
	nv_stream_pause(&f->a.stream, false);
	settle(f);
	assert_string_equal(f->a.log, "end ");
	assert_int_equal(f->a.stream.error, NV_ERR_TLS);
}

static void an_alert_of_the_peer_ends_it(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_receive(&f->far.end, (struct nv_bytes){ bytes, 100 });
	settle(f);
	assert_string_equal(f->a.log, "end ");
	assert_int_equal(f->a.stream.error, NV_ERR_TLS);
	assert_non_null(nv_tls_problem(&f->a.stream));
	nv_stream_shutdown(&f->a.stream);
	settle(f);
	assert_true(f->far.fin);
}

static void close_in_the_end(struct recorder *recorder, size_t len)
{
	if (len == 0)
		nv_stream_close(&recorder->stream, 0);
}

/* The session is not used for a farewell that it cannot encrypt any more. */
static void a_failure_may_close(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.got = close_in_the_end;
	send_behind(f, bytes, 100);
	settle(f);
	assert_string_equal(f->a.log, "end close:0 ");
}

/* --- What wears out --- */

static void update_keys(struct fixture *f, unsigned int count, int kind)
{
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(SSL_key_update(f->far.end.ssl, kind), 1);
		assert_int_equal(SSL_do_handshake(f->far.end.ssl), 1);
	}
}

static void a_few_key_updates_are_fine(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	update_keys(f, 32, SSL_KEY_UPDATE_REQUESTED);
	tls_end_write(&f->far.end, "hello", 5);
	settle(f);
	assert_string_equal(f->a.log, "data:5 ");
	recorder_send_text(&f->a, "hello");
	settle(f);
	assert_far_has(f, "hello", 5);
}

static void a_flood_of_key_updates_is_not(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	tls_end_write(&f->far.end, "good", 4);
	update_keys(f, 1000, SSL_KEY_UPDATE_NOT_REQUESTED);
	tls_end_write(&f->far.end, "bad", 3);
	settle(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_int_equal(f->a.stream.error, NV_ERR_TLS);
	assert_string_equal(nv_tls_problem(&f->a.stream), "the peer changes its keys too often");
	tls_end_write(&f->far.end, "worse", 5);
	recorder_send_text(&f->a, "dropped");
	nv_stream_shutdown(&f->a.stream);
	settle(f);
	assert_string_equal(f->a.log, "data:4 end ");
	assert_true(f->far.fin && !f->far.end.ended);
	assert_int_equal(f->far.end.plain.len, 0);
}

static void who_sends_much_may_change_keys(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.silent = true;
	for (size_t i = 0; i < 7; i++) {
		update_keys(f, 5, SSL_KEY_UPDATE_NOT_REQUESTED);
		tls_end_write(&f->far.end, bytes, BIG);
		step_until(f, f->a.len == (i + 1) * BIG);
	}
	assert_string_equal(f->a.log, "");
}

/* RFC 5246 7.2.2: a warning, which leaves it to the client to end the connection. */
static void renegotiation_is_refused(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	assert_int_equal(SSL_renegotiate(f->far.end.ssl), 1);
	assert_true(SSL_do_handshake(f->far.end.ssl) <= 0);
	tls_end_take(&f->far.end, &f->far.wire);
	assert_true(far_send(&f->far));
	turn(f);
	assert_string_equal(f->a.log, "");
	assert_int_equal(f->a.stream.error, 0);
	assert_int_equal(f->a.stream.tls->chores, 1);
	far_receive(&f->far);
	assert_int_equal(f->far.end.alert, 256 * SSL3_AL_WARNING + SSL_AD_NO_RENEGOTIATION);
}

/* RFC 8446 4.2.10: what is sent before the handshake could be sent by anybody once more. */
static void early_data_are_not_taken(void **state)
{
	struct fixture *f = *state;
	SSL_SESSION *session;
	struct recorder again;
	struct far far = { 0 };
	size_t written;

	open_both(f);
	session = SSL_get1_session(f->far.end.ssl);
	assert_true(SSL_SESSION_is_resumable(session));
	assert_int_equal(SSL_SESSION_set_max_early_data(session, 16384), 1);
	recorder_init(&again);
	assert_int_equal(adopt(f, &again, &far, wire_unix_pair), 0);
	tls_end_open_client(&far.end, chain_file, "localhost");
	assert_int_equal(SSL_set_session(far.end.ssl, session), 1);
	assert_int_equal(SSL_write_early_data(far.end.ssl, "early", 5, &written), 1);
	for (int i = 0; i < 10; i++) {
		far_think(&far);
		far_send(&far);
		turn(f);
		far_receive(&far);
	}
	assert_true(tls_end_is_open(&far.end));
	assert_int_equal(SSL_get_early_data_status(far.end.ssl), SSL_EARLY_DATA_REJECTED);
	tls_end_write(&far.end, "hello", 5);
	far_think(&far);
	far_send(&far);
	turn(f);
	assert_string_equal(again.log, "data:5 ");
	nv_stream_close(&again.stream, 0);
	turn(f);
	recorder_deinit(&again);
	far_free(&far);
	SSL_SESSION_free(session);
}

/* --- Memory --- */

static void echo_and_end(struct recorder *recorder, size_t len)
{
	if (len == 0)
		return;
	if (nv_outq_append(&recorder->stream.out, recorder->bytes, len) == 0)
		nv_stream_shutdown(&recorder->stream);
	else
		nv_stream_close(&recorder->stream, NV_ERR_NOMEM);
}

/* True when it came to its end in spite of the allocation that failed. */
static bool play(struct fixture *f, size_t nth, int (*start)(struct fixture *f))
{
	bool whole;

	f->a.got = echo_and_end;
	failing_alloc_fail(nth, FAIL_ONCE);
	if (start(f) < 0) {
		failing_alloc_fail(0, FAIL_ONCE);
		assert_false(nv_stream_is_tls(&f->a.stream));
		return false;
	}
	tls_end_write(&f->far.end, bytes, 50000);
	while (!recorder_is_closed(&f->a) && !f->far.fin)
		step(f);
	whole = f->far.end.plain.len == 50000;
	if (!whole)
		assert_non_null(strstr(f->a.log, "close:-1 "));
	far_hang_up(&f->far);
	wire_until(f->loop, recorder_is_closed(&f->a));
	failing_alloc_fail(0, FAIL_ONCE);
	return whole;
}

static int start_server(struct fixture *f)
{
	int error = adopt(f, &f->a, &f->far, wire_unix_pair);

	if (!error)
		tls_end_open_client(&f->far.end, chain_file, "localhost");
	return error;
}

static int start_client(struct fixture *f)
{
	int error = connect_as(f, "localhost");

	if (!error)
		tls_end_open_server(&f->far.end, chain_file, key_file);
	return error;
}

/* Each time another one fails, until none does. */
static void fail_each(void **state, void (*make_context)(struct fixture *f),
                      int (*start)(struct fixture *f))
{
	size_t count = 0;
	bool whole = false;

	for (size_t nth = 1; !whole || count >= nth; nth++) {
		struct fixture *f = fixture_new(state);

		assert_true(nth < 100);
		make_context(f);
		whole = play(f, nth, start);
		count = failing_alloc_count();
		teardown(state);
	}
}

static void a_server_without_memory_ends(void **state)
{
	fail_each(state, make_server_context, start_server);
}

static void a_client_without_memory_ends(void **state)
{
	fail_each(state, make_client_context, start_client);
}

/* There is none for the alert either. */
static void a_failure_without_memory_closes(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	f->a.closed = keep_problem;
	tls_end_write(&f->far.end, "good", 4);
	far_think(&f->far);
	blob_append(&f->far.wire, bytes, 100);
	assert_true(far_send(&f->far));
	failing_alloc_fail(1, FAIL_ONCE);
	turn(f);
	assert_string_equal(f->a.log, "close:-1 ");
	assert_problem_has(f, "out of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER(a_client_of_plain_http_is_told_apart),
		cmocka_unit_test_teardown(a_verdict_stands_when_the_connection_breaks, teardown),
		SERVER(plain_bytes_in_the_middle_are_a_damage),
		CLIENT(plain_bytes_in_the_middle_are_a_damage),
		SERVER_1_2(plain_bytes_in_the_middle_are_a_damage),
		SERVER(garbage_is_no_handshake),
		SERVER(a_hello_of_128_kib_is_refused_at_once),
		SERVER_1_2(what_follows_a_hello_of_tls_1_2_announces_nothing),
		CLIENT(a_server_of_plain_http_is_told_apart),
		cmocka_unit_test(another_host_is_refused),
		SERVER_1_2(who_does_not_trust_us_breaks_the_handshake),
		SERVER(who_does_not_trust_us_breaks_the_handshake),
		SERVER(old_versions_are_refused),
		SERVER(what_stood_before_a_damaged_record_arrives),
		SERVER_1_2(what_stood_before_a_damaged_record_arrives),
		SERVER(a_record_that_is_too_long_is_refused),
		SERVER(a_failure_waits_while_paused),
		SERVER(an_alert_of_the_peer_ends_it),
		SERVER_1_2(an_alert_of_the_peer_ends_it),
		SERVER(a_failure_may_close),
		SERVER(a_few_key_updates_are_fine),
		SERVER(a_flood_of_key_updates_is_not),
		SERVER(who_sends_much_may_change_keys),
		SERVER_1_2(renegotiation_is_refused),
		SERVER(early_data_are_not_taken),
		cmocka_unit_test(a_server_without_memory_ends),
		cmocka_unit_test(a_client_without_memory_ends),
		SERVER(a_failure_without_memory_closes),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
