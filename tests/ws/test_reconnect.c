/* SPDX-License-Identifier: MIT */
/* test_reconnect.c: a client that comes back, in virtual time: when it does, when it does not, and what a program
 * may do meanwhile. */
#include "support/find.h"
#include "ws/caller.h"

#include <stddef.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define URL "ws://127.0.0.1/"

/* Pings would disturb those who wait for long. */
static const struct nv_client_options coming_back = { .reconnect = true,
	                                              .ping_interval_ms = NV_OFF };

static struct nv_client_options with_retry(uint32_t min_ms, uint32_t max_ms)
{
	struct nv_client_options options = coming_back;

	options.retry_min_ms = min_ms;
	options.retry_max_ms = max_ms;
	return options;
}

/* --- Coming back --- */

static void comes_back(void **state)
{
	struct sim_peer *peer;

	(void)state;
	caller_start(URL, coming_back);
	assert_seen("connecting ");
	peer = caller_open_next();
	assert_seen("open open ");
	assert_non_null(nv_client_conn(client));
	sim_peer_reset(peer);
	sim_settle(loop);
	assert_seen("close:1006 retry:yes,1 waiting ");
	assert_null(nv_client_conn(client));
	sim_advance(loop, 499);
	assert_seen("");
	sim_advance(loop, 501);
	assert_seen("connecting ");
	caller_open_next();
	assert_seen("open open ");
	caller_stop();
	assert_seen("close:1006 ");
}

static void tries_the_first_connection_again(void **state)
{
	(void)state;
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	caller_start(URL, coming_back);
	assert_seen("connecting fail:connect,connection refused,0,127.0.0.1:80: connection refused "
	            "retry:yes,1 waiting ");
	assert_non_null(sim_next_connect());
	sim_advance(loop, 1000);
	caller_open_next();
	assert_seen("connecting open open ");
	caller_stop();
}

/* Without reconnect it tells once, and ends. */
static void ends_unless_it_was_asked_to_come_back(void **state)
{
	(void)state;
	caller_start("ws://nowhere.example/", (struct nv_client_options){ 0 });
	assert_memory_equal(seen, "connecting fail:resolve,", 24);
	assert_non_null(strstr(seen, " ended "));
	assert_null(strstr(seen, "retry"));
	caller_stop();
	caller_start(URL, (struct nv_client_options){ 0 });
	caller_end(caller_open_next(), 1001, "");
	assert_seen("connecting open open close:1001 closing ended ");
	sim_advance(loop, 100000);
	assert_null(sim_next_connect());
	assert_seen("");
	caller_stop();
}

/* What has ended in order says its last word while the next one is open already. */
static void does_not_wait_for_the_last_word(void **state)
{
	struct sim_peer *peer;

	(void)state;
	caller_start(URL, with_retry(10, 10));
	peer = caller_open_next();
	sim_peer_send(peer, "\x88\x02\x03\xe9", 4);
	sim_settle(loop);
	sim_advance(loop, 10);
	caller_open_next();
	assert_seen("connecting open open close:1001 retry:yes,1 waiting connecting open open ");
	assert_false(sim_peer_closed(peer));
	sim_advance(loop, 2500);
	assert_true(sim_peer_closed(peer));
	assert_seen("");
	caller_stop();
	assert_seen("close:1006 ");
	/* And it may be freed meanwhile. */
	caller_start(URL, with_retry(10, 10));
	peer = caller_open_next();
	sim_peer_send(peer, "\x88\x02\x03\xe9", 4);
	sim_settle(loop);
	sim_advance(loop, 10);
	caller_stop();
	assert_seen("connecting open open close:1001 retry:yes,1 waiting connecting ");
}

/* --- Delays --- */

static uint32_t delays[64];
static uint32_t counts[64];
static size_t delay_count;

static void note_delay(const char *event, void *about)
{
	const struct nv_retry *retry = about;

	if (strcmp(event, "retry") != 0)
		return;
	delays[delay_count] = retry->delay_ms;
	counts[delay_count++] = retry->tries;
	seen[0] = '\0';
}

static void start_noting(uint64_t seed, const char *url, struct nv_client_options options)
{
	delay_count = 0;
	caller_begin();
	sim_seed(seed);
	on_event = note_delay;
	client = caller_new(url, options);
	sim_settle(loop);
}

/* The wait that was announced last is the one that is made. */
static void wait_for_next_try(void)
{
	size_t before = delay_count;

	sim_advance(loop, delays[before - 1] - 1);
	assert_int_equal(nv_client_state_now(client), NV_CLIENT_WAITING);
	assert_int_equal(delay_count, before);
	sim_advance(loop, 1);
}

static void waits_longer_each_time(void **state)
{
	static const uint32_t d[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
	uint32_t first[2];

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		start_noting(seed, "ws://nowhere.example/", coming_back);
		for (size_t i = 0; i < COUNT(d); i++) {
			assert_int_equal(delay_count, i + 1);
			assert_int_equal(counts[i], i + 1);
			assert_in_range(delays[i], i == 0 ? 500 : d[i] / 2, d[i]);
			wait_for_next_try();
		}
		first[seed % 2] = delays[1];
		if (seed > 1)
			assert_int_not_equal(first[0], first[1]);
		caller_stop();
	}
}

/* Fails three times, is open that long, and breaks: the delay that follows. */
static uint32_t delay_after(uint32_t open_ms, struct nv_client_options options)
{
	struct sim_peer *peer;
	uint32_t delay;

	for (int i = 0; i < 3; i++)
		sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start_noting(1, URL, options);
	for (int i = 0; i < 3; i++) {
		assert_non_null(sim_next_connect());
		wait_for_next_try();
	}
	peer = caller_open_next();
	sim_advance(loop, open_ms);
	sim_peer_reset(peer);
	sim_settle(loop);
	delay = delays[delay_count - 1];
	caller_stop();
	return delay;
}

static void starts_anew_after_a_stable_connection(void **state)
{
	struct nv_client_options options = coming_back;

	(void)state;
	assert_in_range(delay_after(29999, options), 4000, 8000);
	assert_int_equal(counts[3], 4);
	assert_in_range(delay_after(30000, options), 500, 1000);
	assert_int_equal(counts[3], 0);
	options.stable_ms = 5000;
	assert_in_range(delay_after(5000, options), 500, 1000);
	options.stable_ms = NV_OFF;
	assert_in_range(delay_after(100000, options), 4000, 8000);
}

static void waits_as_it_was_told(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start_noting(1, URL, coming_back);
	sim_peer_send_text(sim_next_connect(), "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
	                                       "Content-Length: 0\r\n\r\n");
	sim_settle(loop);
	assert_in_range(delays[0], 7000, 7500);
	wait_for_next_try();
	peer = caller_open_next();
	caller_end(peer, 1001, "retry_after=2.500");
	assert_in_range(delays[1], 2500, 3500);
	caller_stop();
}

/* --- A crowd --- */

#define CROWD 10000u
#define OUTAGE_MS 120000u
#define AFTER_S 30u

static uint64_t crowd_start_ms;
static uint32_t arrivals[AFTER_S];

/* Whoever comes after the outage is back. */
static void crowd_fail(struct nv_client *one, void *user, const struct nv_failure *failure)
{
	uint64_t since_ms = nv_loop_now(loop) - crowd_start_ms;

	(void)user;
	(void)failure;
	if (since_ms < OUTAGE_MS)
		return;
	if (since_ms < OUTAGE_MS + AFTER_S * 1000)
		arrivals[(since_ms - OUTAGE_MS) / 1000]++;
	assert_int_equal(nv_client_close(one, 1000, NULL), 0);
}

static void a_crowd_comes_back_evenly(void **state)
{
	static struct nv_client *crowd[CROWD];
	struct nv_client_options options = { .reconnect = true, .on_fail = crowd_fail };
	uint32_t sum = 0, most = 0;

	(void)state;
	caller_begin();
	crowd_start_ms = nv_loop_now(loop);
	for (size_t i = 0; i < CROWD; i++)
		crowd[i] = nv_client_new(loop, "ws://nowhere.example/", &caller_handlers, &options);
	sim_advance(loop, OUTAGE_MS + AFTER_S * 1000);
	for (size_t i = 0; i < AFTER_S; i++) {
		sum += arrivals[i];
		most = arrivals[i] > most ? arrivals[i] : most;
	}
	assert_int_equal(sum, CROWD);
	assert_true(most * 10 <= 18 * (CROWD / AFTER_S));
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(nv_client_state_now(crowd[i]), NV_CLIENT_ENDED);
		nv_client_free(crowd[i]);
	}
	caller_stop();
}

/* --- What a retry mends --- */

/* What ended with a Close may wait for the socket's end. */
static void expect_verdict(bool again)
{
	const char *verdict = again ? "retry:yes,1 waiting " : "retry:no,1 ended ";

	if (!strstr(seen, "retry:"))
		fail_msg("no verdict in \"%s\"", seen);
	sim_advance(loop, 100000);
	if (!strstr(seen, verdict) && (again || !strstr(seen, "retry:no,1 closing ended ")))
		fail_msg("no \"%s\" in \"%s\"", verdict, seen);
	if (again)
		assert_non_null(sim_next_connect());
	else
		assert_null(sim_next_connect());
	caller_stop();
}

static void judges_answers(void **state)
{
	static const struct {
		int status;
		bool again;
	} cases[] = { { 200, false }, { 204, false }, { 302, false }, { 400, false },
		      { 401, false }, { 403, false }, { 404, false }, { 407, false },
		      { 408, true },  { 410, false }, { 425, true },  { 426, false },
		      { 429, true },  { 500, true },  { 501, false }, { 502, true },
		      { 503, true },  { 504, true },  { 505, false }, { 530, true } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char answer[128];

		snprintf(answer, sizeof answer, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n",
		         cases[i].status);
		caller_start(URL, coming_back);
		sim_peer_send_text(sim_next_connect(), answer);
		sim_settle(loop);
		expect_verdict(cases[i].again);
	}
	caller_start(URL, coming_back);
	sim_peer_send_text(sim_next_connect(), "SSH-2.0-OpenSSH\r\n");
	sim_settle(loop);
	expect_verdict(false);
	/* An answer that is cut off is none. */
	caller_start(URL, coming_back);
	{
		struct sim_peer *peer = sim_next_connect();

		sim_peer_send_text(peer, "HTTP/1.1 404 Not Found\r\nA: b");
		sim_peer_eof(peer);
	}
	sim_settle(loop);
	expect_verdict(true);
}

static void judges_closes(void **state)
{
	static const struct {
		uint16_t status;
		bool again;
	} cases[] = { { 1000, false }, { 1001, true },  { 1002, false }, { 1003, false },
		      { 1007, false }, { 1008, false }, { 1009, false }, { 1010, false },
		      { 1011, true },  { 1012, true },  { 1013, true },  { 1014, true },
		      { 3000, true },  { 4000, true },  { 4999, true } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		caller_start(URL, coming_back);
		caller_end(caller_open_next(), cases[i].status, "");
		expect_verdict(cases[i].again);
	}
	caller_start(URL, coming_back);
	sim_peer_send(caller_open_next(), "\x88\x00", 2);
	sim_settle(loop);
	expect_verdict(false);
	caller_start(URL, coming_back);
	sim_peer_eof(caller_open_next());
	sim_settle(loop);
	expect_verdict(true);
	/* A frame that is none: we found fault. */
	caller_start(URL, coming_back);
	sim_peer_send(caller_open_next(), "\xff\x00", 2);
	sim_settle(loop);
	expect_verdict(false);
}

/* The network goes in the middle of a message, and no ping is due. */
static void a_lost_network_is_no_fault_of_the_peer(void **state)
{
	struct nv_client_options options = coming_back;

	(void)state;
	options.message_timeout_ms = 1000;
	caller_start(URL, options);
	sim_peer_send(caller_open_next(),
	              "\x82\x05"
	              "ab",
	              4);
	sim_advance(loop, 1500);
	assert_seen("connecting open open close:1008 retry:yes,1 waiting ");
	sim_advance(loop, 1000);
	assert_non_null(sim_next_connect());
	caller_stop();
}

static void judges_what_it_was_told(void **state)
{
	static const char *const urls[] = { "http://a/", "ws://", "ws://u:p@127.0.0.1/" };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		caller_start(urls[i], coming_back);
		expect_verdict(false);
	}
}

/* --- What the program says --- */

static void say_no(const char *event, void *about)
{
	if (strcmp(event, "retry") == 0)
		((struct nv_retry *)about)->again = false;
}

static void change_url(const char *event, void *about)
{
	struct nv_retry *retry = about;

	if (strcmp(event, "retry") != 0)
		return;
	assert_false(retry->again);
	assert_int_equal(nv_client_set_url(client, "ws://127.0.0.1/other"), 0);
	assert_int_equal(nv_client_set_fields(client, "X-New: 1\r\n"), 0);
	retry->again = true;
	retry->delay_ms = 70;
}

static void close_then(const char *event, void *about)
{
	(void)about;
	if (strcmp(event, "retry") == 0)
		assert_int_equal(nv_client_close(client, 1000, NULL), 0);
}

static void the_program_has_the_last_word(void **state)
{
	const char *request;

	(void)state;
	caller_start(URL, coming_back);
	on_event = say_no;
	caller_end(caller_open_next(), 4000, "");
	assert_non_null(strstr(seen, "ended "));
	caller_stop();

	caller_start(URL, coming_back);
	on_event = close_then;
	caller_end(caller_open_next(), 4000, "");
	assert_seen("connecting open open close:4000 retry:yes,1 closing ended ");
	caller_stop();

	caller_start(URL, coming_back);
	on_event = change_url;
	sim_peer_send_text(sim_next_connect(), "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	sim_settle(loop);
	sim_advance(loop, 69);
	assert_null(sim_next_connect());
	sim_advance(loop, 1);
	request = caller_accept(sim_next_connect());
	assert_memory_equal(request, "GET /other ", 11);
	assert_non_null(strstr(request, "\r\nX-New: 1\r\n"));
	caller_stop();
}

static void counts_its_tries(void **state)
{
	struct nv_client_options options = coming_back;

	(void)state;
	options.max_tries = 3;
	caller_start("ws://nowhere.example/", options);
	sim_advance(loop, 100000);
	assert_non_null(strstr(seen, "retry:yes,2 "));
	assert_non_null(strstr(seen, "retry:no,3 ended "));
	assert_null(strstr(seen, "retry:no,3 ended connecting"));
	caller_stop();
}

static void hurries(void **state)
{
	(void)state;
	caller_start("ws://nowhere.example/", coming_back);
	nv_client_hurry(client);
	sim_settle(loop);
	assert_non_null(strstr(seen, "retry:yes,2 "));
	caller_stop();
	/* It does nothing else. */
	caller_start(URL, coming_back);
	nv_client_hurry(client);
	sim_settle(loop);
	caller_open_next();
	nv_client_hurry(client);
	sim_settle(loop);
	assert_seen("connecting open open ");
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	nv_client_hurry(client);
	sim_settle(loop);
	caller_stop();
}

/* --- Closing --- */

static void closes_an_open_connection(void **state)
{
	struct sim_peer *peer;
	struct nv_bytes took;

	(void)state;
	caller_start(URL, coming_back);
	peer = caller_open_next();
	assert_int_equal(nv_client_close(client, 1005, NULL), NV_ERR_INVALID);
	assert_int_equal(nv_client_close(client, 0, "why"), NV_ERR_INVALID);
	assert_int_equal(nv_client_close(client, 1000, "\xff"), NV_ERR_UTF8);
	assert_int_equal(nv_client_send(client, NV_TEXT, nv_str("last")), 0);
	assert_int_equal(nv_client_close(client, 4001, "enough"), 0);
	assert_int_equal(nv_client_close(client, 4001, "enough"), NV_ERR_CLOSED);
	assert_int_equal(nv_client_send(client, NV_TEXT, nv_str("x")), NV_ERR_CLOSED);
	sim_settle(loop);
	took = sim_peer_take(peer);
	assert_int_equal(took.len, 6 + 4 + 6 + 2 + 6);
	assert_int_equal(took.data[0], 0x81);
	assert_int_equal(took.data[10], 0x88);
	assert_int_equal(nv_client_state_now(client), NV_CLIENT_OPEN);
	caller_end(peer, 4001, "");
	assert_seen("connecting open open close:4001 closing ended ");
	assert_int_equal(nv_client_close(client, 1000, NULL), NV_ERR_CLOSED);
	sim_advance(loop, 100000);
	assert_null(sim_next_connect());
	caller_stop();
	assert_seen("");
}

/* The server has sent its Close, and has not ended the TCP connection yet. */
static struct sim_peer *start_closed(const char *status)
{
	struct sim_peer *peer;

	caller_start(URL, coming_back);
	peer = caller_open_next();
	sim_peer_send_text(peer, "\x88\x02");
	sim_peer_send_text(peer, status);
	sim_settle(loop);
	return peer;
}

/* It says that it has ended when its socket has: a program that leaves then resets nothing. */
static void waits_for_the_end_of_the_server(void **state)
{
	struct sim_peer *peer = start_closed("\x03\xe8");

	(void)state;
	assert_seen("connecting open open close:1000 retry:no,1 closing ");
	assert_int_equal(nv_client_send(client, NV_TEXT, nv_str("x")), NV_ERR_CLOSED);
	assert_int_equal(nv_client_close(client, 1000, NULL), NV_ERR_CLOSED);
	nv_client_hurry(client);
	sim_peer_send_text(peer, "and more");
	sim_advance(loop, 1900);
	assert_int_equal(sim_peer_unread(peer), 0);
	assert_false(sim_peer_closed(peer));
	assert_seen("");
	sim_peer_eof(peer);
	sim_settle(loop);
	assert_true(sim_peer_closed(peer));
	assert_seen("ended ");
	sim_advance(loop, 100000);
	assert_null(sim_next_connect());
	caller_stop();
	assert_seen("");
}

static void waits_for_that_end_no_longer_than_2_s(void **state)
{
	struct sim_peer *peer = start_closed("\x03\xe8");

	(void)state;
	sim_advance(loop, 1900);
	assert_seen("connecting open open close:1000 retry:no,1 closing ");
	sim_advance(loop, 400);
	assert_true(sim_peer_closed(peer));
	assert_seen("ended ");
	caller_stop();
}

/* A client that waited for its next try has the socket of the last one still. */
static void waits_for_that_end_although_it_would_have_come_back(void **state)
{
	struct sim_peer *peer = start_closed("\x03\xe9");

	(void)state;
	assert_seen("connecting open open close:1001 retry:yes,1 waiting ");
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	sim_settle(loop);
	assert_seen("closing ");
	sim_peer_eof(peer);
	sim_settle(loop);
	assert_seen("ended ");
	caller_stop();
}

static void may_be_freed_while_it_waits_for_that_end(void **state)
{
	struct sim_peer *peer = start_closed("\x03\xe8");

	(void)state;
	nv_client_free(client);
	client = NULL;
	sim_settle(loop);
	assert_true(sim_peer_closed(peer));
	assert_seen("connecting open open close:1000 retry:no,1 closing ");
	caller_stop();
}

/* A peer that does not answer holds nothing up. */
static void closes_without_an_answer(void **state)
{
	(void)state;
	caller_start(URL, coming_back);
	caller_open_next();
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	sim_advance(loop, 6000);
	assert_seen("connecting open open close:1006 ended ");
	caller_stop();
}

/* Nobody confirms, so the Close does not wait for that longer than its own answer might take. */
static void closes_although_nothing_is_confirmed(void **state)
{
	struct nv_client_options options = coming_back;
	struct sim_peer *peer;

	(void)state;
	options.delivery = NV_CONFIRMED;
	caller_start(URL, options);
	peer = caller_open_next();
	assert_int_equal(nv_client_send(client, NV_TEXT, nv_str("x")), 0);
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	sim_advance(loop, 4900);
	assert_null(find_bytes(sim_peer_take(peer).data, 1, "\x88", 1));
	sim_advance(loop, 200);
	assert_int_equal(sim_peer_take(peer).data[0], 0x88);
	caller_end(peer, 1000, "");
	assert_seen("connecting open open close:1000 closing ended ");
	caller_stop();
}

/* A slow peer gets all that was before the Close. */
static void closes_behind_all_that_gets_on(void **state)
{
	static const uint8_t data[10000];
	struct nv_account account;
	struct sim_peer *peer;
	size_t got = 0;

	(void)state;
	caller_start(URL, coming_back);
	peer = caller_open_next();
	sim_peer_set_window(peer, 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(
			nv_client_send(client, NV_BINARY, (struct nv_bytes){ data, sizeof data }),
			0);
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	for (int i = 0; i < 25 && got < 100 * (sizeof data + 8) + 8; i++) {
		sim_advance(loop, 4000);
		sim_peer_set_window(peer, 50000);
		sim_settle(loop);
		got += sim_peer_take(peer).len;
	}
	assert_int_equal(got, 100 * (sizeof data + 8) + 8);
	caller_end(peer, 1000, "");
	nv_client_account(client, &account);
	assert_int_equal(account.sent, 100);
	assert_seen("connecting open open close:1000 closing ended ");
	caller_stop();
	/* And who takes nothing does not hold it up. */
	caller_start(URL, coming_back);
	peer = caller_open_next();
	sim_peer_set_window(peer, 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(
			nv_client_send(client, NV_BINARY, (struct nv_bytes){ data, sizeof data }),
			0);
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	sim_advance(loop, 10500);
	assert_seen("connecting open open close:1006 ended ");
	caller_stop();
}

/* At every step of a try, when nothing is to be sent; and while it waits. */
static void closes_without_a_connection(void **state)
{
	(void)state;
	for (int turns = 0; turns < 8; turns++) {
		caller_begin();
		client = caller_new(URL, coming_back);
		for (int i = 0; i < turns; i++)
			sim_turn(loop);
		assert_int_equal(nv_client_close(client, 1000, NULL), 0);
		sim_settle(loop);
		if (turns == 0)
			assert_non_null(strstr(seen, "ended "));
		else
			assert_seen("connecting ended ");
		sim_advance(loop, 100000);
		caller_stop();
	}
	caller_start("ws://nowhere.example/", coming_back);
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	sim_settle(loop);
	assert_non_null(strstr(seen, "waiting ended "));
	caller_stop();
}

/* The status says what was meant; who aborts has not said that it is over. */
static void the_end_of_one_connection_is_judged(void **state)
{
	struct sim_peer *peer;

	(void)state;
	caller_start(URL, coming_back);
	peer = caller_open_next();
	assert_int_equal(nv_conn_close(nv_client_conn(client), 1000, NULL), 0);
	sim_settle(loop);
	caller_end(peer, 1000, "");
	expect_verdict(false);
	caller_start(URL, coming_back);
	caller_open_next();
	nv_conn_abort(nv_client_conn(client));
	sim_settle(loop);
	expect_verdict(true);
}

/* --- Callbacks that act --- */

static const char *const events[] = { "connecting", "open",  "message", "close",
	                              "fail",       "retry", "waiting", "ended" };
static const char *act_at;
static size_t act_number;
static bool acted;

static void act_free(void)
{
	nv_client_free(client);
}

static void act_close(void)
{
	(void)nv_client_close(client, 1000, "bye");
}

static void act_set_url(void)
{
	assert_int_equal(nv_client_set_url(client, "ws://127.0.0.1/new"), 0);
}

static void act_hurry(void)
{
	nv_client_hurry(client);
}

static void act_send(void)
{
	(void)nv_client_send(client, NV_TEXT, nv_str("hello"));
}

static void act_abort(void)
{
	if (nv_client_conn(client))
		nv_conn_abort(nv_client_conn(client));
}

static void (*const acts[])(void) = { act_free,  act_close, act_set_url,
	                              act_hurry, act_send,  act_abort };

static void act(const char *event, void *about)
{
	(void)about;
	if (acted || strcmp(event, act_at) != 0)
		return;
	acted = true;
	acts[act_number]();
}

/* A try that fails, one that opens, a message, the end, another try. */
static void play_life(void)
{
	struct sim_peer *peer;

	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	caller_begin();
	acted = false;
	on_event = act;
	client = caller_new(URL, coming_back);
	sim_settle(loop);
	(void)sim_next_connect();
	sim_advance(loop, 1000);
	peer = sim_next_connect();
	if (peer && !sim_peer_closed(peer)) {
		caller_accept(peer);
		if (!sim_peer_closed(peer))
			sim_peer_send(peer, "\x81\x02hi", 4);
		sim_settle(loop);
		if (!sim_peer_closed(peer) && !sim_peer_ended(peer))
			caller_end(peer, 1001, "");
	}
	sim_advance(loop, 3000);
	peer = sim_next_connect();
	if (peer && !sim_peer_closed(peer))
		sim_peer_send_text(peer, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	sim_advance(loop, 10000);
}

static void callbacks_may_do_anything(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		for (act_number = 0; act_number < COUNT(acts); act_number++) {
			bool freed;

			act_at = events[i];
			play_life();
			assert_true(acted);
			freed = acts[act_number] == act_free;
			if (freed)
				client = NULL;
			else
				assert_int_equal(nv_client_state_now(client), NV_CLIENT_ENDED);
			if (freed)
				assert_null(strstr(seen, "ended connecting"));
			caller_stop();
		}
	}
}

/* Nothing is told after it was freed, but on_close of what was open. */
static void is_silent_once_it_is_freed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		const char *last;

		act_at = events[i];
		act_number = 0;
		play_life();
		last = strstr(seen, act_at);
		assert_non_null(last);
		last = strchr(last, ' ') + 1;
		if (strcmp(act_at, "open") == 0 || strcmp(act_at, "message") == 0)
			assert_string_equal(last, "close:1006 ");
		else if (strcmp(act_at, "fail") != 0)
			assert_string_equal(last, "");
		client = NULL;
		caller_stop();
	}
}

/* --- One at a time --- */

static void waits_for_its_turn(void **state)
{
	struct nv_client *second;
	struct sim_peer *peer;

	(void)state;
	caller_begin();
	client = caller_new(URL, coming_back);
	second = caller_new("ws://127.0.0.1/second", coming_back);
	sim_settle(loop);
	peer = sim_next_connect();
	assert_non_null(peer);
	assert_null(sim_next_connect());
	sim_advance(loop, 9000);
	assert_null(sim_next_connect());
	/* The wait is not the second one's fault: it has all its time. */
	sim_advance(loop, 999);
	sim_peer_send_text(peer, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
	sim_settle(loop);
	peer = sim_next_connect();
	assert_memory_equal(caller_said(peer), "GET /second ", 12);
	sim_advance(loop, 9999);
	assert_non_null(strstr(seen, "503"));
	assert_null(strstr(seen, "timed out"));
	nv_client_free(second);
	caller_stop();
}

static void waits_without_losing_time(void **state)
{
	struct nv_client_options options = coming_back;
	struct nv_client *second;

	(void)state;
	sim_on_connect(SIM_HANG, 0);
	sim_on_connect(SIM_HANG, 0);
	caller_begin();
	client = caller_new(URL, coming_back);
	options.connect_timeout_ms = 3000;
	second = caller_new(URL, options);
	sim_advance(loop, 14999);
	assert_seen("connecting connecting ");
	sim_advance(loop, 1);
	assert_memory_equal(seen, "fail:connect,timed out", 22);
	seen[0] = '\0';
	(void)nv_client_close(client, 1000, NULL);
	sim_advance(loop, 2999);
	assert_null(strstr(seen, "fail"));
	sim_advance(loop, 1);
	assert_non_null(strstr(seen, "fail:connect,timed out"));
	nv_client_free(second);
	caller_stop();
}

static void need_not_wait_for_its_turn(void **state)
{
	struct nv_client_options options = { .simultaneous = true };
	struct nv_client *second;

	(void)state;
	caller_begin();
	client = caller_new(URL, options);
	second = caller_new(URL, options);
	sim_settle(loop);
	assert_non_null(sim_next_connect());
	assert_non_null(sim_next_connect());
	nv_client_free(second);
	caller_stop();
}

/* --- Being watched --- */

static void note_trace(struct nv_client *watched, void *user, enum nv_trace what,
                       struct nv_bytes text)
{
	static const char *const names[] = { "resolved", "connected", "proxy?", "proxy!",
		                             "tls",      "request",   "answer", "redirect" };

	(void)watched;
	(void)user;
	saw("%s<%.*s> ", names[what],
	    what >= NV_TRACE_REQUEST && text.len > 16 ? 16 : (int)text.len,
	    (const char *)text.data);
}

static void shows_its_way(void **state)
{
	struct nv_client_options options = coming_back;
	struct nv_timing timing;
	struct sim_peer *peer;

	(void)state;
	sim_on_resolve("two.example", "192.0.2.7 2001:db8::1", NULL);
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	options.on_trace = note_trace;
	caller_start("ws://two.example/", options);
	(void)sim_next_connect();
	peer = sim_next_connect();
	sim_advance(loop, 30);
	sim_peer_send_text(peer, "HTTP/1.1 103 A\r\n\r\n");
	caller_accept(peer);
	assert_seen(
		"connecting resolved<192.0.2.7:80 [2001:db8::1]:80> connected<[2001:db8::1]:80> "
		"request<GET / HTTP/1.1\r\n> answer<HTTP/1.1 103 A\r\n> answer<HTTP/1.1 101 Swi> "
		"open open ");
	nv_client_timing(client, &timing);
	assert_int_equal(timing.handshake_us, 30000);
	assert_int_equal(timing.tls_us, 0);
	assert_int_equal(timing.proxy_us, 0);
	caller_stop();
}

static int trace_left;

static void free_in_trace(struct nv_client *watched, void *user, enum nv_trace what,
                          struct nv_bytes text)
{
	(void)user;
	(void)what;
	(void)text;
	if (trace_left-- == 0) {
		nv_client_free(watched);
		client = NULL;
	}
}

static void may_be_freed_while_it_is_watched(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct nv_client_options options = coming_back;
		struct sim_peer *peer;

		trace_left = i;
		options.on_trace = free_in_trace;
		caller_start(URL, options);
		peer = sim_next_connect();
		if (peer && !sim_peer_closed(peer))
			caller_accept(peer);
		assert_int_equal(client != NULL, i == 4);
		assert_int_equal(strstr(seen, "open") != NULL, i == 4);
		caller_stop();
	}
}

/* --- Options --- */

static void tells_who_it_is(void **state)
{
	struct nv_client_options options = coming_back;
	const char *request;

	(void)state;
	options.cookie = "a=1; b=2";
	options.credentials = "anna:secret:x";
	options.fields = "X-More: 1\r\n";
	caller_start(URL, options);
	request = caller_accept(sim_next_connect());
	assert_non_null(strstr(request, "\r\nCookie: a=1; b=2\r\n"));
	assert_non_null(strstr(request, "\r\nAuthorization: Basic YW5uYTpzZWNyZXQ6eA==\r\n"));
	assert_non_null(strstr(request, "\r\nX-More: 1\r\n"));
	caller_stop();
	/* What would be another line is refused. */
	for (int i = 0; i < 4; i++) {
		options = (struct nv_client_options){ 0 };
		if (i == 0)
			options.cookie = "a\r\nX: y";
		else if (i == 1)
			options.credentials = "a:b\nc";
		else if (i == 2)
			options.credentials = "nocolon";
		else
			options.fields = "X: y";
		options.reconnect = true;
		caller_start(URL, options);
		assert_int_equal(sim_peer_take(sim_next_connect()).len, 0);
		assert_non_null(strstr(seen, "fail:handshake,invalid argument,0,"));
		expect_verdict(false);
	}
}

/* --- Secrets --- */

static bool secret_freed;
static size_t secret_blocks;

/* Blocks with their size in front. */
static void *watched_new(size_t size)
{
	size_t *block = malloc(sizeof(max_align_t) + size);

	if (!block)
		return NULL;
	*block = size;
	secret_blocks++;
	return (uint8_t *)block + sizeof(max_align_t);
}

static void watched_free(void *context, void *ptr)
{
	size_t *block = (void *)((uint8_t *)ptr - sizeof(max_align_t));

	(void)context;
	if (find_bytes(ptr, *block, "secret", 6))
		secret_freed = true;
	secret_blocks--;
	free(block);
}

static void *watched_realloc(void *context, void *ptr, size_t size)
{
	void *moved = watched_new(size);
	size_t kept = ptr ? *(size_t *)(void *)((uint8_t *)ptr - sizeof(max_align_t)) : 0;

	if (!moved || !ptr)
		return moved;
	memcpy(moved, ptr, kept < size ? kept : size);
	watched_free(context, ptr);
	return moved;
}

static void leaves_no_secrets_behind(void **state)
{
	static const struct nv_allocator watched = { watched_realloc, watched_free, NULL };
	struct nv_client_options options = coming_back;

	(void)state;
	nv_set_allocator(&watched);
	options.cookie = "a=secret1";
	options.credentials = "anna:secret2";
	options.fields = "X: secret3\r\n";
	options.proxy = "http://u:secret4@192.0.2.9/";
	loop = nv_loop_new();
	client = caller_new(URL, options);
	assert_int_equal(nv_client_set_fields(client, "X: secret5\r\n"), 0);
	nv_client_free(client);
	sim_settle(loop);
	nv_loop_free(loop);
	nv_set_allocator(NULL);
	assert_int_equal(secret_blocks, 0);
	assert_false(secret_freed);
}

/* --- Its connections --- */

static void find_client(const char *event, void *about)
{
	if (strcmp(event, "close") == 0 || (strcmp(event, "open") == 0 && about != client))
		assert_ptr_equal(nv_conn_client(about), client);
}

static void is_known_by_its_connections(void **state)
{
	(void)state;
	caller_start(URL, coming_back);
	on_event = find_client;
	sim_peer_reset(caller_open_next());
	sim_settle(loop);
	assert_seen("connecting open open close:1006 retry:yes,1 waiting ");
	caller_stop();
	/* It needs no handlers. */
	caller_begin();
	client = nv_client_new(loop, URL, NULL, NULL);
	sim_settle(loop);
	caller_open_next();
	assert_int_equal(nv_client_state_now(client), NV_CLIENT_OPEN);
	caller_stop();
}

/* --- Pings --- */

/* How long the next ping takes that is answered at once. */
static uint32_t answer_next_ping(struct sim_peer *peer)
{
	uint32_t waited_ms = 0;
	struct nv_bytes took;

	do {
		sim_advance(loop, 250);
		waited_ms += 250;
		took = sim_peer_take(peer);
	} while (took.len == 0 && waited_ms < 100000);
	assert_true(took.len > 0 && took.data[0] == 0x89);
	sim_peer_send(peer, "\x8a\x00", 2);
	sim_settle(loop);
	return waited_ms;
}

/* Between 24 s and 35.5 s: with two ticks and the pong's deadline, the dead are noticed within 46 s. */
static void spreads_its_pings(void **state)
{
	uint32_t least = UINT32_MAX, most = 0;
	struct sim_peer *peer;

	(void)state;
	caller_start(URL, (struct nv_client_options){ 0 });
	peer = caller_open_next();
	sim_peer_take(peer);
	for (int i = 0; i < 1000; i++) {
		uint32_t waited_ms = answer_next_ping(peer);

		least = waited_ms < least ? waited_ms : least;
		most = waited_ms > most ? waited_ms : most;
	}
	assert_in_range(least, 24000, 24250);
	assert_in_range(most, 35250, 35500);
	caller_stop();
}

/* --- Memory --- */

/* What came of a life in which one allocation failed: it opens at last, since there is memory again. */
static void live_without_memory(size_t nth)
{
	struct nv_client_options options = with_retry(100, 100);
	struct sim_peer *peer;

	caller_begin();
	options.cookie = "a=1";
	options.credentials = "a:b";
	options.subprotocols = "a";
	failing_alloc_fail(nth, FAIL_ONCE);
	client = caller_new(URL, options);
	if (!client)
		return;
	for (int i = 0; i < 4 && nv_client_state_now(client) != NV_CLIENT_OPEN; i++) {
		sim_settle(loop);
		peer = sim_next_connect();
		if (peer && !sim_peer_closed(peer))
			caller_accept(peer);
		else
			sim_advance(loop, 100);
	}
	assert_int_equal(nv_client_state_now(client), NV_CLIENT_OPEN);
	nv_conn_abort(nv_client_conn(client));
	sim_advance(loop, 100);
	assert_int_not_equal(nv_client_state_now(client), NV_CLIENT_ENDED);
}

static void survives_without_memory(void **state)
{
	bool complete = false;
	size_t nth = 0;

	(void)state;
	while (!complete) {
		live_without_memory(++nth);
		complete = client && failing_alloc_count() < nth;
		failing_alloc_fail(0, FAIL_ONCE);
		caller_stop();
		assert_true(nth < 300);
	}
	assert_true(nth > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-20 comes back", comes_back),
		unit_case("CH-20 tries the first connection again",
		          tries_the_first_connection_again),
		cmocka_unit_test(ends_unless_it_was_asked_to_come_back),
		cmocka_unit_test(does_not_wait_for_the_last_word),
		unit_case("CH-20 delays", waits_longer_each_time),
		unit_case("CH-20 30 s of stable connection", starts_anew_after_a_stable_connection),
		unit_case("CH-20 CH-21 waits as it was told", waits_as_it_was_told),
		unit_case("CH-20 10,000 clients after an outage of two minutes",
		          a_crowd_comes_back_evenly),
		unit_case("CH-21 HTTP answers", judges_answers),
		unit_case("CH-21 Close", judges_closes),
		unit_case("CH-21 a message that does not arrive",
		          a_lost_network_is_no_fault_of_the_peer),
		unit_case("CH-21 URLs", judges_what_it_was_told),
		unit_case("CH-21 the program has the last word", the_program_has_the_last_word),
		cmocka_unit_test(counts_its_tries),
		cmocka_unit_test(hurries),
		cmocka_unit_test(closes_an_open_connection),
		cmocka_unit_test(waits_for_the_end_of_the_server),
		cmocka_unit_test(waits_for_that_end_no_longer_than_2_s),
		cmocka_unit_test(waits_for_that_end_although_it_would_have_come_back),
		cmocka_unit_test(may_be_freed_while_it_waits_for_that_end),
		cmocka_unit_test(closes_without_an_answer),
		cmocka_unit_test(closes_although_nothing_is_confirmed),
		cmocka_unit_test(closes_behind_all_that_gets_on),
		cmocka_unit_test(closes_without_a_connection),
		unit_case("CH-21 the end of one connection", the_end_of_one_connection_is_judged),
		cmocka_unit_test(callbacks_may_do_anything),
		cmocka_unit_test(is_silent_once_it_is_freed),
		unit_case("CH-04 waits for its turn", waits_for_its_turn),
		unit_case("CH-04 CH-22 waits without losing time", waits_without_losing_time),
		cmocka_unit_test(need_not_wait_for_its_turn),
		cmocka_unit_test(shows_its_way),
		cmocka_unit_test(may_be_freed_while_it_is_watched),
		cmocka_unit_test(tells_who_it_is),
		cmocka_unit_test(leaves_no_secrets_behind),
		cmocka_unit_test(is_known_by_its_connections),
		cmocka_unit_test(spreads_its_pings),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
