/* SPDX-License-Identifier: MIT */
/* test_client_send.c: what nv_client_send takes, through connections that come and go, in virtual time. What
 * the queue does by itself stands in test_outbox.c. */
#include "ws/caller.h"

#include "support/frames.h"

#define URL "ws://127.0.0.1/"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct nv_client_options coming_back = { .reconnect = true, .retry_max_ms = 1000 };

/* --- The far end --- */

static void note_frame(const struct frame *frame)
{
	if (frame->opcode == NV_PING)
		saw("? ");
	else if (frame->opcode == NV_CLOSE)
		saw("Close ");
	else
		saw("%.*s ", (int)frame->payload.len, (const char *)frame->payload.data);
}

/* What has arrived there as a whole: texts, "?" for a ping. */
static void assert_arrived(struct sim_peer *peer, const char *expected)
{
	struct nv_bytes took = sim_peer_take(peer);
	struct frame frame;

	assert_seen("");
	while (frame_take(&took, NV_CLIENT, &frame)) {
		note_frame(&frame);
		blob_free(&frame.payload);
	}
	assert_seen(expected);
}

static size_t count_arrived(struct sim_peer *peer)
{
	struct nv_bytes took = sim_peer_take(peer);
	struct frame frame;
	size_t count = 0;

	while (frame_take(&took, NV_CLIENT, &frame)) {
		count += frame.opcode == NV_TEXT;
		blob_free(&frame.payload);
	}
	return count;
}

/* The pong to the first ping of the client, with that payload. */
static void answer_ping(struct sim_peer *peer)
{
	struct nv_bytes took = sim_peer_take(peer);
	struct frame frame;
	bool done = false;

	while (!done && frame_take(&took, NV_CLIENT, &frame)) {
		uint8_t head[2] = { 0x8a, (uint8_t)frame.payload.len };

		done = frame.opcode == NV_PING;
		if (done) {
			sim_peer_send(peer, head, sizeof head);
			sim_peer_send(peer, frame.payload.data, frame.payload.len);
		}
		blob_free(&frame.payload);
	}
	assert_true(done);
	sim_settle(loop);
}

/* --- The client --- */

static int put(const char *text)
{
	return nv_client_send(client, NV_TEXT, nv_str(text));
}

/* "waiting sent dropped confirmed uncertain", and whether it adds up. */
static void assert_account(const char *expected)
{
	struct nv_account account;
	char text[128];

	nv_client_account(client, &account);
	assert_int_equal(account.taken, account.waiting + account.sent + account.dropped);
	snprintf(text, sizeof text, "%d %d %d %d %d", (int)account.waiting, (int)account.sent,
	         (int)account.dropped, (int)account.confirmed, (int)account.uncertain);
	assert_string_equal(text, expected);
}

static struct nv_client_options with_delivery(enum nv_delivery delivery)
{
	struct nv_client_options options = coming_back;

	options.delivery = delivery;
	return options;
}

/* A client whose connection is open, and that was seen. */
static struct sim_peer *start_open(struct nv_client_options options)
{
	struct sim_peer *peer;

	caller_start(URL, options);
	peer = caller_open_next();
	assert_seen("connecting open open ");
	return peer;
}

static struct sim_peer *come_back(void)
{
	struct sim_peer *peer;

	sim_advance(loop, 1000);
	peer = caller_open_next();
	assert_seen("connecting open open ");
	return peer;
}

static void break_off(struct sim_peer *peer)
{
	sim_peer_reset(peer);
	sim_settle(loop);
	assert_seen("close:1006 retry:yes,1 waiting ");
}

/* --- Sending --- */

static void put_first_of_all(const char *event, void *about)
{
	if (strcmp(event, "open") == 0 && about != client)
		assert_int_equal(put("c"), 0);
}

static void sends_what_waited(void **state)
{
	struct sim_peer *peer;

	(void)state;
	caller_start(URL, coming_back);
	on_event = put_first_of_all;
	assert_int_equal(put("a"), 0);
	assert_int_equal(nv_client_send(client, NV_BINARY, nv_str("b")), 0);
	assert_account("2 0 0 0 0");
	peer = caller_open_next();
	assert_seen("connecting open open ");
	assert_arrived(peer, "a b c ");
	assert_int_equal(put("d"), 0);
	sim_settle(loop);
	assert_arrived(peer, "d ");
	assert_account("0 4 0 0 0");
	/* What goes by the connection itself is another matter. */
	assert_int_equal(nv_conn_send_text(nv_client_conn(client), "e"), 0);
	sim_settle(loop);
	assert_arrived(peer, "e ");
	assert_account("0 4 0 0 0");
	caller_stop();
}

static void sends_batch_after_batch(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(coming_back);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(put("x"), 0);
	sim_settle(loop);
	assert_int_equal(count_arrived(peer), 1000);
	/* And when the peer makes it wait. */
	sim_peer_set_window(peer, 100);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(put("x"), 0);
	sim_settle(loop);
	assert_account("744 1256 0 0 0");
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(loop);
	assert_account("0 2000 0 0 0");
	caller_stop();
}

static void has_the_documented_limits(void **state)
{
	static const char large[3 * 1048576];
	struct nv_bytes message = { (const uint8_t *)large, 1048575 };

	(void)state;
	caller_start(URL, coming_back);
	assert_int_equal(nv_client_send(client, NV_BINARY, message), 0);
	/* Below the limit one of any size is taken. */
	message.len = sizeof large;
	assert_int_equal(nv_client_send(client, NV_BINARY, message), 0);
	assert_int_equal(put(""), NV_ERR_FULL);
	message.len = 0x40000000;
	assert_int_equal(nv_client_send(client, NV_BINARY, message), NV_ERR_TOO_BIG);
	caller_stop();
	seen[0] = '\0';
	caller_start(URL, coming_back);
	for (int i = 0; i < 1024; i++)
		assert_int_equal(put("x"), 0);
	assert_int_equal(put("x"), NV_ERR_FULL);
	assert_account("1024 0 0 0 0");
	assert_int_equal(nv_client_send(client, NV_PING, nv_str("x")), NV_ERR_INVALID);
	assert_int_equal(put("\xff"), NV_ERR_UTF8);
	caller_stop();
}

/* --- Breaks --- */

static void sends_the_rest_on_the_next_connection(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(coming_back);
	sim_peer_set_window(peer, 10);
	put("a");
	put("b");
	sim_settle(loop);
	put("c");
	sim_settle(loop);
	assert_arrived(peer, "a ");
	break_off(peer);
	assert_account("2 1 0 0 0");
	put("d");
	assert_arrived(come_back(), "b c d ");
	caller_stop();
}

static void sends_again_what_is_not_confirmed(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(with_delivery(NV_AT_LEAST_ONCE));
	put("a");
	sim_settle(loop);
	answer_ping(peer);
	assert_account("0 1 0 1 0");
	put("b");
	sim_settle(loop);
	assert_arrived(peer, "b ");
	/* Of time alone it is asked again. */
	sim_advance(loop, 500);
	assert_arrived(peer, "? ");
	break_off(peer);
	peer = come_back();
	assert_arrived(peer, "b ? ");
	caller_stop();
}

static void pass_on_pong(struct nv_conn *conn, struct nv_bytes data)
{
	(void)conn;
	saw("pong:%.*s ", (int)data.len, (const char *)data.data);
}

static void hides_its_own_pongs(void **state)
{
	const struct nv_handlers handlers = { .on_pong = pass_on_pong };
	struct nv_client_options options = with_delivery(NV_CONFIRMED);
	struct sim_peer *peer;

	(void)state;
	caller_begin();
	client = nv_client_new(loop, URL, &handlers, &options);
	sim_settle(loop);
	peer = caller_open_next();
	put("a");
	sim_settle(loop);
	answer_ping(peer);
	assert_account("0 1 0 1 0");
	assert_seen("");
	sim_peer_send(peer, "\x8a\x02me", 4);
	sim_settle(loop);
	assert_seen("pong:me ");
	caller_stop();
}

/* --- The end --- */

static void account_at_the_end(const char *event, void *about)
{
	(void)about;
	if (strcmp(event, "ended") == 0)
		assert_account("0 2 1 0 0");
}

static void closes_behind_what_waits(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(coming_back);
	sim_peer_set_window(peer, 7);
	put("a");
	sim_settle(loop);
	put("b");
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	assert_int_equal(put("c"), NV_ERR_CLOSED);
	sim_settle(loop);
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(loop);
	assert_arrived(peer, "a b Close ");
	caller_end(peer, 1000, "");
	assert_seen("close:1000 closing ended ");
	assert_account("0 2 0 0 0");
	assert_int_equal(put("d"), NV_ERR_CLOSED);
	caller_stop();
}

/* Three are given, of which two have left, when the connection breaks; and the client was told to close. */
static void drops_what_waits_at_the_end(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(coming_back);
	sim_peer_set_window(peer, 14);
	put("a");
	put("b");
	put("c");
	sim_settle(loop);
	assert_int_equal(nv_client_close(client, 1000, NULL), 0);
	on_event = account_at_the_end;
	sim_peer_reset(peer);
	sim_settle(loop);
	assert_seen("close:1006 ended ");
	assert_account("0 2 1 0 0");
	caller_stop();
	/* And while it waits for the next try. */
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	caller_start(URL, coming_back);
	put("a");
	nv_client_close(client, 1000, NULL);
	sim_settle(loop);
	assert_account("0 0 1 0 0");
	assert_non_null(strstr(seen, "waiting ended "));
	caller_stop();
}

/* "new; send; close" delivers, however far it has come. */
static void closes_behind_what_waits_for_a_try(void **state)
{
	(void)state;
	for (int turns = 0; turns < 8; turns++) {
		struct sim_peer *peer;

		caller_begin();
		client = caller_new(URL, coming_back);
		for (int i = 0; i < turns; i++)
			sim_turn(loop);
		put("a");
		put("b");
		assert_int_equal(nv_client_close(client, 1000, NULL), 0);
		sim_settle(loop);
		assert_int_equal(put("c"), NV_ERR_CLOSED);
		peer = caller_open_next();
		assert_seen("connecting open open ");
		assert_arrived(peer, "a b Close ");
		caller_end(peer, 1000, "");
		assert_seen("close:1000 closing ended ");
		assert_account("0 2 0 0 0");
		caller_stop();
	}
}

static void close_when_connecting(const char *event, void *about)
{
	(void)about;
	if (strcmp(event, "connecting") == 0)
		assert_int_equal(nv_client_close(client, 1000, NULL), 0);
}

/* From inside, too; and what confirms is waited for, but not for ever. */
static void closes_behind_what_is_confirmed_later(void **state)
{
	struct sim_peer *peer;

	(void)state;
	caller_begin();
	on_event = close_when_connecting;
	client = caller_new(URL, with_delivery(NV_CONFIRMED));
	put("a");
	sim_settle(loop);
	peer = caller_open_next();
	sim_advance(loop, 4900);
	assert_seen("connecting open open ");
	assert_arrived(peer, "a ? ");
	sim_advance(loop, 200);
	assert_arrived(peer, "Close ");
	seen[0] = '\0';
	caller_stop();
	seen[0] = '\0';
}

/* That try is the last one. */
static void drops_what_waits_for_a_try_that_fails(void **state)
{
	(void)state;
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	caller_begin();
	client = caller_new(URL, coming_back);
	put("a");
	nv_client_close(client, 1000, NULL);
	sim_settle(loop);
	assert_seen("connecting fail:connect,connection refused,0,127.0.0.1:80: connection refused "
	            "ended ");
	assert_account("0 0 1 0 0");
	caller_stop();
	/* Its deadlines bound it. */
	sim_on_connect(SIM_HANG, 0);
	caller_start(URL, coming_back);
	put("a");
	nv_client_close(client, 1000, NULL);
	sim_advance(loop, 14900);
	assert_account("1 0 0 0 0");
	sim_advance(loop, 200);
	assert_account("0 0 1 0 0");
	assert_int_equal(nv_client_state_now(client), NV_CLIENT_ENDED);
	seen[0] = '\0';
	caller_stop();
}

/* Nobody comes back: what waited is dropped. */
static void drops_what_waits_when_it_fails(void **state)
{
	(void)state;
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	caller_begin();
	client = caller_new(URL, (struct nv_client_options){ 0 });
	put("a");
	sim_settle(loop);
	assert_account("0 0 1 0 0");
	assert_int_equal(put("b"), NV_ERR_CLOSED);
	caller_stop();
}

static void closes_when_all_is_confirmed(void **state)
{
	static const enum nv_delivery deliveries[] = { NV_CONFIRMED, NV_AT_LEAST_ONCE };

	(void)state;
	for (size_t i = 0; i < COUNT(deliveries); i++) {
		struct sim_peer *peer = start_open(with_delivery(deliveries[i]));

		put("a");
		nv_client_close(client, 1000, NULL);
		sim_settle(loop);
		answer_ping(peer);
		assert_arrived(peer, "Close ");
		assert_account("0 1 0 1 0");
		caller_end(peer, 1000, "");
		assert_seen("close:1000 closing ended ");
		caller_stop();
	}
}

/* A peer that does not answer pings does not hold it up for ever. Its Close, whatever the status, confirms
 * nothing: it may have been sent before ours was read. */
static void closes_in_time(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(with_delivery(NV_CONFIRMED));
	put("a");
	nv_client_close(client, 1000, NULL);
	sim_advance(loop, 4900);
	assert_arrived(peer, "a ? ");
	sim_advance(loop, 200);
	assert_arrived(peer, "Close ");
	assert_account("0 1 0 0 0");
	caller_end(peer, 1000, "");
	assert_seen("close:1000 closing ended ");
	assert_account("0 1 0 0 1");
	caller_stop();
	peer = start_open(with_delivery(NV_CONFIRMED));
	put("a");
	nv_client_close(client, 1000, NULL);
	sim_advance(loop, 5100);
	caller_end(peer, 1001, "");
	assert_account("0 1 0 0 1");
	seen[0] = '\0';
	caller_stop();
}

static void is_uncertain_of_what_had_left(void **state)
{
	struct sim_peer *peer;

	(void)state;
	peer = start_open(with_delivery(NV_AT_LEAST_ONCE));
	put("a");
	sim_settle(loop);
	nv_client_close(client, 1000, NULL);
	sim_settle(loop);
	sim_peer_reset(peer);
	sim_settle(loop);
	assert_seen("close:1006 ended ");
	assert_account("0 1 0 0 1");
	caller_stop();
}

/* --- Memory --- */

/* Two messages, a break, and all that comes of it; how much was asked for. */
static size_t play(size_t failing)
{
	struct nv_account account;
	struct sim_peer *peer;
	size_t count;

	peer = start_open(with_delivery(NV_AT_LEAST_ONCE));
	failing_alloc_fail(failing, FAIL_ONCE);
	(void)put("a");
	(void)put("b");
	sim_settle(loop);
	sim_peer_reset(peer);
	sim_settle(loop);
	for (int i = 0; i < 10; i++) {
		sim_advance(loop, 2000);
		peer = sim_next_connect();
		if (peer && !sim_peer_closed(peer))
			(void)caller_accept(peer);
	}
	count = failing_alloc_count();
	failing_alloc_fail(0, FAIL_ONCE);
	sim_advance(loop, 1000);
	nv_client_account(client, &account);
	assert_in_range(account.taken, failing ? 1 : 2, 2);
	assert_int_equal(account.sent, account.taken);
	seen[0] = '\0';
	caller_stop();
	seen[0] = '\0';
	return count;
}

static void loses_nothing_when_an_allocation_fails(void **state)
{
	size_t count = play(0);

	(void)state;
	for (size_t n = 1; n <= count; n++)
		play(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("messages wait for the connection", sends_what_waited),
		unit_case("batch after batch", sends_batch_after_batch),
		unit_case("the limits of the queue", has_the_documented_limits),
		unit_case("what has not left goes with the next connection",
		          sends_the_rest_on_the_next_connection),
		unit_case("what is not confirmed goes again", sends_again_what_is_not_confirmed),
		unit_case("pongs of our own are not told", hides_its_own_pongs),
		unit_case("closing sends what waits", closes_behind_what_waits),
		unit_case("what waits at the end is dropped", drops_what_waits_at_the_end),
		unit_case("closing sends what waits for a try", closes_behind_what_waits_for_a_try),
		unit_case("closing waits for a try, and for what confirms",
		          closes_behind_what_is_confirmed_later),
		unit_case("what waits for a try that fails is dropped",
		          drops_what_waits_for_a_try_that_fails),
		unit_case("what waits is dropped when nobody comes back",
		          drops_what_waits_when_it_fails),
		unit_case("closing waits for what confirms", closes_when_all_is_confirmed),
		unit_case("closing does not wait for ever", closes_in_time),
		unit_case("what had left is uncertain", is_uncertain_of_what_had_left),
		unit_case("each allocation fails", loses_nothing_when_an_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
