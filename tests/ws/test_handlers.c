/* SPDX-License-Identifier: MIT */
/* test_handlers.c: any handler may do anything: each callback times each act, on a connection that
 * goes through all of them, beside another that must notice nothing. */
#include "ws/fixture.h"

#include <stdlib.h>

enum callback {
	UPGRADE_CALLBACK,
	OPEN_CALLBACK,
	MESSAGE_CALLBACK,
	PING_CALLBACK,
	PONG_CALLBACK,
	DRAIN_CALLBACK,
	CLOSE_CALLBACK,
	CALLBACKS
};

enum act {
	NOTHING,
	SEND,
	CLOSE,
	ABORT,
	CLOSE_THEN_ABORT,
	SEND_THEN_CLOSE,
	PAUSE_AND_RESUME,
	PAUSE_THEN_CLOSE,
	STOP,
	ABORT_ANOTHER,
	CLOSE_ANOTHER,
	ACTS
};

static struct fixture f;
static struct nv_conn *other; /* the connection that notices nothing */
static bool other_is_open;
static enum callback when;
static enum act what;
static int opened, closed, after_close;
static uint8_t *mebibyte;

static void send_mebibyte(struct nv_conn *conn)
{
	(void)nv_conn_send(conn, NV_BINARY, (struct nv_bytes){ mebibyte, 1 << 20 });
}

static void act(struct nv_conn *conn)
{
	switch (what) {
	case SEND:
		send_mebibyte(conn);
		break;
	case CLOSE:
		nv_conn_close(conn, 1000, "fini");
		break;
	case ABORT:
		nv_conn_abort(conn);
		break;
	case CLOSE_THEN_ABORT:
		nv_conn_close(conn, 1000, NULL);
		nv_conn_abort(conn);
		nv_conn_abort(conn);
		break;
	case SEND_THEN_CLOSE:
		send_mebibyte(conn);
		nv_conn_close(conn, 4000, NULL);
		break;
	case PAUSE_AND_RESUME:
		nv_conn_pause(conn, true);
		nv_conn_pause(conn, false);
		break;
	case PAUSE_THEN_CLOSE:
		nv_conn_pause(conn, true);
		nv_conn_close(conn, 1000, NULL);
		break;
	case STOP:
		nv_server_stop(f.server);
		break;
	case ABORT_ANOTHER:
		if (other_is_open)
			nv_conn_abort(other);
		break;
	case CLOSE_ANOTHER:
		if (other_is_open)
			nv_conn_close(other, 1000, NULL);
		break;
	default:
		break;
	}
}

static void at(enum callback callback, struct nv_conn *conn)
{
	if (conn != other && closed)
		after_close++;
	if (conn != other && callback == when)
		act(conn);
}

static void on_upgrade(struct nv_request *request)
{
	if (!other)
		return;
	if (when == UPGRADE_CALLBACK && what == STOP)
		nv_server_stop(f.server);
	if (when == UPGRADE_CALLBACK && what == CLOSE)
		nv_request_reply(request, 403, NULL, nv_str(""));
	if (when == UPGRADE_CALLBACK && what == SEND)
		nv_request_reply(request, 403, NULL, (struct nv_bytes){ mebibyte, 1 << 20 });
}

static void on_open(struct nv_conn *conn)
{
	if (!other) {
		other = conn;
		other_is_open = true;
		return;
	}
	opened++;
	at(OPEN_CALLBACK, conn);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)opcode;
	(void)message;
	at(MESSAGE_CALLBACK, conn);
}

static void on_ping(struct nv_conn *conn, struct nv_bytes data)
{
	(void)data;
	at(PING_CALLBACK, conn);
}

static void on_pong(struct nv_conn *conn, struct nv_bytes data)
{
	(void)data;
	at(PONG_CALLBACK, conn);
}

static void on_drain(struct nv_conn *conn)
{
	at(DRAIN_CALLBACK, conn);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)close;
	if (conn == other) {
		other_is_open = false;
		return;
	}
	at(CLOSE_CALLBACK, conn);
	closed++;
}

static const struct nv_handlers handlers = { on_upgrade, on_open,  on_message, on_ping,
	                                     on_pong,    on_drain, on_close, NULL };

/* Everything that a connection can live through, in one segment and then bit by bit. */
static void live(size_t chunk)
{
	struct sim_peer *peer = sim_connect(PORT);

	sim_chunk(peer, chunk);
	sim_peer_set_window(peer, 100);
	sim_peer_send_text(peer, UPGRADE("/all"));
	send_text(peer, "un");
	send_text(peer, "deux");
	send_frame(peer, 0x89, "p", 1);
	send_frame(peer, 0x8a, "q", 1);
	sim_settle(f.loop);
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(f.loop);
	send_text(peer, "trois");
	send_frame(peer, 0x88, "\x03\xe8", 2);
	sim_peer_eof(peer);
	sim_settle(f.loop);
	sim_advance(f.loop, 6000);
	assert_true(sim_peer_closed(peer));
}

static void run(size_t chunk)
{
	struct sim_peer *peer;

	opened = closed = after_close = 0;
	other = NULL;
	fixture_start(&f, (struct nv_server_options){ .ping_interval_ms = NV_OFF });
	assert_int_equal(nv_server_route(f.server, "/all", &handlers, NULL), 0);
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, UPGRADE("/all"));
	sim_settle(f.loop);
	live(chunk);
	assert_int_equal(closed, opened);
	assert_int_equal(after_close, 0);
	if (what != ABORT_ANOTHER && what != CLOSE_ANOTHER)
		assert_false(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void every_callback_may_do_everything(void **state)
{
	(void)state;
	mebibyte = calloc(1, 1 << 20);
	for (when = 0; when < CALLBACKS; when++) {
		for (what = 0; what < ACTS; what++) {
			run(65536);
			run(1);
		}
	}
	free(mebibyte);
}

/* A handler that ends the connection at its k-th message sees exactly k (F-27). */
static int last;

static void close_at_last(struct fixture *fixture, struct nv_conn *conn, struct nv_bytes message)
{
	(void)fixture;
	(void)message;
	if (--last == 0)
		nv_conn_close(conn, 1000, NULL);
}

static void delivers_exactly_until_the_close(void **state)
{
	(void)state;
	for (int k = 1; k <= 300; k += 13) {
		struct fixture one;
		struct sim_peer *peer;

		fixture_start(&one, (struct nv_server_options){ 0 });
		one.on_message = close_at_last;
		peer = fixture_connect(&one);
		last = k;
		for (int i = 0; i < 300; i++)
			send_text(peer, "m");
		sim_settle(one.loop);
		assert_int_equal(last, 0);
		assert_int_equal(one.seen_len, 5 + 7 * (size_t)k);
		fixture_stop(&one);
	}
}

/* Each allocation of a connection's life fails in turn: the connection may end, nothing else. */
static void survives_without_memory(void **state)
{
	bool complete = false;

	(void)state;
	for (size_t nth = 1; !complete; nth++) {
		struct fixture one;
		struct sim_peer *peer;

		fixture_start(&one, (struct nv_server_options){ 0 });
		peer = sim_connect(PORT);
		failing_alloc_fail(nth, FAIL_ONCE);
		sim_peer_send_text(peer, UPGRADE("/ws"));
		send_frame(peer, 0x01, "par", 3);
		send_frame(peer, 0x89, "p", 1);
		send_frame(peer, 0x80, "tie", 3);
		send_frame(peer, 0x88, "\x03\xe8", 2);
		sim_peer_eof(peer);
		sim_settle(one.loop);
		complete = failing_alloc_count() < nth;
		failing_alloc_fail(0, FAIL_ONCE);
		sim_advance(one.loop, 6000);
		assert_true(sim_peer_closed(peer));
		one.seen[0] = '\0';
		one.seen_len = 0;
		fixture_connect(&one);
		assert_seen("open ");
		fixture_stop(&one);
		assert_true(nth < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_callback_may_do_everything),
		cmocka_unit_test(delivers_exactly_until_the_close),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
