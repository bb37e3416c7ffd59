/* SPDX-License-Identifier: MIT */
/* test_server.c: a server in virtual time: upgrade, messages, and every way in which a connection
 * ends. */
#include "ws/fixture.h"

#include "support/blob.h"
#include "support/find.h"
#include "ws/ways.h"

#define B0_FOR(path)                                                                               \
	"GET " path " HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"              \
	"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                   \
	"Sec-WebSocket-Version: 13\r\n\r\n"
#define B0 B0_FOR("/ws")

#define EARLY_MAX 4096u /* bytes behind a request that are kept */

static void opens_and_talks(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	assert_seen("open ");
	assert_int_equal(nv_server_connections(f.server), 1);
	send_text(peer, "salut");
	send_frame(peer, 0x82, "\1\2", 2);
	sim_settle(f.loop);
	assert_seen("text:salut binary:\1\2 ");
	nv_conn_send_text(f.conn, "bonjour");
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x81\x07"
	                        "bonjour");
	fixture_stop(&f);
	assert_seen("close:1006,no answer to a Close ");
	assert_true(strstr(f.log, "192.0.2.1"));
}

/* --- What stands behind the request --- */

#define COUNTED B0_FOR("/count")

static size_t messages;
static size_t message_bytes;

static void count_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)conn;
	(void)opcode;
	messages++;
	message_bytes += message.len;
}

static void start_counting(struct fixture *f)
{
	static const struct nv_handlers handlers = { .on_open = fixture_open,
		                                     .on_message = count_message,
		                                     .on_close = fixture_close };

	messages = message_bytes = 0;
	fixture_start(f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_route(f->server, "/count", &handlers, f), 0);
}

/* Appends a masked text frame of `len` bytes in all. */
static size_t append_frame(char *out, size_t len)
{
	size_t payload = len - 6 < 126 ? len - 6 : len - 8;
	uint8_t head[8] = { 0x81, (uint8_t)(0x80 | payload) };

	if (payload > 125) {
		head[1] = 0x80 | 126;
		head[2] = (uint8_t)(payload >> 8);
		head[3] = (uint8_t)payload;
	}
	memcpy(out, head, payload > 125 ? 8 : 6);
	memset(out + len - payload, 'x', payload);
	return len;
}

/* The request and 4 KiB of short frames behind it, in whatever pieces: all are messages. */
static void takes_frames_behind_the_request(void **state)
{
	static char bytes[sizeof COUNTED + EARLY_MAX];
	size_t len = sizeof COUNTED - 1;

	plain_only();
	(void)state;
	memcpy(bytes, COUNTED, len);
	for (int i = 0; i < 128; i++)
		len += append_frame(bytes + len, 32);
	assert_int_equal(len, sizeof COUNTED - 1 + EARLY_MAX);
	for (struct way way = { 0 }; way_next(&way, len);) {
		struct fixture f;
		struct sim_peer *peer;

		start_counting(&f);
		peer = sim_connect(PORT);
		way_send(&way, f.loop, peer, bytes, len);
		assert_int_equal(messages, 128);
		assert_int_equal(message_bytes, 128 * 26);
		assert_seen("open ");
		fixture_stop(&f);
	}
}

static void takes_frames_and_the_close_behind_the_request(void **state)
{
	static const char bytes[] = B0 "\x81\x84\0\0\0\0vite\x88\x82\0\0\0\0\x03\xe8";
	const size_t len = sizeof bytes - 1;

	(void)state;
	for (struct way way = { 0 }; way_next(&way, len);) {
		struct fixture f;
		struct sim_peer *peer;

		fixture_start(&f, (struct nv_server_options){ 0 });
		peer = sim_connect(PORT);
		way_send(&way, f.loop, peer, bytes, len);
		assert_seen("open text:vite close:1000,closing handshake,clean ");
		sim_peer_eof(peer);
		sim_settle(f.loop);
		assert_true(sim_peer_closed(peer));
		fixture_stop(&f);
	}
}

/* One frame, so many bytes behind the request in the same segment. */
static void send_early(struct fixture *f, struct sim_peer *peer, size_t early)
{
	static char bytes[65536];
	size_t len = sizeof COUNTED - 1;

	memcpy(bytes, COUNTED, len);
	len += append_frame(bytes + len, early);
	sim_peer_send(peer, bytes, len);
	sim_settle(f->loop);
}

/* 4 KiB are kept. With more the connection opens and fails with 1008, and nothing is a message: the
 * client could not know yet that anybody would read it. */
static void closes_when_too_much_stands_behind_the_request(void **state)
{
	static const size_t sizes[] = { EARLY_MAX + 1, 5000, 65000 };
	static const char failed[] = "\x88\x31\x03\xf0"
				     "too many bytes before the answer to the request";
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	start_counting(&f);
	send_early(&f, sim_connect(PORT), EARLY_MAX);
	assert_int_equal(messages, 1);
	assert_int_equal(message_bytes, EARLY_MAX - 8);
	assert_seen("open ");
	fixture_stop(&f);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct nv_bytes took;

		start_counting(&f);
		peer = sim_connect(PORT);
		send_early(&f, peer, sizes[i]);
		assert_seen("open close:1008,a limit was exceeded ");
		assert_int_equal(messages, 0);
		took = sim_peer_take(peer);
		assert_memory_equal(took.data, "HTTP/1.1 101", 12);
		assert_true(took.len > sizeof failed);
		assert_memory_equal(took.data + took.len - (sizeof failed - 1), failed,
		                    sizeof failed - 1);
		assert_true(sim_peer_ended(peer));
		fixture_stop(&f);
	}
}

/* What comes behind the answer is not early, however much it is. */
static void takes_any_number_of_bytes_behind_the_answer(void **state)
{
	static char frames[20 * 3000];
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	for (size_t len = 0; len < sizeof frames;)
		len += append_frame(frames + len, 3000);
	start_counting(&f);
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, COUNTED);
	sim_turn(f.loop);
	sim_peer_send(peer, frames, sizeof frames);
	sim_turn(f.loop);
	assert_int_equal(messages, 20);
	fixture_stop(&f);
}

/* The second is no request any more: 'G' is a frame with RSV bits and an unknown opcode. */
static void reads_a_second_request_as_frames(void **state)
{
	static const char bytes[] = B0 B0;
	const size_t len = sizeof bytes - 1;

	(void)state;
	for (struct way way = { 0 }; way_next(&way, len);) {
		struct fixture f;
		struct sim_peer *peer;
		struct nv_bytes took;
		const uint8_t *close;

		fixture_start(&f, (struct nv_server_options){ 0 });
		peer = sim_connect(PORT);
		way_send(&way, f.loop, peer, bytes, len);
		assert_seen("open close:1002,protocol error of the peer ");
		took = sim_peer_take(peer);
		assert_memory_equal(took.data, "HTTP/1.1 101", 12);
		close = (const uint8_t *)find_bytes(took.data, took.len, "\r\n\r\n", 4) + 4;
		assert_int_equal(close[0], 0x88);
		assert_memory_equal(close + 2, "\x03\xea", 2);
		assert_int_equal(took.data + took.len - close, 2 + close[1]);
		assert_true(sim_peer_ended(peer));
		fixture_stop(&f);
	}
}

static void closes_in_order(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	send_frame(peer, 0x88,
	           "\x0f\xa0"
	           "fini",
	           6);
	sim_settle(f.loop);
	assert_seen("open close:4000,closing handshake,clean ");
	assert_took_bytes(peer, "\x88\x02\x0f\xa0");
	/* The server ends first, and waits for the client (RFC 6455 7.1.1). */
	assert_true(sim_peer_ended(peer));
	assert_false(sim_peer_closed(peer));
	sim_peer_eof(peer);
	sim_settle(f.loop);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
	assert_seen("");
}

static void drops_what_follows_a_close_without_a_reset(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	send_frame(peer, 0x88, "\x03\xe8", 2);
	send_text(peer, "trop tard");
	sim_settle(f.loop);
	send_text(peer, "encore");
	sim_settle(f.loop);
	assert_seen("open close:1000,closing handshake,clean ");
	assert_false(sim_peer_closed(peer));
	sim_advance(f.loop, 2300);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void lingers_no_longer_than_64_kib(void **state)
{
	static const uint8_t junk[70000];
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	send_frame(peer, 0x88, "\x03\xe8", 2);
	sim_settle(f.loop);
	sim_peer_send(peer, junk, sizeof junk);
	sim_settle(f.loop);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void answers_a_protocol_error_with_its_status(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *seen;
		uint8_t status;
	} cases[] = {
		{ "\x81\x01x", 3, "open close:1002,protocol error of the peer ", 0xea },
		{ "\x83\x80", 2, "open close:1002,protocol error of the peer ", 0xea },
		{ "\x81\x81\0\0\0\0\xff", 7, "open close:1007,protocol error of the peer ", 0xef },
		{ "\x82\xff\0\0\0\0\0\1\0\1", 10, "open close:1009,a limit was exceeded ", 0xf1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		struct sim_peer *peer, *other;
		struct nv_bytes took;

		fixture_start(&f, (struct nv_server_options){ 0 });
		other = fixture_connect(&f);
		assert_seen("open ");
		peer = fixture_connect(&f);
		sim_peer_send(peer, cases[i].bytes, cases[i].len);
		send_text(peer, "never");
		sim_settle(f.loop);
		assert_seen(cases[i].seen);
		took = sim_peer_take(peer);
		assert_int_equal(took.data[0], 0x88);
		assert_int_equal(took.data[2], 0x03);
		assert_int_equal(took.data[3], cases[i].status);
		assert_true(sim_peer_ended(peer));
		/* The others notice nothing. */
		send_text(other, "et moi");
		sim_settle(f.loop);
		assert_seen("text:et moi ");
		fixture_stop(&f);
	}
}

static void tells_an_end_without_close(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_peer_eof(peer);
	sim_settle(f.loop);
	assert_seen("open close:1006,the peer ended the connection without a Close ");
	assert_true(sim_peer_closed(peer));
	peer = fixture_connect(&f);
	sim_peer_reset(peer);
	sim_settle(f.loop);
	assert_seen("open close:1006,the peer reset the connection ");
	assert_int_equal(nv_server_connections(f.server), 0);
	fixture_stop(&f);
}

static void answers_what_came_before_a_half_close(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	send_frame(peer, 0x89, "?", 1);
	sim_peer_eof(peer);
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x8a\x01?");
	fixture_stop(&f);
}

/* --- Deadlines --- */

static void pings_silence_and_cuts_who_does_not_answer(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_advance(f.loop, 23000);
	assert_took_bytes(peer, "");
	sim_advance(f.loop, 13500);
	assert_took_bytes(peer, "\x89\x00");
	send_frame(peer, 0x8a, "", 0);
	sim_settle(f.loop);
	assert_seen("open pong: ");
	sim_advance(f.loop, 36500);
	assert_took_bytes(peer, "\x89\x00");
	sim_advance(f.loop, 10500);
	assert_seen("close:1006,no answer to a ping ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void does_not_ping_who_speaks(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	for (int i = 0; i < 10; i++) {
		sim_advance(f.loop, 20000);
		send_text(peer, ".");
		sim_settle(f.loop);
	}
	assert_took_bytes(peer, "");
	fixture_stop(&f);
}

static void never_pings_when_that_is_off(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ .ping_interval_ms = NV_OFF });
	peer = fixture_connect(&f);
	sim_advance(f.loop, 3600000);
	assert_took_bytes(peer, "");
	assert_seen("open ");
	fixture_stop(&f);
}

static void waits_for_a_close_five_seconds(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	assert_int_equal(nv_conn_close(f.conn, 1000, "fini"), 0);
	assert_int_equal(nv_conn_close(f.conn, 1000, "fini"), NV_ERR_CLOSED);
	assert_int_equal(nv_conn_send_text(f.conn, "non"), NV_ERR_CLOSED);
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x88\x06\x03\xe8"
	                        "fini");
	send_text(peer, "dropped");
	sim_advance(f.loop, 4500);
	assert_seen("open ");
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,no answer to a Close ");
	fixture_stop(&f);
}

static void tells_the_status_of_the_peer_that_answers_a_close(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	nv_conn_close(f.conn, 1000, NULL);
	sim_settle(f.loop);
	send_text(peer, "dropped");
	send_frame(peer, 0x88, "\x0f\xa1", 2);
	sim_settle(f.loop);
	assert_seen("open close:4001,closing handshake,clean ");
	fixture_stop(&f);
}

static void limits_how_long_a_message_takes(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	send_frame(peer, 0x01, "a", 1);
	for (int i = 0; i < 29; i++) {
		sim_advance(f.loop, 1000);
		send_frame(peer, 0x00, "b", 1);
		sim_settle(f.loop);
	}
	assert_seen("open ");
	sim_advance(f.loop, 1500);
	assert_seen("close:1008,a message did not arrive in time ");
	fixture_stop(&f);
}

/* One long message right after the other is not one that takes too long. */
static void does_not_limit_a_stream_of_messages(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	send_frame(peer, 0x01, "a", 1);
	for (int i = 0; i < 12; i++) {
		sim_advance(f.loop, 10000);
		send_frame(peer, 0x80, "b", 1);
		send_frame(peer, 0x01, "a", 1);
		sim_settle(f.loop);
	}
	assert_int_equal(nv_server_connections(f.server), 1);
	fixture_stop(&f);
}

static void cuts_who_does_not_read(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 3);
	nv_conn_send_text(f.conn, "bonjour");
	sim_advance(f.loop, 9000);
	/* Progress, however small, buys time. */
	sim_peer_set_window(peer, 1);
	sim_advance(f.loop, 9000);
	assert_seen("open ");
	sim_advance(f.loop, 2000);
	assert_seen("close:1006,the peer did not read ");
	fixture_stop(&f);
}

/* The connection has its 408, or nothing yet. */
static void assert_late(struct fixture *f, struct sim_peer *peer)
{
	assert_status(peer, 408);
	assert_true(sim_peer_ended(peer));
	assert_seen("");
	sim_advance(f->loop, 2500);
	assert_true(sim_peer_closed(peer));
}

/* At any byte of it the request stops, and so does the connection, 10 s after it began. */
static void limits_how_long_a_request_takes(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof B0 - 1; len++) {
		struct fixture f;
		struct sim_peer *peer;

		fixture_start(&f, (struct nv_server_options){ 0 });
		peer = sim_connect(PORT);
		sim_advance(f.loop, 3000);
		sim_peer_send(peer, B0, len);
		sim_advance(f.loop, 6990);
		assert_took_bytes(peer, "");
		sim_advance(f.loop, 300);
		assert_late(&f, peer);
		fixture_stop(&f);
	}
}

/* Bytes buy no time. */
static void limits_how_long_a_request_takes_byte_by_byte(void **state)
{
	static const uint32_t pauses_ms[] = { 1000, 900, 250, 70 };

	(void)state;
	for (size_t i = 0; i < sizeof pauses_ms / sizeof *pauses_ms; i++) {
		struct fixture f;
		struct sim_peer *peer;
		uint32_t passed = 0;

		fixture_start(&f, (struct nv_server_options){ 0 });
		peer = sim_connect(PORT);
		for (size_t at = 0; passed + pauses_ms[i] < 10000; at++) {
			sim_peer_send(peer, &B0[at], 1);
			sim_advance(f.loop, pauses_ms[i]);
			passed += pauses_ms[i];
		}
		assert_took_bytes(peer, "");
		sim_advance(f.loop, 10300 - passed);
		assert_late(&f, peer);
		fixture_stop(&f);
	}
}

static void takes_a_slow_request_that_is_in_time(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = sim_connect(PORT);
	for (size_t at = 0; at < sizeof B0 - 1; at++) {
		sim_peer_send(peer, &B0[at], 1);
		sim_advance(f.loop, 9000 / sizeof B0);
	}
	assert_status(peer, 101);
	sim_advance(f.loop, 3000);
	assert_seen("open ");
	fixture_stop(&f);
}

/* --- Back-pressure --- */

static void answers_full_above_the_limit_and_drains(void **state)
{
	struct fixture f;
	struct sim_peer *peer;
	int sent = 0;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ .max_queue = 100 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	while (nv_conn_send_text(f.conn, "0123456789") == 0)
		sent++;
	assert_int_equal(sent, 9);
	assert_int_equal(nv_conn_send_text(f.conn, "x"), NV_ERR_FULL);
	assert_int_equal(nv_conn_unsent(f.conn), 108);
	sim_settle(f.loop);
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(f.loop);
	assert_seen("open drain ");
	assert_int_equal(sim_peer_take(peer).len, 108);
	assert_int_equal(nv_conn_unsent(f.conn), 0);
	fixture_stop(&f);
}

/* A frame of 20,000 bytes, of which `window` leave, then two more and pings without end. */
static struct nv_bytes block_and_ping(struct fixture *f, size_t window)
{
	static uint8_t large[20000];
	struct sim_peer *peer;

	fixture_start(f, (struct nv_server_options){ 0 });
	peer = fixture_connect(f);
	sim_peer_set_window(peer, window);
	assert_int_equal(nv_conn_send(f->conn, NV_BINARY, (struct nv_bytes){ large, 20000 }), 0);
	sim_settle(f->loop);
	assert_int_equal(nv_conn_send_text(f->conn, "un"), 0);
	for (char i = 'a'; i <= 'z'; i++)
		send_frame(peer, 0x89, &i, 1);
	sim_settle(f->loop);
	assert_int_equal(nv_conn_ping(f->conn, nv_str("?")), 0);
	assert_int_equal(nv_conn_send_text(f->conn, "deux"), 0);
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(f->loop);
	return sim_peer_take(peer);
}

#define LANE "\x8a\x01w\x8a\x01x\x8a\x01y\x8a\x01z\x89\x01?"
#define DATA                                                                                       \
	"\x81\x02un\x81\x04"                                                                       \
	"deux"

/* Pongs are the newest four. */
static void pings_and_pongs_overtake_what_waits(void **state)
{
	struct nv_bytes took;
	struct fixture f;

	plain_only();
	(void)state;
	took = block_and_ping(&f, 0);
	assert_int_equal(took.len, sizeof LANE - 1 + 20004 + sizeof DATA - 1);
	assert_memory_equal(took.data, LANE "\x82\x7e", sizeof LANE + 1);
	assert_memory_equal(took.data + took.len - (sizeof DATA - 1), DATA, sizeof DATA - 1);
	fixture_stop(&f);
}

/* But never the rest of a frame. */
static void pings_and_pongs_wait_for_the_frame_under_way(void **state)
{
	struct nv_bytes took;
	struct fixture f;

	(void)state;
	took = block_and_ping(&f, 7);
	assert_int_equal(took.len, 20004 + sizeof LANE - 1 + sizeof DATA - 1);
	assert_memory_equal(took.data + 20004, LANE DATA, sizeof LANE DATA - 1);
	fixture_stop(&f);
}

static void sends_close_behind_what_is_queued(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 2);
	nv_conn_send_text(f.conn, "reste");
	sim_settle(f.loop);
	nv_conn_close(f.conn, 1000, NULL);
	sim_settle(f.loop);
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x81\x05reste\x88\x02\x03\xe8");
	fixture_stop(&f);
}

static void greet(struct nv_conn *conn)
{
	assert_int_equal(nv_conn_send_text(conn, "bienvenue"), 0);
}

static void echo(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	assert_int_equal(nv_conn_send(conn, opcode, message), 0);
}

/* What a peer gets that takes `first` bytes, then `step` at a time. */
static void take_through_window(size_t first, size_t step, struct blob *taken)
{
	static const struct nv_handlers handlers = { .on_open = greet, .on_message = echo };
	struct fixture f;
	struct sim_peer *peer;

	fixture_start(&f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_route(f.server, "/greet", &handlers, &f), 0);
	peer = sim_connect(PORT);
	sim_peer_set_window(peer, first);
	sim_peer_send_text(peer, UPGRADE("/greet"));
	send_text(peer, "un");
	send_frame(peer, 0x89, "p", 1);
	sim_settle(f.loop);
	for (int i = 0; i < 300; i++) {
		sim_peer_set_window(peer, step);
		sim_settle(f.loop);
	}
	{
		struct nv_bytes took = sim_peer_take(peer);

		blob_append(taken, took.data, took.len);
	}
	fixture_stop(&f);
}

/* The answer and the frames behind it, with the write cut at every byte. */
static void writes_the_same_bytes_through_any_window(void **state)
{
	static const char expected[] =
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
		"\x81\x09"
		"bienvenue\x81\x02un\x8a\x01p";

	(void)state;
	for (size_t first = 0; first < sizeof expected; first++) {
		for (size_t step = 1; step <= 1000; step *= 1000) {
			struct blob taken = { 0 };

			take_through_window(first, step, &taken);
			assert_int_equal(taken.len, sizeof expected - 1);
			assert_memory_equal(taken.data, expected, sizeof expected - 1);
			blob_free(&taken);
		}
	}
}

/* --- What a peer may not make us hold, and must not be cut for --- */

static void holds_no_pongs_for_who_does_not_read(void **state)
{
	struct fixture f;
	struct sim_peer *peer;
	size_t before;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	nv_conn_send_text(f.conn, "?");
	nv_conn_close(f.conn, 1000, NULL);
	sim_settle(f.loop);
	before = failing_alloc_live_bytes();
	for (int i = 0; i < 1000; i++) {
		send_frame(peer, 0x89, "0123456789", 10);
		sim_settle(f.loop);
		f.seen_len = 0;
	}
	assert_true(failing_alloc_live_bytes() < before + 1024);
	fixture_stop(&f);
}

static void counts_pings_that_wait(void **state)
{
	struct fixture f;
	struct sim_peer *peer;
	int sent = 0;

	plain_only();
	(void)state;
	fixture_start(&f, (struct nv_server_options){ .max_queue = 1000 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	nv_conn_send_text(f.conn, "?");
	sim_settle(f.loop);
	while (sent < 1000 && nv_conn_ping(f.conn, nv_str("01234567")) == 0)
		sent++;
	assert_int_equal(sent, 100);
	assert_int_equal(nv_conn_unsent(f.conn), 1003);
	fixture_stop(&f);
}

static void keeps_nothing_of_what_it_refused_to_send(void **state)
{
	static uint8_t bad[20000];
	struct fixture f;
	struct sim_peer *peer;
	size_t before;

	(void)state;
	bad[sizeof bad - 1] = 0xff;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	nv_conn_send_text(f.conn, "?");
	sim_settle(f.loop);
	before = failing_alloc_live_bytes();
	for (int i = 0; i < 100; i++)
		assert_int_equal(
			nv_conn_send(f.conn, NV_TEXT, (struct nv_bytes){ bad, sizeof bad }),
			NV_ERR_UTF8);
	assert_int_equal(failing_alloc_live_bytes(), before);
	fixture_stop(&f);
}

static void does_not_cut_who_reads_slowly(void **state)
{
	static uint8_t much[900000];
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	nv_conn_send(f.conn, NV_BINARY, (struct nv_bytes){ much, sizeof much });
	for (int i = 0; i < 50; i++) {
		sim_peer_set_window(peer, 15000);
		sim_advance(f.loop, 1000);
		sim_peer_take(peer);
	}
	assert_seen("open ");
	fixture_stop(&f);
}

static void cuts_who_does_not_read_whatever_the_close_may_take(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ .close_timeout_ms = NV_OFF });
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	nv_conn_close(f.conn, 1000, NULL);
	sim_advance(f.loop, 11000);
	assert_seen("open close:1006,the peer did not read ");
	fixture_stop(&f);
}

static void gives_a_blocked_answer_its_time(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	sim_advance(f.loop, 60000);
	peer = sim_connect(PORT);
	sim_peer_set_window(peer, 0);
	sim_peer_send_text(peer, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
	sim_advance(f.loop, 9000);
	assert_false(sim_peer_closed(peer));
	sim_advance(f.loop, 2000);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void counts_a_message_from_its_own_first_byte(void **state)
{
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ .ping_interval_ms = NV_OFF });
	peer = fixture_connect(&f);
	sim_peer_send(peer, "\x89", 1);
	sim_advance(f.loop, 29000);
	sim_peer_send(peer, "\x80\0\0\0\0\x01\x81\0\0\0\0a", 12);
	sim_advance(f.loop, 2000);
	assert_seen("open ping: ");
	fixture_stop(&f);
}

static void runs_once(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	assert_int_equal(nv_server_run(f.server), NV_ERR_STATE);
	assert_int_equal(nv_server_start(f.server), NV_ERR_STATE);
	fixture_stop(&f);
}

/* --- Stopping --- */

static void says_goodbye_to_all(void **state)
{
	struct fixture f;
	struct sim_peer *peer, *asking;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	peer = fixture_connect(&f);
	asking = sim_connect(PORT);
	sim_settle(f.loop);
	send_frame(peer, 0x88, "\x03\xe9", 2);
	sim_peer_eof(peer);
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	assert_seen("open close:1001,closing handshake,clean ");
	assert_true(sim_peer_closed(peer));
	assert_true(sim_peer_closed(asking));
	assert_null(sim_connect(PORT));
	fixture_stop(&f);
}

/* --- Listening --- */

static void listens_on_what_localhost_is(void **state)
{
	static const struct {
		int v4, port, result;
	} cases[] = {
		{ 0, 9000, 0 },
		{ NV_ERR_ADDRESS, 9000, 0 },
		{ NV_ERR_UNSUPPORTED, 9000, 0 },
		{ NV_ERR_IN_USE, 9000, NV_ERR_IN_USE },
		{ NV_ERR_PERMISSION, 9000, NV_ERR_PERMISSION },
		{ NV_ERR_IN_USE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;

		fixture_start(&f, (struct nv_server_options){ 0 });
		if (cases[i].v4)
			sim_fail_listen(cases[i].v4);
		assert_int_equal(nv_server_listen(f.server, "localhost", (uint16_t)cases[i].port),
		                 cases[i].result);
		if (cases[i].result == 0)
			assert_non_null(sim_connect(nv_server_port(f.server)));
		assert_int_equal(nv_server_listen(f.server, "example.org", 1), NV_ERR_ADDRESS);
		fixture_stop(&f);
	}
}

/* An IPv6 address may stand in brackets, as in a URL. */
static void listens_on_addresses(void **state)
{
	static const char *const good[] = { "127.0.0.1", "::1",     "[::1]",
		                            "[::]",      "0.0.0.0", "[::ffff:127.0.0.1]" };
	static const char *const bad[] = { "",         "[",           "[]",
		                           "[::1",     "::1]",        "[[::1]]",
		                           "[::1]:80", "[127.0.0.1]", "[localhost]",
		                           "[::1]x" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct fixture f;

		fixture_start(&f, (struct nv_server_options){ 0 });
		assert_int_equal(nv_server_listen(f.server, good[i], 0), 0);
		assert_non_null(sim_connect(nv_server_port(f.server)));
		fixture_stop(&f);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fixture f;

		fixture_start(&f, (struct nv_server_options){ 0 });
		assert_int_equal(nv_server_listen(f.server, bad[i], 0), NV_ERR_ADDRESS);
		fixture_stop(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_talks),
		unit_case("HS-48 frames behind the request are kept",
		          takes_frames_behind_the_request),
		unit_case("HS-48 a Close behind the request",
		          takes_frames_and_the_close_behind_the_request),
		unit_case("HS-48 more than 4 KiB behind the request: 101, then 1008",
		          closes_when_too_much_stands_behind_the_request),
		unit_case("HS-48 any number of bytes behind the answer",
		          takes_any_number_of_bytes_behind_the_answer),
		unit_case("HS-49 a second request is read as frames",
		          reads_a_second_request_as_frames),
		cmocka_unit_test(closes_in_order),
		cmocka_unit_test(drops_what_follows_a_close_without_a_reset),
		cmocka_unit_test(lingers_no_longer_than_64_kib),
		cmocka_unit_test(answers_a_protocol_error_with_its_status),
		cmocka_unit_test(tells_an_end_without_close),
		cmocka_unit_test(answers_what_came_before_a_half_close),
		cmocka_unit_test(pings_silence_and_cuts_who_does_not_answer),
		cmocka_unit_test(does_not_ping_who_speaks),
		cmocka_unit_test(never_pings_when_that_is_off),
		cmocka_unit_test(waits_for_a_close_five_seconds),
		cmocka_unit_test(tells_the_status_of_the_peer_that_answers_a_close),
		cmocka_unit_test(limits_how_long_a_message_takes),
		cmocka_unit_test(does_not_limit_a_stream_of_messages),
		cmocka_unit_test(cuts_who_does_not_read),
		unit_case("HS-47 a request that stops at any byte",
		          limits_how_long_a_request_takes),
		unit_case("HS-47 a request that arrives byte by byte",
		          limits_how_long_a_request_takes_byte_by_byte),
		unit_case("HS-47 a slow request that is in time",
		          takes_a_slow_request_that_is_in_time),
		cmocka_unit_test(answers_full_above_the_limit_and_drains),
		cmocka_unit_test(pings_and_pongs_overtake_what_waits),
		cmocka_unit_test(pings_and_pongs_wait_for_the_frame_under_way),
		cmocka_unit_test(sends_close_behind_what_is_queued),
		unit_case("HS-51 the answer and the frames through any window",
		          writes_the_same_bytes_through_any_window),
		cmocka_unit_test(holds_no_pongs_for_who_does_not_read),
		cmocka_unit_test(counts_pings_that_wait),
		cmocka_unit_test(keeps_nothing_of_what_it_refused_to_send),
		cmocka_unit_test(does_not_cut_who_reads_slowly),
		cmocka_unit_test(cuts_who_does_not_read_whatever_the_close_may_take),
		cmocka_unit_test(gives_a_blocked_answer_its_time),
		cmocka_unit_test(counts_a_message_from_its_own_first_byte),
		cmocka_unit_test(runs_once),
		cmocka_unit_test(says_goodbye_to_all),
		cmocka_unit_test(listens_on_what_localhost_is),
		cmocka_unit_test(listens_on_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
