/* SPDX-License-Identifier: MIT */
/* test_crossing.c: connections by their ids, from wherever: what is asked for reaches that connection or
 * nobody. Between the loops of the simulated world, whose turns the test orders. */
#include "ws/crowd.h"

#include "sim/world.h"

#include "support/prng.h"

static int send_to(uint64_t id, const char *text)
{
	return nv_server_send(crowd.server, id, NV_TEXT, nv_str(text));
}

static int close_of(uint64_t id)
{
	return nv_server_close(crowd.server, id, 4000, NULL);
}

static void part(struct member *m)
{
	sim_peer_reset(m->peer);
	crowd_settle();
	assert_told(m, "close:1006,the peer reset the connection ");
}

/* --- Ids --- */

static void ids_are_never_0_nor_anothers(void **state)
{
	uint64_t ids[30];

	crowd_make((struct nv_server_options){ .threads = 3 });
	for (size_t i = 0; i < 30; i++) {
		struct member *m = crowd_join();

		ids[i] = m->id;
		assert_true(ids[i] != 0);
		for (size_t earlier = 0; earlier < i; earlier++)
			assert_true(ids[i] != ids[earlier]);
		if (i % 3 == 1)
			part(m);
	}
	crowd_free();
}

static void reaches_it_from_everywhere(void **state)
{
	struct member *a, *b;

	crowd_make((struct nv_server_options){ .threads = 2 });
	a = crowd_join();
	b = crowd_join();
	crowd_elsewhere("to 0 1;to 1 2");
	assert_got(a, "");
	crowd_settle();
	crowd_do(a, "to 0 3;send 4;to 1 5;to 0 6");
	crowd_do(b, "to 0 7;send 8;to 1 9");
	assert_got(a, "1 3 4 6 7 ");
	assert_got(b, "2 5 8 9 ");
	assert_int_equal(nv_server_send(crowd.server, a->id, NV_BINARY, nv_str("\xff")), 0);
	assert_int_equal(nv_server_send(crowd.server, a->id, NV_TEXT, nv_str("")), 0);
	crowd_settle();
	assert_took_bytes(a->peer, "\x82\x01\xff\x81\x00");
	crowd_do(a, "kick 1;kick 1");
	crowd_settle();
	assert_took_bytes(b->peer, "\x88\x05\x0f\xa0"
	                           "bye");
	crowd_do(a, "kick 0;kick 0 =CLOSED;to 0 x =CLOSED;to 1 x");
	assert_took_bytes(a->peer, "\x88\x05\x0f\xa0"
	                           "bye");
	crowd_free();
}

static void bad_arguments_are_told_at_once(void **state)
{
	uint64_t id;

	crowd_make((struct nv_server_options){ .threads = 2 });
	id = crowd_join()->id;
	assert_int_equal(nv_server_send(crowd.server, id, NV_TEXT, nv_str("\xff")), NV_ERR_UTF8);
	assert_int_equal(nv_server_send(crowd.server, id, NV_CONTINUATION, nv_str("x")),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_server_send(crowd.server, id, NV_CLOSE, nv_str("x")), NV_ERR_INVALID);
	assert_int_equal(nv_server_send(crowd.server, id, NV_PING, nv_str("x")), NV_ERR_INVALID);
	assert_int_equal(nv_server_close(crowd.server, id, 1005, NULL), NV_ERR_INVALID);
	assert_int_equal(nv_server_close(crowd.server, id, 1000, "\xff"), NV_ERR_UTF8);
	assert_int_equal(nv_server_close(crowd.server, id, 0, "x"), NV_ERR_INVALID);
	crowd_settle();
	assert_got(&crowd.members[0], "");
	assert_int_equal(nv_server_close(crowd.server, id, 0, NULL), 0);
	crowd_settle();
	assert_got(&crowd.members[0], "close ");
	crowd_free();
}

/* --- Ids of who has gone --- */

static void a_stale_id_is_closed(void **state)
{
	struct member *a, *b;

	crowd_make((struct nv_server_options){ .threads = 2 });
	a = crowd_join();
	b = crowd_join();
	part(a);
	part(b);
	for (int round = 0; round < 2; round++) {
		struct member *later;

		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(send_to(crowd.members[i].id, "x"), NV_ERR_CLOSED);
			assert_int_equal(close_of(crowd.members[i].id), NV_ERR_CLOSED);
		}
		/* In their places. */
		later = crowd_join();
		crowd_do(later, "to 0 x =CLOSED;kick 0 =CLOSED;to 1 x =CLOSED;kick 1 =CLOSED");
		assert_got(later, "");
		assert_int_equal((later->id ^ crowd.members[round].id) >> 32, 0);
	}
	crowd_free();
}

/* From on_close on, while TCP still ends. */
static void the_lingering_are_closed(void **state)
{
	struct member *a, *b;

	crowd_make((struct nv_server_options){ .threads = 2 });
	a = crowd_join();
	b = crowd_join();
	send_frame(a->peer, 0x88, "\x03\xe8", 2);
	crowd_settle();
	assert_told(a, "close:1000,closing handshake ");
	assert_false(sim_peer_closed(a->peer));
	assert_int_equal(send_to(a->id, "x"), NV_ERR_CLOSED);
	assert_int_equal(close_of(a->id), NV_ERR_CLOSED);
	crowd_do(b, "to 0 x =CLOSED;kick 0 =CLOSED");
	crowd_free();
}

/* It goes, and another comes to its place, before what was sent arrives. */
static void what_comes_too_late_reaches_nobody(void **state)
{
	struct member *a, *b;

	crowd_make((struct nv_server_options){ .threads = 1 });
	a = crowd_join();
	assert_int_equal(send_to(a->id, "in time"), 0);
	crowd_settle();
	sim_peer_reset(a->peer);
	assert_int_equal(close_of(a->id), 0);
	assert_int_equal(send_to(a->id, "x"), 0);
	sim_turn(crowd_loop(0));
	b = crowd_join();
	assert_int_equal((a->id ^ b->id) >> 32, 0);
	assert_got(b, "");
	assert_told(b, "");
	crowd_free();
}

/* What on_close does with its own id is nobody else's. */
static void on_close_has_its_id(void **state)
{
	static const char acts[] = "to 0 x =?;kick 0 =?;pub t 1;others t 2";
	struct member *a, *b;

	for (uint32_t threads = 1; threads <= 2; threads++) {
		crowd_make((struct nv_server_options){ .threads = threads });
		a = crowd_join();
		b = crowd_join();
		crowd_do(a, "sub t");
		crowd_do(b, "sub t");
		crowd.acts[CROWD_CLOSE] = acts;
		part(a);
		assert_got(b, "1 2 ");
		assert_told(b, "");
		crowd_free();
	}
}

/* Unless it is one of the first two members'. */
static void try_id(uint64_t id)
{
	if (id == crowd.members[0].id || id == crowd.members[1].id)
		return;
	(void)send_to(id, "x");
	(void)close_of(id);
	assert_int_equal(nv_server_publish(crowd.server, "t", NV_TEXT, nv_str("."), id), 0);
}

/* All but those of members, in whatever way they are wrong. */
static void made_up_ids_reach_nobody(void **state)
{
	struct prng prng = { 1 };

	for (uint32_t threads = 1; threads <= 3; threads++) {
		struct member *a, *b;

		crowd_make((struct nv_server_options){ .threads = threads });
		assert_int_equal(send_to(0, "x"), NV_ERR_CLOSED);
		assert_int_equal(close_of(0), NV_ERR_CLOSED);
		try_id(UINT64_MAX);
		a = crowd_join();
		b = crowd_join();
		part(crowd_join());
		for (int bit = 0; bit < 64; bit++) {
			uint64_t flip = UINT64_C(1) << bit;

			try_id(a->id ^ flip);
			try_id(b->id ^ flip);
			try_id(flip);
			try_id(~flip);
			try_id(crowd.members[2].id ^ flip);
		}
		for (int i = 0; i < 10000; i++)
			try_id(prng_next(&prng) >> prng_below(&prng, 64) & ~UINT64_C(0xffff));
		for (uint64_t slot = 0; slot < 1 << 24; slot += 251)
			assert_int_equal(send_to(slot << 32, "x"), NV_ERR_CLOSED);
		crowd_settle();
		assert_got(a, "");
		assert_got(b, "");
		assert_told(a, "");
		assert_told(b, "");
		crowd_free();
	}
}

/* --- Limits --- */

static void an_inbox_has_a_limit(void **state)
{
	struct member *a, *b;
	int sent = 0;

	crowd_make((struct nv_server_options){ .threads = 2, .max_inbox = 5000 });
	a = crowd_join();
	b = crowd_join();
	while (send_to(b->id, "0123456789") == 0)
		sent++;
	assert_in_range(sent, 30, 500);
	assert_int_equal(send_to(b->id, "x"), NV_ERR_FULL);
	assert_int_equal(close_of(b->id), NV_ERR_FULL);
	/* The other's has room, and its own thread needs none. */
	assert_int_equal(send_to(a->id, "1"), 0);
	crowd_settle();
	assert_int_equal(sim_peer_take(b->peer).len, sent * 12);
	assert_int_equal(send_to(b->id, "2"), 0);
	crowd_settle();
	assert_got(a, "1 ");
	assert_got(b, "2 ");
	assert_told(b, "");
	crowd_free();
}

/* Below it: what reaches it is the last. */
static void a_full_inbox_is_at_its_limit(void **state)
{
	struct nv_server_options options = { .max_inbox = NV_OFF };

	for (int i = 0; i < 2; i++) {
		struct member *a;

		crowd_make(options);
		a = crowd_join();
		assert_int_equal(send_to(a->id, "1"), 0);
		options.max_inbox = (uint32_t)atomic_load(&crowd.server->workers[0].inbox);
		assert_int_equal(send_to(a->id, "2"), i == 0 ? 0 : NV_ERR_FULL);
		crowd_settle();
		assert_int_equal(atomic_load(&crowd.server->workers[0].inbox), 0);
		assert_got(a, i == 0 ? "1 2 " : "1 ");
		crowd_free();
	}
}

/* A message is let in below the limit whatever its size, and one that failed takes no room. */
static void what_did_not_get_in_takes_no_room(void **state)
{
	struct member *a;

	crowd_make((struct nv_server_options){ .max_inbox = 100 });
	a = crowd_join();
	crowd_do(a, "sub t");
	for (int i = 0; i < 100; i++) {
		failing_alloc_fail(1, FAIL_ONCE);
		assert_int_equal(send_to(a->id, "x"), NV_ERR_NOMEM);
		failing_alloc_fail(1, FAIL_ONCE);
		assert_int_equal(close_of(a->id), NV_ERR_NOMEM);
		failing_alloc_fail(1, FAIL_ONCE);
		assert_int_equal(nv_server_publish(crowd.server, "t", NV_TEXT, nv_str("x"), 0),
		                 NV_ERR_NOMEM);
	}
	crowd_elsewhere("to 0 1*1000;to 0 2 =FULL;pub t 2 =FULL");
	crowd_settle();
	assert_got(a, "1*1000 ");
	crowd_elsewhere("pub t 3*1000;to 0 4 =FULL;pub t 4 =FULL;kick 0 =FULL");
	crowd_settle();
	assert_got(a, "3*1000 ");
	assert_told(a, "");
	crowd_free();
}

/* Where one of the loops has no room. */
static void all_loops_get_a_message_or_none(void **state)
{
	struct member *members[3];

	for (size_t full = 0; full < 3; full++) {
		crowd_make((struct nv_server_options){ .threads = 3, .max_inbox = 1000 });
		for (size_t i = 0; i < 3; i++) {
			members[i] = crowd_join();
			crowd_do(members[i], "sub t");
		}
		assert_int_equal(
			nv_server_send(crowd.server, members[full]->id, NV_BINARY,
		                       (struct nv_bytes){ (const uint8_t *)crowd.members, 1000 }),
			0);
		for (int i = 0; i < 100; i++)
			crowd_elsewhere("pub t x =FULL");
		/* Its own loop has nothing to go through. */
		if (full != 0) {
			crowd_ask_for(members[0], "pub t x =FULL");
			sim_turn(crowd_loop(0));
		}
		crowd_settle();
		assert_int_equal(sim_peer_take(members[full]->peer).len, 1004);
		for (size_t i = 0; i < 3; i++)
			assert_got(members[i], "");
		crowd_elsewhere("pub t 1;pub t 2");
		crowd_settle();
		for (size_t i = 0; i < 3; i++)
			assert_got(members[i], "1 2 ");
		assert_int_equal(crowd_stats().published, 6);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(atomic_load(&crowd.server->workers[i].inbox), 0);
		crowd_free();
	}
}

static void without_a_limit_everything_gets_in(void **state)
{
	struct member *a;

	crowd_make((struct nv_server_options){ .max_inbox = NV_OFF, .max_queue = NV_OFF });
	a = crowd_join();
	crowd_do(a, "sub t");
	for (int i = 0; i < 2000; i++)
		crowd_elsewhere("to 0 x*60000;pub t x*60000");
	crowd_settle();
	assert_int_equal(sim_peer_take(a->peer).len, 2 * 2000 * 60004);
	crowd_free();
}

/* Its sender was told that it is on its way. */
static void who_has_no_room_on_arrival_is_closed(void **state)
{
	struct member *slow, *other;

	plain_only();
	crowd_make((struct nv_server_options){ .threads = 2, .max_queue = 1000 });
	slow = crowd_join();
	other = crowd_join();
	sim_peer_set_window(slow->peer, 0);
	crowd_elsewhere("to 0 1*500;to 0 2*500");
	crowd_settle();
	assert_told(slow, "");
	crowd_do(other, "to 0 3;to 0 4;send 5");
	assert_told(slow, "close:1013,the peer did not read ");
	sim_peer_set_window(slow->peer, SIZE_MAX);
	crowd_settle();
	assert_got(slow, "1*500 2*500 close:1013 ");
	assert_got(other, "5 ");
	assert_int_equal(send_to(slow->id, "x"), NV_ERR_CLOSED);
	assert_int_equal(crowd_stats().closed[NV_CAUSE_SLOW], 1);
	crowd_free();
}

/* And so is who has no memory, with a Close if there is some for that. */
static void who_has_no_memory_on_arrival_is_closed(void **state)
{
	struct member *a, *b;

	crowd_make((struct nv_server_options){ .threads = 2 });
	a = crowd_join();
	b = crowd_join();
	crowd_elsewhere("to 0 1;to 1 1");
	failing_alloc_fail(1, FAIL_ONCE);
	sim_settle(crowd_loop(0));
	failing_alloc_fail(1, FAIL_FOREVER);
	sim_settle(crowd_loop(1));
	failing_alloc_fail(0, FAIL_ONCE);
	assert_told(a, "close:1011,out of memory ");
	assert_got(a, "close:1011 ");
	assert_told(b, "close:1006,out of memory ");
	assert_got(b, "");
	crowd_free();
}

/* In a turn of the first loop, to a connection of the second one. */
static void fill_inbox(void *context)
{
	const struct member *m = context;

	while (nv_server_send(crowd.server, m->id, NV_TEXT, nv_str("x")) == 0)
		continue;
	assert_null(crowd.server->workers[0].departures.to[1].newest);
	assert_false(nv_mailbox_is_empty(&crowd_loop(1)->mailbox));
}

/* Or a handler that waits for room would wait for what only the end of its turn lets leave. */
static void what_fills_an_inbox_is_on_its_way(void **state)
{
	struct member *m;

	crowd_make((struct nv_server_options){ .threads = 2, .max_inbox = 5000 });
	(void)crowd_join();
	m = crowd_join();
	assert_int_equal(nv_id_worker(m->id), 1);
	assert_int_equal(nv_server_post(crowd.server, fill_inbox, m), 0);
	crowd_settle();
	crowd_free();
}

/* Who asked for a close was told that it is on its way. */
static void a_close_without_memory_is_not_lost(void **state)
{
	struct member *m;

	crowd_make((struct nv_server_options){ .threads = 2 });
	m = crowd_join();
	assert_int_equal(nv_server_close(crowd.server, m->id, 4000, "go"), 0);
	failing_alloc_fail(1, FAIL_FOREVER);
	crowd_settle();
	failing_alloc_fail(0, FAIL_ONCE);
	assert_told(m, "close:1006,out of memory ");
	crowd_free();
}

/* --- Posts --- */

static char posted[100];

static void run_post(void *context)
{
	snprintf(posted + strlen(posted), sizeof posted - strlen(posted), "%s%s ",
	         nv_loop_is_current(crowd_loop(0)) ? "" : "elsewhere:", (const char *)context);
	/* Once more, from the loop itself. */
	if (strcmp(context, "again") == 0)
		assert_int_equal(nv_server_post(crowd.server, run_post, (void *)"last"), 0);
}

static int post(const char *word)
{
	return nv_server_post(crowd.server, run_post, (void *)word);
}

static void posts_run_on_the_first_loop(void **state)
{
	crowd_make((struct nv_server_options){ .threads = 2 });
	posted[0] = '\0';
	assert_int_equal(post("1"), 0);
	assert_int_equal(post("again"), 0);
	assert_int_equal(post("2"), 0);
	sim_settle(crowd_loop(1));
	assert_string_equal(posted, "");
	crowd_settle();
	assert_string_equal(posted, "1 again 2 last ");
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(post("x"), NV_ERR_NOMEM);
	posted[0] = '\0';
	assert_int_equal(post("again"), 0);
	crowd_free();
	assert_string_equal(posted, "again last ");
}

/* --- The end, with everything on its way --- */

static uint64_t known_id;

/* Ids of each loop, also of connections that were never made. */
static void ask_all(void *context)
{
	for (uint64_t loop = 0; loop < 4; loop++) {
		for (uint64_t generation = 0; generation < 8; generation++)
			try_id(loop << 56 | generation);
	}
}

static void ask_in_vain(void *context)
{
	assert_int_equal(send_to(known_id, "x"), NV_ERR_CLOSED);
	assert_int_equal(close_of(known_id), NV_ERR_CLOSED);
	ask_all(context);
}

static void the_end_takes_along_what_is_on_its_way(void **state)
{
	for (uint32_t threads = 1; threads <= 3; threads++) {
		struct member *members[3];
		struct sim_peer *late;

		crowd_make((struct nv_server_options){ .threads = threads });
		for (size_t i = 0; i < 3; i++) {
			members[i] = crowd_join();
			crowd_do(members[i], "sub t");
		}
		crowd.acts[CROWD_CLOSE] = "pub t x;to 2 x =?;kick 1 =?;others t x";
		crowd_elsewhere("pub t 1;to 0 2;to 1 3;to 2 4;pub t 5;kick 1;pub t 6");
		assert_int_equal(nv_server_post(crowd.server, ask_all, NULL), 0);
		/* One that has been dealt, and its loop has not had a turn. */
		late = crowd_ask("");
		sim_turn(crowd_loop(0));
		crowd_elsewhere("pub t 7;to 0 8");
		(void)late;
		nv_server_free(crowd.server);
		for (size_t i = 0; i < 3; i++) {
			assert_null(members[i]->conn);
			member_free(members[i]);
		}
		failing_alloc_remove();
	}
}

/* on_close in the last act of a loop's last turn: what it has for the others finds their loops gone. */
static void the_last_word_of_a_loop_is_dropped(void **state)
{
	struct member *a, *b;

	crowd_make((struct nv_server_options){ .threads = 2 });
	a = crowd_join();
	b = crowd_join();
	crowd_do(a, "pause");
	crowd_do(b, "sub t");
	crowd.acts[CROWD_CLOSE] = "pub t x;to 1 y";
	crowd_elsewhere("to 0 z");
	sim_peer_reset(a->peer);
	sim_turn(crowd_loop(0));
	assert_told(a, "close:1006,the peer reset the connection ");
	crowd_free();
}

/* Run by the end alone, behind the last connection. */
static void the_last_posts_find_nobody(void **state)
{
	for (uint32_t threads = 1; threads <= 3; threads++) {
		crowd_make((struct nv_server_options){ .threads = threads });
		for (size_t i = 0; i < 3; i++)
			crowd_join();
		for (size_t i = 0; i < 3; i++)
			part(&crowd.members[i]);
		known_id = crowd.members[1].id;
		assert_int_equal(nv_server_post(crowd.server, ask_in_vain, NULL), 0);
		crowd_free();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("ids are never 0 nor another's", ids_are_never_0_nor_anothers),
		unit_case("reaches it from everywhere", reaches_it_from_everywhere),
		unit_case("bad arguments are told at once", bad_arguments_are_told_at_once),
		unit_case("a stale id is closed", a_stale_id_is_closed),
		unit_case("the lingering are closed", the_lingering_are_closed),
		unit_case("what comes too late reaches nobody", what_comes_too_late_reaches_nobody),
		unit_case("on_close has its id", on_close_has_its_id),
		unit_case("made up ids reach nobody", made_up_ids_reach_nobody),
		unit_case("an inbox has a limit", an_inbox_has_a_limit),
		unit_case("a full inbox is at its limit", a_full_inbox_is_at_its_limit),
		unit_case("what did not get in takes no room", what_did_not_get_in_takes_no_room),
		unit_case("all loops get a message or none", all_loops_get_a_message_or_none),
		unit_case("without a limit everything gets in", without_a_limit_everything_gets_in),
		unit_case("who has no room on arrival is closed",
		          who_has_no_room_on_arrival_is_closed),
		unit_case("who has no memory on arrival is closed",
		          who_has_no_memory_on_arrival_is_closed),
		unit_case("what fills an inbox is on its way", what_fills_an_inbox_is_on_its_way),
		unit_case("a close without memory is not lost", a_close_without_memory_is_not_lost),
		unit_case("posts run on the first loop", posts_run_on_the_first_loop),
		unit_case("the end takes along what is on its way",
		          the_end_takes_along_what_is_on_its_way),
		unit_case("the last word of a loop is dropped", the_last_word_of_a_loop_is_dropped),
		unit_case("the last posts find nobody", the_last_posts_find_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
