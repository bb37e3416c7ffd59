/* SPDX-License-Identifier: MIT */
/* test_share.c: a connection that sends little which becomes much has its share of a turn and no more:
 * the others go on between, and nothing is lost or changes its place. */
#include "ws/fixture.h"

#include <zlib.h>

#define BOMB 65536u
#define BOMBS 100
#define SHARE 16 /* of them at once: 1 MiB; the next share comes with the timers */

static size_t taken;

static void count(struct fixture *f, struct nv_conn *conn, struct nv_bytes message)
{
	(void)f;
	(void)conn;
	assert_true(message.len == BOMB || message.len == 4);
	taken += message.len == BOMB;
}

static const char deflate_offer[] =
	"GET /ws HTTP/1.1\r\n" UPGRADE_FIELDS
	"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

/* A compressed message of 64 KiB, masked with zeros. */
static void send_bomb(struct sim_peer *peer)
{
	static uint8_t zeros[BOMB];
	uint8_t payload[256];
	z_stream stream = { .next_in = zeros, .avail_in = BOMB };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_out = payload;
	stream.avail_out = sizeof payload;
	assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
	send_frame(peer, 0xc2, payload, stream.total_out - 4);
	deflateEnd(&stream);
}

static struct sim_peer *start(struct fixture *f)
{
	struct sim_peer *peer;

	taken = 0;
	fixture_start(f, (struct nv_server_options){ .compression = { .enabled = true } });
	f->on_message = count;
	f->blind = true;
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, deflate_offer);
	sim_settle(f->loop);
	assert_status(peer, 101);
	return peer;
}

static void lets_the_others_go_first(void **state)
{
	struct sim_peer *attacker, *honest;
	struct fixture f;

	(void)state;
	attacker = start(&f);
	honest = fixture_connect(&f);
	for (int i = 0; i < BOMBS; i++)
		send_bomb(attacker);
	for (size_t shares = 2; shares * SHARE < BOMBS; shares++) {
		send_frame(honest, 0x89, "?", 1);
		sim_advance(f.loop, shares > 2);
		assert_int_equal(taken, shares * SHARE);
		assert_took_bytes(honest, "\x8a\x01?");
	}
	send_text(attacker, "last");
	sim_advance(f.loop, 10);
	assert_int_equal(taken, BOMBS);
	f.blind = false;
	send_text(attacker, "next");
	sim_settle(f.loop);
	assert_seen("text:next ");
	fixture_stop(&f);
}

/* Whatever ends it, and at any moment. */
static void may_end_in_between(void **state)
{
	for (int end = 0; end < 4; end++) {
		struct sim_peer *peer;
		struct fixture f;

		(void)state;
		peer = start(&f);
		for (int i = 0; i < BOMBS; i++)
			send_bomb(peer);
		if (end == 0)
			send_frame(peer, 0x88, "\x03\xe8", 2);
		sim_turn(f.loop);
		f.blind = false;
		if (end == 1)
			nv_conn_abort(f.conn);
		else if (end == 2)
			sim_peer_reset(peer);
		else if (end == 3)
			nv_conn_close(f.conn, 1000, NULL);
		f.blind = end == 0;
		sim_advance(f.loop, 10);
		if (end == 3) {
			assert_seen("");
			sim_advance(f.loop, 6000);
		}
		f.blind = false;
		fixture_stop(&f);
		/* What arrived before the peer ended is delivered. */
		assert_int_equal(taken, end == 1 || end == 3 ? 2 * SHARE : BOMBS);
	}
}

/* A pause in the middle of a share keeps the rest, and so does one that begins while it waits. */
static void may_be_paused_in_between(void **state)
{
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	peer = start(&f);
	for (int i = 0; i < BOMBS; i++)
		send_bomb(peer);
	sim_turn(f.loop);
	nv_conn_pause(f.conn, true);
	sim_advance(f.loop, 5000);
	assert_int_equal(taken, 2 * SHARE);
	nv_conn_pause(f.conn, false);
	sim_turn(f.loop);
	nv_conn_pause(f.conn, true);
	nv_conn_pause(f.conn, false);
	sim_advance(f.loop, 10);
	assert_int_equal(taken, BOMBS);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_the_others_go_first),
		cmocka_unit_test(may_end_in_between),
		cmocka_unit_test(may_be_paused_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
