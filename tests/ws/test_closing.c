/* SPDX-License-Identifier: MIT */
/* test_closing.c: the end of a connection as far as the TCP connection below it, in virtual time, in
 * both roles (RFC 6455 7). What a session says of it stands in proto/session/closing.txt. */
#include "ws/link.h"

static const char normal[] = { 0x03, (char)0xe8 };

/* --- Our Close --- */

static void refuses_what_a_close_may_not_say(void **state)
{
	static const uint16_t statuses[] = { 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000 };
	static char reason[125];

	memset(reason, 'r', 124);
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
			assert_int_equal(nv_conn_close(l.f.conn, statuses[i], ""), NV_ERR_INVALID);
		assert_int_equal(nv_conn_close(l.f.conn, 1000, reason), NV_ERR_TOO_BIG);
		assert_int_equal(nv_conn_close(l.f.conn, 1000, "\xc3"), NV_ERR_UTF8);
		sim_settle(l.f.loop);
		link_assert_nothing(&l);
		assert_int_equal(nv_conn_close(l.f.conn, 1000, reason + 1), 0);
		sim_settle(l.f.loop);
		link_assert_close(&l, 1000);
		link_free(&l);
	}
}

static void sends_nothing_behind_its_close(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		assert_int_equal(nv_conn_close(l.f.conn, 1000, NULL), 0);
		assert_int_equal(nv_conn_send_text(l.f.conn, "x"), NV_ERR_CLOSED);
		assert_int_equal(nv_conn_ping(l.f.conn, nv_str("x")), NV_ERR_CLOSED);
		assert_int_equal(nv_conn_close(l.f.conn, 1000, NULL), NV_ERR_CLOSED);
		sim_advance(l.f.loop, 1000);
		link_assert_close(&l, 1000);
		link_free(&l);
	}
}

static void drops_data_until_the_peer_closes(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		nv_conn_close(l.f.conn, 1000, NULL);
		for (int i = 0; i < 10; i++) {
			link_send(&l, 0x81, "late", 4);
			sim_advance(l.f.loop, 100);
		}
		assert_seen("");
		assert_false(sim_peer_closed(l.peer));
		link_send(&l, 0x88, "\x0f\xa1", 2);
		sim_settle(l.f.loop);
		assert_seen("close:4001,closing handshake,clean ");
		sim_peer_eof(l.peer);
		sim_settle(l.f.loop);
		assert_true(sim_peer_closed(l.peer));
		link_assert_close(&l, 1000);
		link_free(&l);
	}
}

static void waits_five_seconds_for_the_answer(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		nv_conn_close(l.f.conn, 1000, NULL);
		sim_advance(l.f.loop, 4700);
		assert_seen("");
		assert_false(sim_peer_closed(l.peer));
		sim_advance(l.f.loop, 600);
		assert_seen("close:1006,no answer to a Close ");
		assert_true(sim_peer_closed(l.peer));
		link_free(&l);
	}
}

static void closes_with_the_peer_at_once(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		link_send(&l, 0x88, "\x03\xe9", 2);
		nv_conn_close(l.f.conn, 1000, NULL);
		sim_settle(l.f.loop);
		assert_seen("close:1001,closing handshake,clean ");
		link_assert_close(&l, 1000);
		link_free(&l);
	}
}

static void answers_one_close_and_nothing_behind_it(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		link_send(&l, 0x88, normal, 2);
		link_send(&l, 0x89, "x", 1);
		link_send(&l, 0x81, "x", 1);
		link_send(&l, 0x88, normal, 2);
		sim_settle(l.f.loop);
		link_send(&l, 0x89, "x", 1);
		sim_settle(l.f.loop);
		assert_seen("close:1000,closing handshake,clean ");
		link_assert_close(&l, 1000);
		link_free(&l);
	}
}

/* --- The end of TCP --- */

static void ends_first_as_a_server(void **state)
{
	static const uint8_t junk[65536];
	struct link l;

	link_open(&l, NV_SERVER, (struct nv_server_options){ 0 });
	link_send(&l, 0x88, normal, 2);
	sim_settle(l.f.loop);
	link_assert_close(&l, 1000);
	/* What is not read would make close() send a reset. */
	assert_true(sim_peer_ended(l.peer));
	sim_peer_send(l.peer, junk, sizeof junk);
	sim_settle(l.f.loop);
	assert_int_equal(sim_peer_unread(l.peer), 0);
	sim_advance(l.f.loop, 1700);
	assert_false(sim_peer_closed(l.peer));
	sim_advance(l.f.loop, 600);
	assert_true(sim_peer_closed(l.peer));
	link_free(&l);
	link_open(&l, NV_SERVER, (struct nv_server_options){ 0 });
	link_send(&l, 0x88, normal, 2);
	sim_settle(l.f.loop);
	sim_peer_send(l.peer, junk, sizeof junk);
	sim_peer_send(l.peer, "x", 1);
	sim_settle(l.f.loop);
	assert_true(sim_peer_closed(l.peer));
	link_free(&l);
}

static void lets_the_server_end_as_a_client(void **state)
{
	struct link l;

	for (int ends = 0; ends < 2; ends++) {
		link_open(&l, NV_CLIENT, (struct nv_server_options){ 0 });
		link_send(&l, 0x88, normal, 2);
		sim_settle(l.f.loop);
		link_assert_close(&l, 1000);
		sim_advance(l.f.loop, 1500);
		assert_false(sim_peer_ended(l.peer));
		assert_false(sim_peer_closed(l.peer));
		if (ends)
			sim_peer_eof(l.peer);
		sim_advance(l.f.loop, ends ? 0 : 3600);
		assert_true(sim_peer_closed(l.peer));
		link_free(&l);
	}
}

static void tells_an_end_without_a_close(void **state)
{
	static const char *const seen[] = {
		"close:1006,the peer ended the connection without a Close ",
		"close:1006,the peer reset the connection ",
	};

	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (int i = 0; i < 6; i++) {
			struct link l;

			link_open(&l, role, (struct nv_server_options){ 0 });
			if (i / 2 == 1)
				link_send(&l, 0x01, "half", 4);
			else if (i / 2 == 2)
				nv_conn_close(l.f.conn, 1000, NULL);
			sim_settle(l.f.loop);
			if (i % 2)
				sim_peer_reset(l.peer);
			else
				sim_peer_eof(l.peer);
			sim_settle(l.f.loop);
			assert_seen(seen[i % 2]);
			assert_true(sim_peer_closed(l.peer));
			link_free(&l);
		}
	}
}

static void tells_an_end_inside_a_head(void **state)
{
	static const uint8_t heads[][14] = {
		[NV_SERVER] = { 0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4 },
		[NV_CLIENT] = { 0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0 },
	};

	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (size_t len = 0; len <= (role == NV_SERVER ? 14u : 10u); len++) {
			struct link l;

			link_open(&l, role, (struct nv_server_options){ 0 });
			sim_peer_send(l.peer, heads[role], len);
			sim_settle(l.f.loop);
			sim_peer_eof(l.peer);
			sim_settle(l.f.loop);
			assert_seen("close:1006,the peer ended the connection without a "
			            "Close ");
			link_free(&l);
		}
	}
}

/* --- A write that is blocked --- */

#define MESSAGE "reste"

/* A message of which `taken` bytes have left, and then a Close. False when it has left as a whole. */
static bool close_behind(struct link *l, enum nv_role role, size_t taken)
{
	link_open(l, role, (struct nv_server_options){ 0 });
	sim_peer_set_window(l->peer, taken);
	assert_int_equal(nv_conn_send_text(l->f.conn, MESSAGE), 0);
	sim_settle(l->f.loop);
	assert_int_equal(nv_conn_close(l->f.conn, 1000, NULL), 0);
	sim_settle(l->f.loop);
	return taken < strlen(MESSAGE) + (role == NV_SERVER ? 2 : 6);
}

static void never_closes_inside_a_frame(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		bool more = true;

		for (size_t taken = 0; more; taken++) {
			struct frame message, close;
			struct nv_bytes took;
			struct link l;

			more = close_behind(&l, role, taken);
			sim_peer_set_window(l.peer, SIZE_MAX);
			sim_settle(l.f.loop);
			took = sim_peer_take(l.peer);
			assert_true(frame_take(&took, role, &message));
			assert_true(nv_bytes_is(blob_bytes(&message.payload), MESSAGE));
			assert_true(frame_take(&took, role, &close));
			assert_int_equal(close.opcode, NV_CLOSE);
			assert_int_equal(took.len, 0);
			blob_free(&message.payload);
			blob_free(&close.payload);
			link_free(&l);
		}
	}
}

static void aborts_what_never_leaves(void **state)
{
	plain_only();
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		bool more = true;

		for (size_t taken = 0; more; taken++) {
			struct link l;

			more = close_behind(&l, role, taken);
			sim_advance(l.f.loop, 5500);
			assert_seen("close:1006,no answer to a Close ");
			assert_true(sim_peer_closed(l.peer));
			assert_int_equal(sim_peer_take(l.peer).len, taken);
			link_free(&l);
		}
	}
}

/* --- Handlers --- */

#define FRAMES 1000u

static unsigned delivered, last_wanted;

static void close_at_the_last_wanted(struct fixture *f, struct nv_conn *conn,
                                     struct nv_bytes message)
{
	f->seen_len = 0;
	if (++delivered == last_wanted)
		assert_int_equal(nv_conn_close(conn, 1000, NULL), 0);
}

static void abort_at_the_last_wanted(struct fixture *f, struct nv_conn *conn,
                                     struct nv_bytes message)
{
	f->seen_len = 0;
	if (++delivered == last_wanted)
		nv_conn_abort(conn);
}

static void delivers_until_the_handler_closes(void **state)
{
	plain_only();
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (last_wanted = 1; last_wanted <= FRAMES; last_wanted++) {
			struct link l;

			link_open(&l, role, (struct nv_server_options){ 0 });
			l.f.on_message = last_wanted % 2 ? close_at_the_last_wanted
			                                 : abort_at_the_last_wanted;
			delivered = 0;
			for (unsigned i = 0; i < FRAMES; i++)
				link_send(&l, 0x82, "k", 1);
			sim_settle(l.f.loop);
			assert_int_equal(delivered, last_wanted);
			link_free(&l);
		}
	}
}

/* --- A server that stops --- */

#define CLIENTS 50u

static void says_goodbye_to_all(void **state)
{
	struct sim_peer *peers[CLIENTS];
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	for (size_t i = 0; i < CLIENTS; i++) {
		peers[i] = fixture_connect(&f);
		/* One in five has half a message under way, another does not read. */
		if (i % 5 == 1)
			send_frame(peers[i], 0x01, "half", 4);
		else if (i % 5 == 2)
			sim_peer_set_window(peers[i], 0);
		/* One answers before it is asked, and one never. */
		else if (i % 5 == 3)
			send_frame(peers[i], 0x88, normal, 2);
	}
	f.seen_len = 0;
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	for (size_t i = 0; i < CLIENTS; i++) {
		if (i % 5 == 2)
			assert_took_bytes(peers[i], "");
		else if (i % 5 != 3)
			assert_took_bytes(peers[i], "\x88\x02\x03\xe9");
		assert_true(sim_peer_closed(peers[i]));
	}
	f.seen_len = 0;
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("K-06 refuses what a Close may not say",
		          refuses_what_a_close_may_not_say),
		unit_case("K-07 sends nothing behind its Close", sends_nothing_behind_its_close),
		unit_case("K-08 drops data until the peer closes",
		          drops_data_until_the_peer_closes),
		unit_case("K-09 waits five seconds for the answer",
		          waits_five_seconds_for_the_answer),
		unit_case("K-10 closes with the peer at once", closes_with_the_peer_at_once),
		unit_case("K-11 F-21 answers one Close, and nothing behind it",
		          answers_one_close_and_nothing_behind_it),
		unit_case("K-14 ends first as a server, and reads on for a while",
		          ends_first_as_a_server),
		unit_case("K-14 lets the server end as a client", lets_the_server_end_as_a_client),
		unit_case("K-15 tells an end without a Close", tells_an_end_without_a_close),
		unit_case("F-34 K-15 tells an end inside a head", tells_an_end_inside_a_head),
		unit_case("K-16 never closes inside a frame", never_closes_inside_a_frame),
		unit_case("K-16 aborts what never leaves", aborts_what_never_leaves),
		unit_case("F-27 delivers until the handler closes",
		          delivers_until_the_handler_closes),
		unit_case("K-19 says goodbye to all when it stops", says_goodbye_to_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
