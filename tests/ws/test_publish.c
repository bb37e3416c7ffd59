/* SPDX-License-Identifier: MIT */
/* test_publish.c: topics of a server, byte for byte at the far ends: who gets what, in which order, in
 * how many writes, and what becomes of those who can't take it. */
#include "ws/crowd.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void start(struct nv_server_options options)
{
	crowd_make(options);
}

static struct member *join(const char *acts)
{
	struct member *m = crowd_join();

	crowd_do(m, acts);
	return m;
}

/* --- Names --- */

static void names_are_exact_or_end_with_a_star(void **state)
{
	for (uint32_t threads = 1; threads <= 3; threads++) {
		struct member *exact, *star, *all, *shorter, *several, *publisher;

		start((struct nv_server_options){ .threads = threads });
		exact = join("sub news");
		star = join("sub news*");
		all = join("sub *");
		shorter = join("sub new");
		several = join("sub *;sub news;sub n*;sub news*;sub news");
		publisher = join("send x");
		crowd_do(publisher, "pub news 1;pub newsy 2;pub new 3;pub N 4;pub news. 5");
		assert_got(exact, "1 ");
		assert_got(star, "1 2 5 ");
		assert_got(all, "1 2 3 4 5 ");
		assert_got(shorter, "3 ");
		assert_got(several, "1 2 3 4 5 ");
		assert_got(publisher, "x ");
		crowd_free();
	}
}

static void bad_names_are_refused(void **state)
{
	char name[257];
	struct member *m;

	start((struct nv_server_options){ 0 });
	m = join("sub a*b =INVALID;sub ** =INVALID;pub a* x =INVALID;unsub a =NOT_FOUND;"
	         "sub a*;unsub a =NOT_FOUND;unsub a*;unsub a* =NOT_FOUND");
	memset(name, 'n', sizeof name);
	name[256] = '\0';
	assert_int_equal(nv_conn_subscribe(m->conn, ""), NV_ERR_INVALID);
	assert_int_equal(nv_conn_subscribe(m->conn, name), NV_ERR_INVALID);
	assert_int_equal(nv_server_publish(crowd.server, name, NV_TEXT, nv_str("x"), 0),
	                 NV_ERR_INVALID);
	name[255] = '\0';
	assert_int_equal(nv_conn_subscribe(m->conn, name), 0);
	assert_int_equal(nv_server_publish(crowd.server, name, NV_TEXT, nv_str("x"), 0), 0);
	assert_int_equal(nv_server_publish(crowd.server, "", NV_TEXT, nv_str("x"), 0),
	                 NV_ERR_INVALID);
	crowd_settle();
	assert_got(m, "x ");
	crowd_free();
}

static void bad_messages_are_refused(void **state)
{
	struct member *m;

	start((struct nv_server_options){ 0 });
	m = join("sub a");
	assert_int_equal(nv_server_publish(crowd.server, "a", NV_TEXT, nv_str("\xff"), 0),
	                 NV_ERR_UTF8);
	assert_int_equal(nv_server_publish(crowd.server, "a", NV_CONTINUATION, nv_str("x"), 0),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_server_publish(crowd.server, "a", NV_PING, nv_str("x"), 0),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_server_publish(crowd.server, "a", NV_BINARY, nv_str("\xff"), 0), 0);
	assert_int_equal(nv_server_publish(crowd.server, "a", NV_TEXT, nv_str(""), 0), 0);
	crowd_settle();
	assert_took_bytes(m->peer, "\x82\x01\xff\x81\x00");
	crowd_free();
}

static void has_128_subscriptions(void **state)
{
	struct member *m;

	start((struct nv_server_options){ 0 });
	m = crowd_join();
	for (int i = 0; i < 130; i++) {
		char name[16];

		snprintf(name, sizeof name, "t%d", i);
		assert_int_equal(nv_conn_subscribe(m->conn, name), i < 128 ? 0 : NV_ERR_FULL);
	}
	assert_int_equal(nv_conn_subscribe(m->conn, "t0"), 0);
	crowd_do(m, "unsub t5;sub t128;sub t129 =FULL;pub t128 1;pub t129 2;pub t5 3;pub t0 4");
	assert_got(m, "1 4 ");
	crowd_free();
}

/* --- To whom, and in which order --- */

static void one_connection_is_left_out(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *a, *b, *c;

		start((struct nv_server_options){ .threads = threads });
		a = join("sub t");
		b = join("sub t;sub u");
		c = join("sub t");
		crowd_do(a, "others t 1;pub t 2;others t 3;others t 4");
		crowd_do(b, "others u 5;others t 6;pub u 7");
		assert_got(a, "2 6 ");
		assert_got(b, "1 2 3 4 7 ");
		assert_got(c, "1 2 3 4 6 ");
		/* On another loop, from another thread. */
		assert_int_equal(nv_server_publish(crowd.server, "t", NV_TEXT, nv_str("8"), b->id),
		                 0);
		crowd_settle();
		assert_got(a, "8 ");
		assert_got(b, "");
		assert_got(c, "8 ");
		crowd_free();
	}
}

static void sends_and_publishes_keep_their_order(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *a, *b;

		start((struct nv_server_options){ .threads = threads });
		a = join("sub t;sub u");
		b = join("sub u;sub t");
		crowd_do(a, "pub t 1;send 2;pub u 3;to 1 4;pub t 5;to 0 6;to 1 7;pub u 8;send 9");
		assert_got(a, "1 2 3 5 6 8 9 ");
		assert_got(b, "1 3 4 5 7 8 ");
		crowd_elsewhere("to 0 1;pub t 2;to 1 3;to 0 4;pub u 5;pub t 6;to 1 7;to 0 8");
		crowd_settle();
		assert_got(a, "1 2 4 5 6 8 ");
		assert_got(b, "2 3 5 6 7 ");
		crowd_free();
	}
}

/* 10,000 of them over 5 topics, sends in between, and each member subscribes to others. */
static void many_topics_keep_their_order(void **state)
{
	struct member *members[5];
	char expected[5][MEMBER_WORDS] = { "" };

	start((struct nv_server_options){ .threads = 2 });
	for (int i = 0; i < 5; i++) {
		members[i] = crowd_join();
		for (int topic = 0; topic < 5; topic++) {
			char name[2] = { (char)('a' + topic), '\0' };

			if (topic != i)
				assert_int_equal(nv_conn_subscribe(members[i]->conn, name), 0);
		}
	}
	for (int i = 0; i < 2000; i++) {
		char act[32];
		int topic = i * i % 5;

		snprintf(act, sizeof act, "pub %c %d", 'a' + topic, i);
		if (i % 7 == 0)
			snprintf(act, sizeof act, "to %d %d", topic, i);
		crowd_elsewhere(act);
		for (int m = 0; m < 5; m++) {
			if ((i % 7 == 0) == (m == topic))
				member_note(expected[m], "%d ", i);
		}
	}
	crowd_settle();
	for (int m = 0; m < 5; m++)
		assert_got(members[m], expected[m]);
	crowd_free();
}

static void joins_and_leaves_in_the_middle_of_a_turn(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *a, *b;

		start((struct nv_server_options){ .threads = threads });
		a = crowd_join();
		b = join("sub t");
		crowd_do(a, "pub t 1;sub t;pub t 2;unsub t;pub t 3;sub t;sub t;pub t 4;sub t*;"
		            "pub t 5;unsub t;pub t 6;unsub t*;pub t 7;sub u");
		assert_got(a, "2 4 5 6 ");
		assert_got(b, "1 2 3 4 5 6 7 ");
		crowd_do(b, "pub t 8;unsub t;send 9;pub t 10;sub t;pub t 11");
		assert_got(a, "");
		assert_got(b, "8 9 11 ");
		crowd_free();
	}
}

/* --- Writes --- */

/* However many messages, and whoever published them. */
static void a_subscriber_is_written_to_once_a_turn(void **state)
{
	struct member *members[4], *silent;
	uint32_t before[4], silent_before;

	start((struct nv_server_options){ 0 });
	silent = join("sub t;sub u");
	for (int i = 0; i < 4; i++)
		members[i] = join("sub t;sub u");
	silent_before = sim_peer_writes(silent->peer);
	for (int i = 0; i < 4; i++) {
		before[i] = sim_peer_writes(members[i]->peer);
		crowd_ask_for(members[i], "pub t 1;pub u 2;to 0 3;pub t 4*5000;pub u 5");
	}
	crowd_elsewhere("pub t 6;to 0 7");
	sim_turn(crowd_loop(0));
	assert_int_equal(sim_peer_writes(silent->peer) - silent_before, 1);
	/* Once behind its own reading, at most. */
	for (int i = 0; i < 4; i++)
		assert_true(sim_peer_writes(members[i]->peer) - before[i] <= 2);
	assert_got(silent, "6 7 1 2 3 4*5000 5 1 2 3 4*5000 5 1 2 3 4*5000 5 1 2 3 4*5000 5 ");
	assert_got(members[1], "6 1 2 4*5000 5 1 2 4*5000 5 1 2 4*5000 5 1 2 4*5000 5 ");
	assert_false(sim_busy(crowd_loop(0)));
	crowd_free();
}

/* However many there were: what a turn took is given back, or used again. */
static void turns_leave_nothing_behind(void **state)
{
	size_t before = 0;

	start((struct nv_server_options){ .threads = 2 });
	join("sub t");
	join("sub t");
	for (int i = 0; i < 2000; i++) {
		crowd_elsewhere("pub t 1*300;pub t 2*300");
		crowd_settle();
		sim_peer_take(crowd.members[0].peer);
		if (i == 100)
			before = failing_alloc_live_bytes();
	}
	assert_int_equal(failing_alloc_live_bytes(), before);
	crowd_free();
}

/* --- From all callbacks --- */

/* What a callback publishes leaves in the same turn, to who was there. */
static void publishes_from(enum crowd_callback callback, uint32_t threads, const char *told)
{
	struct member *a, *b, *c;

	start((struct nv_server_options){ .threads = threads, .max_queue = 1000 });
	assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", NV_SLOW_DROP_OLDEST), 0);
	a = join("sub t");
	b = join("sub t");
	crowd.acts[callback] = "pub t x;pub t y";
	crowd.acting = 2;
	c = join("sub t;send 1");
	sim_peer_set_window(c->peer, 0);
	for (int i = 0; i < 10; i++)
		crowd_elsewhere("pub s none");
	crowd_do(c, "sub s;send 2*500;send 3*500");
	crowd_do(a, "pub s 4*500");
	sim_peer_set_window(c->peer, SIZE_MAX);
	crowd_settle();
	crowd_do(c, "close");
	send_frame(c->peer, 0x88, "\x03\xe8", 2);
	crowd_settle();
	assert_got(a, told);
	assert_got(b, told);
	crowd_free();
}

static void every_callback_may_publish(void **state)
{
	plain_only();
	for (uint32_t threads = 1; threads <= 2; threads++) {
		publishes_from(CROWD_UPGRADE, threads, "x y ");
		publishes_from(CROWD_OPEN, threads, "x y ");
		publishes_from(CROWD_MESSAGE, threads, "x y x y x y ");
		publishes_from(CROWD_DRAIN, threads, "x y ");
		publishes_from(CROWD_MISSED, threads, "x y ");
		publishes_from(CROWD_CLOSE, threads, "x y ");
	}
}

/* Who opens, and subscribes there, gets what it publishes there. */
static void subscribes_in_on_open(void **state)
{
	struct member *m;

	start((struct nv_server_options){ 0 });
	crowd.acts[CROWD_OPEN] = "pub t 1;sub t;pub t 2;send 3;pub t 4";
	m = crowd_join();
	assert_got(m, "2 3 4 ");
	crowd_free();
}

/* --- Ends --- */

static void what_is_published_before_a_close_arrives(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *a, *b;

		start((struct nv_server_options){ .threads = threads });
		a = join("sub t");
		b = join("sub t");
		crowd_do(a, "pub t 1;send 2;pub t 3;close;pub t 4;send 5 =CLOSED;sub u =CLOSED");
		assert_got(a, "1 2 3 close:1000 ");
		assert_got(b, "1 3 4 ");
		crowd_elsewhere("pub t 6;kick 1;pub t 7;to 1 8");
		crowd_settle();
		assert_got(b, "6 close:4000 ");
		crowd_free();
	}
}

/* After a Close of ours, and after both. */
/* Also before the answer to the peer's, in whose segment the message came. */
static void what_is_published_before_the_peers_close_arrives(void **state)
{
	struct member *a, *b;

	start((struct nv_server_options){ 0 });
	a = join("sub t");
	b = join("sub t");
	crowd_ask_for(a, "pub t last_words");
	send_frame(a->peer, 0x88, "\x03\xe8", 2);
	crowd_settle();
	assert_got(a, "last_words close:1000 ");
	assert_got(b, "last_words ");
	crowd_free();
}

static void nothing_is_published_behind_a_close(void **state)
{
	struct member *a, *b;

	start((struct nv_server_options){ 0 });
	a = join("sub t");
	b = join("sub t");
	crowd_do(a, "close");
	crowd_do(b, "pub t 1");
	assert_got(a, "close:1000 ");
	assert_told(a, "");
	send_frame(a->peer, 0x88, "\x03\xe8", 2);
	crowd_settle();
	assert_told(a, "close:1000,closing handshake ");
	crowd_do(b, "pub t 2");
	assert_got(a, "");
	assert_false(sim_peer_closed(a->peer));
	sim_peer_eof(a->peer);
	crowd_settle();
	assert_true(sim_peer_closed(a->peer));
	crowd_do(b, "pub t 3");
	assert_got(b, "1 2 3 ");
	crowd_free();
}

/* Its Close and its last words in one segment, or its reset. */
static void publishes_of_who_leaves_arrive(void **state)
{
	struct member *a, *b, *c;

	start((struct nv_server_options){ .threads = 2 });
	a = join("sub t");
	b = join("sub t");
	c = join("sub t");
	crowd_ask_for(a, "pub t 1");
	send_frame(a->peer, 0x88, "\x03\xe8", 2);
	crowd_ask_for(b, "pub t 2");
	sim_peer_reset(b->peer);
	crowd_settle();
	assert_got(a, "1 close:1000 ");
	assert_got(c, "1 2 ");
	assert_told(b, "close:1006,the peer reset the connection ");
	crowd_do(c, "pub t 3;abort");
	assert_got(c, "");
	assert_told(c, "close:1006,aborted by this side ");
	crowd_free();
}

static void the_paused_are_subscribers(void **state)
{
	struct member *a, *b;

	start((struct nv_server_options){ .max_queue = 1000 });
	a = join("sub t;pause");
	b = join("sub t");
	crowd_do(b, "pub t 1");
	assert_got(a, "1 ");
	sim_peer_set_window(a->peer, 0);
	crowd_do(b, "pub t 2;to 0 3;pub t 4");
	crowd_ask_for(a, "pub t 5");
	crowd_settle();
	assert_got(a, "");
	nv_conn_pause(a->conn, false);
	sim_peer_set_window(a->peer, SIZE_MAX);
	crowd_settle();
	assert_got(a, "2 3 4 5 ");
	assert_got(b, "1 2 4 5 ");
	assert_told(a, "drain ");
	crowd_free();
}

/* --- permessage-deflate --- */

static const struct nv_server_options compressing = {
	.threads = 2,
	.compression = { .enabled = true, .context_takeover = true, .threshold = 20 },
};

#define EXTENSION "Sec-WebSocket-Extensions: permessage-deflate"

static const char *const offers[] = {
	"",
	EXTENSION "\r\n",
	EXTENSION "; server_no_context_takeover\r\n",
	EXTENSION "; server_no_context_takeover; server_max_window_bits=9\r\n",
	EXTENSION "; client_no_context_takeover; server_max_window_bits=10\r\n",
	EXTENSION "; server_no_context_takeover; client_max_window_bits\r\n",
	"",
	EXTENSION "\r\n",
	EXTENSION "; server_no_context_takeover\r\n",
};

static void all_get_the_same_however_encoded(void **state)
{
	struct member *members[COUNT(offers)];

	start(compressing);
	for (size_t i = 0; i < COUNT(offers); i++) {
		members[i] = crowd_join_with(offers[i]);
		crowd_do(members[i], "sub t");
		assert_int_equal(members[i]->inflates, i % 6 != 0);
	}
	crowd_do(members[3], "pub t a*3000;pub t b;pub t c*100;others t d*200;pub t e*30000");
	crowd_do(members[2], "send f*100;pub t g*100;send h*100;others t i*500;pub t j*20");
	crowd_do(members[1], "first k;pub t l*100;pub t m;last n;pub t o*100");
	for (size_t i = 0; i < COUNT(offers); i++) {
		char expected[200];

		snprintf(expected, sizeof expected,
		         "a*3000 b c*100 %se*30000 %sg*100 %s%sj*20 %sl*100 m o*100 ",
		         i == 3 ? "" : "d*200 ", i == 2 ? "f*100 " : "", i == 2 ? "h*100 " : "",
		         i == 2 ? "" : "i*500 ", i == 1 ? "kn " : "");
		assert_got(members[i], expected);
		assert_int_equal(members[i]->inflated > 0, members[i]->inflates);
	}
	crowd_free();
}

/* --- Counts --- */

static void publishes_are_counted(void **state)
{
	struct member *a, *b;

	start((struct nv_server_options){ .threads = 2 });
	a = join("pub t none");
	assert_int_equal(crowd_stats().published, 0);
	crowd_do(a, "sub t;pub t 1;pub u none");
	assert_int_equal(crowd_stats().published, 1);
	b = join("sub t;sub u*;unsub u*;unsub u =NOT_FOUND");
	join("sub t");
	crowd_do(a, "pub t 2");
	assert_int_equal(crowd_stats().published, 3);
	assert_int_equal(crowd_stats().opened, 3);
	assert_int_equal(crowd_stats().connections, 3);
	assert_got(a, "1 2 ");
	/* Loops on which nobody subscribes are left alone. */
	crowd_do(a, "unsub t");
	assert_int_equal(atomic_load(&crowd.server->workers[0].subscribed), 1);
	assert_int_equal(atomic_load(&crowd.server->workers[1].subscribed), 1);
	sim_peer_reset(b->peer);
	crowd_settle();
	assert_int_equal(atomic_load(&crowd.server->workers[1].subscribed), 0);
	crowd_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("names are exact or end with a star", names_are_exact_or_end_with_a_star),
		unit_case("bad names are refused", bad_names_are_refused),
		unit_case("bad messages are refused", bad_messages_are_refused),
		unit_case("has 128 subscriptions", has_128_subscriptions),
		unit_case("one connection is left out", one_connection_is_left_out),
		unit_case("sends and publishes keep their order",
		          sends_and_publishes_keep_their_order),
		unit_case("many topics keep their order", many_topics_keep_their_order),
		unit_case("joins and leaves in the middle of a turn",
		          joins_and_leaves_in_the_middle_of_a_turn),
		unit_case("a subscriber is written to once a turn",
		          a_subscriber_is_written_to_once_a_turn),
		unit_case("turns leave nothing behind", turns_leave_nothing_behind),
		unit_case("every callback may publish", every_callback_may_publish),
		unit_case("subscribes in on_open", subscribes_in_on_open),
		unit_case("what is published before a Close arrives",
		          what_is_published_before_a_close_arrives),
		unit_case("what is published before the peer's Close arrives",
		          what_is_published_before_the_peers_close_arrives),
		unit_case("nothing is published behind a Close",
		          nothing_is_published_behind_a_close),
		unit_case("publishes of who leaves arrive", publishes_of_who_leaves_arrive),
		unit_case("the paused are subscribers", the_paused_are_subscribers),
		unit_case("all get the same however encoded", all_get_the_same_however_encoded),
		unit_case("publishes are counted", publishes_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
