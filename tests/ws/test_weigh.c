/* SPDX-License-Identifier: MIT */
/* test_weigh.c: the limit on what all connections of a server hold together. */
#include "ws/fixture.h"

#define LIMIT 100000u

static char text[60000];

static void send_to(struct nv_conn *conn, size_t len)
{
	assert_int_equal(nv_conn_send(conn, NV_TEXT, (struct nv_bytes){ (uint8_t *)text, len }), 0);
}

static void pause_at_once(struct fixture *f, struct nv_conn *conn, struct nv_bytes message)
{
	(void)f;
	(void)message;
	nv_conn_pause(conn, true);
}

static void cuts_the_one_that_holds_the_most(void **state)
{
	static const size_t sizes[] = { 30000, 50000, 20000 };
	struct sim_peer *peers[3];
	struct nv_stats stats;
	struct fixture f;

	memset(text, 'x', sizeof text);
	fixture_start(&f, (struct nv_server_options){ .max_memory = LIMIT });
	f.blind = true;
	for (size_t i = 0; i < 3; i++) {
		peers[i] = fixture_connect(&f);
		sim_peer_set_window(peers[i], 0);
		send_to(f.conn, sizes[i]);
	}
	f.blind = false;
	/* A few bytes of heads are above the limit. */
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,the peer did not read ");
	assert_false(sim_peer_closed(peers[0]));
	assert_true(sim_peer_closed(peers[1]));
	assert_false(sim_peer_closed(peers[2]));
	sim_advance(f.loop, 1000);
	assert_seen("");
	nv_server_stats(f.server, &stats);
	assert_int_equal(stats.closed[NV_CAUSE_SLOW], 1);
	fixture_stop(&f);
}

static void counts_messages_that_arrive(void **state)
{
	struct sim_peer *writer;
	struct sim_peer *reader;
	struct fixture f;

	memset(text, 'x', sizeof text);
	fixture_start(&f, (struct nv_server_options){ .max_memory = LIMIT });
	f.blind = true;
	reader = fixture_connect(&f);
	sim_peer_set_window(reader, 0);
	send_to(f.conn, 50000);
	writer = fixture_connect(&f);
	f.blind = false;
	send_frame(writer, 0x01, text, 60000);
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,a limit was exceeded ");
	assert_true(sim_peer_closed(writer));
	assert_false(sim_peer_closed(reader));
	fixture_stop(&f);
}

/* A queue of little that keeps much from being freed, beside one of more that keeps nothing. */
static void counts_what_is_kept_from_being_freed(void **state)
{
	struct sim_peer *pins, *holds, *reads;
	struct nv_conn *conns[3];
	struct fixture f;

	(void)state;
	memset(text, 'x', sizeof text);
	fixture_start(&f, (struct nv_server_options){ .max_memory = LIMIT });
	f.blind = true;
	pins = fixture_connect(&f);
	conns[0] = f.conn;
	holds = fixture_connect(&f);
	conns[1] = f.conn;
	reads = fixture_connect(&f);
	conns[2] = f.conn;
	assert_int_equal(nv_conn_subscribe(conns[0], "rare"), 0);
	assert_int_equal(nv_conn_subscribe(conns[2], "common"), 0);
	sim_peer_set_window(pins, 0);
	sim_peer_set_window(holds, 0);
	send_to(conns[1], 20000);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(nv_server_publish(f.server, "rare", NV_TEXT, nv_str("x"), 0), 0);
		for (int j = 0; j < 6; j++)
			assert_int_equal(nv_server_publish(f.server, "common", NV_TEXT,
			                                   (struct nv_bytes){ (uint8_t *)text, 3000 },
			                                   0),
			                 0);
		sim_settle(f.loop);
	}
	assert_true(nv_conn_unsent(conns[0]) < 100);
	f.blind = false;
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,the peer did not read ");
	assert_true(sim_peer_closed(pins));
	assert_false(sim_peer_closed(holds) || sim_peer_closed(reads));
	fixture_stop(&f);
}

/* 64 KiB that arrived and were not delivered count like any others. */
static void counts_what_a_pause_keeps(void **state)
{
	struct sim_peer *peers[2];
	struct fixture f;

	(void)state;
	memset(text, 'x', sizeof text);
	fixture_start(&f, (struct nv_server_options){ .max_memory = LIMIT });
	f.blind = true;
	f.on_message = pause_at_once;
	for (int i = 0; i < 2; i++) {
		peers[i] = fixture_connect(&f);
		send_text(peers[i], "stop");
		send_frame(peers[i], 0x82, text, 60000);
		sim_settle(f.loop);
	}
	f.blind = false;
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,a limit was exceeded ");
	assert_int_equal(sim_peer_closed(peers[0]) + sim_peer_closed(peers[1]), 1);
	fixture_stop(&f);
}

static void can_be_turned_off(void **state)
{
	struct sim_peer *peer;
	struct fixture f;

	memset(text, 'x', sizeof text);
	fixture_start(&f, (struct nv_server_options){ .max_memory = NV_OFF });
	f.blind = true;
	for (int i = 0; i < 10; i++) {
		peer = fixture_connect(&f);
		sim_peer_set_window(peer, 0);
		send_to(f.conn, 60000);
	}
	f.blind = false;
	sim_advance(f.loop, 1000);
	assert_seen("");
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_the_one_that_holds_the_most),
		cmocka_unit_test(counts_messages_that_arrive),
		cmocka_unit_test(counts_what_is_kept_from_being_freed),
		cmocka_unit_test(counts_what_a_pause_keeps),
		cmocka_unit_test(can_be_turned_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
