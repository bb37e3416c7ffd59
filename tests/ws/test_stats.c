/* SPDX-License-Identifier: MIT */
/* test_stats.c: what a server counts, to the last one, and whether its loops answer. */
#include "ws/fixture.h"

static struct nv_stats stats_of(const struct fixture *f)
{
	struct nv_stats stats;

	nv_server_stats(f->server, &stats);
	return stats;
}

static void echo(struct fixture *f, struct nv_conn *conn, struct nv_bytes message)
{
	(void)f;
	assert_int_equal(nv_conn_send(conn, NV_TEXT, message), 0);
}

static void assert_messages(const struct fixture *f, uint64_t received, uint64_t sent)
{
	struct nv_stats stats = stats_of(f);

	assert_int_equal(stats.received, received);
	assert_int_equal(stats.sent, sent);
}

static void counts_messages_however_they_come(void **state)
{
	char large[1000];
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	memset(large, 'x', sizeof large);
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.on_message = echo;
	f.blind = true;
	peer = fixture_connect(&f);
	for (int i = 0; i < 7; i++)
		send_text(peer, "small");
	sim_settle(f.loop);
	assert_messages(&f, 7, 7);
	send_frame(peer, 0x81, large, sizeof large);
	sim_settle(f.loop);
	assert_messages(&f, 8, 8);
	/* One in three parts, with a ping between them. */
	send_frame(peer, 0x01, "a", 1);
	send_frame(peer, 0x00, "b", 1);
	send_frame(peer, 0x89, "p", 1);
	send_frame(peer, 0x80, "c", 1);
	sim_settle(f.loop);
	assert_messages(&f, 9, 9);
	fixture_stop(&f);
}

static void counts_messages_sent_in_every_way(void **state)
{
	const struct nv_bytes text = nv_str("text");
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.blind = true;
	fixture_connect(&f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(nv_conn_send(f.conn, NV_TEXT, text), 0);
	assert_int_equal(nv_conn_send_part(f.conn, NV_TEXT, text, false), 0);
	assert_int_equal(nv_conn_send_part(f.conn, NV_CONTINUATION, text, true), 0);
	assert_int_equal(nv_conn_send_uncompressed(f.conn, NV_TEXT, text), 0);
	assert_int_equal(nv_conn_ping(f.conn, text), 0);
	assert_int_equal(nv_conn_send(f.conn, NV_CONTINUATION, text), NV_ERR_INVALID);
	/* Outside of a turn of reading the next sweep tells. */
	sim_advance(f.loop, 250);
	assert_messages(&f, 0, 5);
	fixture_stop(&f);
}

/* What was sent just before the end is not lost. */
static void counts_what_was_sent_last(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.blind = true;
	fixture_connect(&f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(nv_conn_send_text(f.conn, "text"), 0);
	nv_conn_abort(f.conn);
	sim_settle(f.loop);
	assert_messages(&f, 0, 3);
	fixture_stop(&f);
}

static void counts_published_messages_for_each(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.blind = true;
	for (int i = 0; i < 3; i++) {
		fixture_connect(&f);
		assert_int_equal(nv_conn_subscribe(f.conn, "news"), 0);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(nv_server_publish(f.server, "news", NV_TEXT, nv_str("new"), 0), 0);
	sim_settle(f.loop);
	assert_messages(&f, 0, 12);
	assert_int_equal(stats_of(&f).published, 4);
	fixture_stop(&f);
}

static void counts_the_bytes_of_the_wire(void **state)
{
	struct nv_stats before, after;
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.on_message = echo;
	f.blind = true;
	peer = fixture_connect(&f);
	before = stats_of(&f);
	assert_int_equal(before.bytes_received, strlen(UPGRADE("/ws")));
	assert_true(before.bytes_sent > 100);
	send_text(peer, "12345");
	sim_settle(f.loop);
	after = stats_of(&f);
	assert_int_equal(after.bytes_received - before.bytes_received, 6 + 5);
	assert_int_equal(after.bytes_sent - before.bytes_sent, 2 + 5);
	fixture_stop(&f);
}

static void tells_what_waits_until_nobody_is_there(void **state)
{
	char text[5000];
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	memset(text, 'x', sizeof text);
	fixture_start(&f, (struct nv_server_options){ 0 });
	f.blind = true;
	peer = fixture_connect(&f);
	sim_peer_set_window(peer, 0);
	assert_int_equal(
		nv_conn_send(f.conn, NV_TEXT, (struct nv_bytes){ (uint8_t *)text, sizeof text }),
		0);
	sim_advance(f.loop, 1000);
	assert_int_equal(stats_of(&f).unsent, 4 + sizeof text);
	nv_conn_abort(f.conn);
	sim_advance(f.loop, 3000);
	assert_int_equal(stats_of(&f).unsent, 0);
	/* What other loops add up is not that of connections which have gone. */
	assert_int_equal(atomic_load(&f.server->workers[0].memory), 0);
	fixture_stop(&f);
}

static void counts_who_is_refused(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ .max_connections = 1 });
	fixture_connect(&f);
	sim_connect(PORT);
	sim_connect(PORT);
	sim_settle(f.loop);
	assert_int_equal(stats_of(&f).refused, 2);
	fixture_stop(&f);
}

static void knows_a_loop_that_owes_an_answer(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	assert_true(nv_server_alive(f.server, 5));
	/* As if the loop had been asked ten milliseconds ago. */
	f.server->workers[0].pulse.asked_us -= 10000;
	assert_true(nv_server_alive(f.server, 10));
	assert_false(nv_server_alive(f.server, 9));
	sim_settle(f.loop);
	assert_int_equal(stats_of(&f).late_us, 10000);
	assert_int_equal(stats_of(&f).latest_us, 10000);
	assert_true(nv_server_alive(f.server, 0));
	sim_settle(f.loop);
	assert_int_equal(stats_of(&f).late_us, 0);
	assert_int_equal(stats_of(&f).latest_us, 10000);
	fixture_stop(&f);
}

static void an_older_program_gets_what_it_knows(void **state)
{
	struct nv_stats stats;
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){ 0 });
	stats.received = 42;
	nv_server_stats_sized(f.server, &stats, offsetof(struct nv_stats, received));
	assert_int_equal(stats.received, 42);
	assert_int_equal(stats.opened, 0);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_messages_however_they_come),
		cmocka_unit_test(counts_messages_sent_in_every_way),
		cmocka_unit_test(counts_what_was_sent_last),
		cmocka_unit_test(counts_published_messages_for_each),
		cmocka_unit_test(counts_the_bytes_of_the_wire),
		cmocka_unit_test(tells_what_waits_until_nobody_is_there),
		cmocka_unit_test(counts_who_is_refused),
		cmocka_unit_test(knows_a_loop_that_owes_an_answer),
		cmocka_unit_test(an_older_program_gets_what_it_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
