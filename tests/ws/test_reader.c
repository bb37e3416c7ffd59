/* SPDX-License-Identifier: MIT */
/* test_reader.c: who can't take what is published or sent to it at once: a message in parts is under
 * way, the peer is slow, or there is no memory. Byte for byte at the far ends. */
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

/* --- Messages in parts --- */

static void a_message_in_parts_is_not_interrupted(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *a, *b;

		start((struct nv_server_options){ .threads = threads });
		a = join("sub t;sub u");
		b = join("sub t");
		crowd_do(a, "pub t 1;first x;pub t 2");
		crowd_do(b, "pub t 3;to 0 4 =?;pub u 5");
		crowd_elsewhere("to 0 6;pub t 7");
		crowd_settle();
		crowd_do(a, "send 8 =STATE;more y;pub u 9;last z;pub t 10;send 11");
		assert_got(a, threads == 1 ? "1 xyz 2 3 5 6 7 9 10 11 "
		                           : "1 xyz 2 3 4 5 6 7 9 10 11 ");
		assert_got(b, "1 2 3 7 10 ");
		crowd_do(a, "pub t 12;first x;last y;pub t 13");
		assert_got(a, "12 xy 13 ");
		crowd_free();
	}
}

/* Who ends the message's connection does not wait for its end. */
static void what_waits_aside_ends_with_the_connection(void **state)
{
	struct member *a, *b, *c;

	start((struct nv_server_options){ 0 });
	a = join("sub t;first x");
	b = join("sub t;first x");
	c = join("pub t 1");
	crowd_do(a, "close");
	crowd_do(b, "abort");
	crowd_do(c, "pub t 2");
	member_read(a);
	assert_string_equal(a->got, "close:1000 ");
	crowd_free();
}

/* Aside has room below the limit only, and then its policy counts. */
static void the_limit_holds_aside(void **state)
{
	struct member *a, *b;

	start((struct nv_server_options){ .max_queue = 1000 });
	a = join("sub t;first x");
	b = join("sub t");
	for (int i = 0; i < 5; i++)
		crowd_do(b, "pub t 1*200");
	assert_told(a, "");
	crowd_do(b, "pub t 2*200");
	assert_told(a, "close:1013,the peer did not read ");
	assert_got(b, "1*200 1*200 1*200 1*200 1*200 2*200 ");
	member_read(a);
	assert_string_equal(a->got, "close:1013 ");
	assert_true(sim_peer_ended(a->peer));
	crowd_free();
}

static void what_has_no_room_aside_is_missed(void **state)
{
	struct member *a, *b;

	start((struct nv_server_options){ .max_queue = 1000 });
	assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", NV_SLOW_DROP_OLDEST), 0);
	a = join("sub t;first x");
	b = join("sub t");
	for (int i = 0; i < 8; i++)
		crowd_do(b, "pub t 1*200");
	crowd_do(a, "last y;pub t 2");
	assert_got(a, "xy 1*200 1*200 1*200 1*200 1*200 2 ");
	crowd_advance(250);
	assert_told(a, "missed:3 ");
	assert_int_equal(crowd_stats().missed, 3);
	crowd_free();
}

/* What was taken aside and then can't leave is not lost in silence. */
static void what_waits_aside_leaves_or_is_told(void **state)
{
	bool complete = false;

	for (size_t nth = 1; !complete; nth++) {
		struct member *m;
		int error;

		start((struct nv_server_options){ 0 });
		m = join("sub t;first x");
		crowd_elsewhere("pub t 1*20000;to 0 2*20000;pub t 3*20000");
		crowd_settle();
		failing_alloc_fail(nth, FAIL_ONCE);
		error = nv_conn_send_part(m->conn, NV_CONTINUATION, nv_str("y"), true);
		complete = failing_alloc_count() < nth;
		failing_alloc_fail(0, FAIL_ONCE);
		crowd_settle();
		member_read(m);
		if (error == 0 && m->conn)
			assert_string_equal(m->got, "xy 1*20000 2*20000 3*20000 ");
		else if (error == 0)
			assert_told(m, "close:1011,out of memory ");
		crowd_free();
	}
}

/* --- Who is slow --- */

/* Frames of 204 bytes, of which five reach the limit. */
static void publish_some(size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		char acts[32];

		snprintf(acts, sizeof acts, "pub t %zu*200", i);
		crowd_elsewhere(acts);
		crowd_settle();
	}
}

static void start_slow(enum nv_slow slow, uint32_t threads)
{
	start((struct nv_server_options){ .threads = threads, .max_queue = 1000 });
	assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", slow), 0);
}

static void assert_got_all(struct member *m, size_t first, size_t end)
{
	static char expected[MEMBER_WORDS];

	expected[0] = '\0';
	for (size_t i = first; i < end; i++)
		member_note(expected, "%zu*200 ", i);
	assert_got(m, expected);
}

static void the_slow_are_closed(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *slow, *other, *third;

		start_slow(NV_SLOW_CLOSE, threads);
		slow = join("sub t");
		other = join("sub t");
		third = join("sub t");
		sim_peer_set_window(slow->peer, 0);
		publish_some(0, 5);
		assert_told(slow, "");
		publish_some(5, 6);
		assert_told(slow, "close:1013,the peer did not read ");
		publish_some(6, 10);
		sim_peer_set_window(slow->peer, SIZE_MAX);
		crowd_settle();
		assert_got(slow, "0*200 1*200 2*200 3*200 4*200 close:1013 ");
		assert_true(sim_peer_ended(slow->peer));
		assert_got_all(other, 0, 10);
		assert_got_all(third, 0, 10);
		assert_told(other, "");
		assert_int_equal(crowd_stats().closed[NV_CAUSE_SLOW], 1);
		assert_int_equal(crowd_stats().missed, 0);
		crowd_free();
	}
}

/* In one turn, to one that reads: a message is taken whenever the queue is below its limit. */
static void the_limit_is_one_of_a_turn_too(void **state)
{
	struct member *m;

	start_slow(NV_SLOW_CLOSE, 1);
	m = join("sub t");
	crowd_do(m, "pub t 0*200;pub t 1*200;pub t 2*200;pub t 3*200;pub t 4*200");
	assert_got_all(m, 0, 5);
	crowd_do(m, "pub t 0*200;pub t 1*200;pub t 2*200;pub t 3*200;pub t 4*200;pub t 5*200");
	assert_got(m, "0*200 1*200 2*200 3*200 4*200 close:1013 ");
	assert_told(m, "close:1013,the peer did not read ");
	crowd_free();
}

static void the_oldest_are_dropped(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *slow, *begun, *other;

		start_slow(NV_SLOW_DROP_OLDEST, threads);
		slow = join("sub t");
		begun = join("sub t");
		other = join("sub t");
		sim_peer_set_window(slow->peer, 0);
		sim_peer_set_window(begun->peer, 10);
		publish_some(0, 20);
		assert_told(slow, "");
		assert_int_equal(crowd_stats().missed, 30);
		sim_peer_set_window(slow->peer, SIZE_MAX);
		sim_peer_set_window(begun->peer, SIZE_MAX);
		crowd_settle();
		assert_told(slow, "missed:15 drain ");
		assert_told(begun, "missed:15 drain ");
		/* The first was on its way before anybody knew that they are slow. */
		assert_got(slow, "0*200 16*200 17*200 18*200 19*200 ");
		assert_got(begun, "0*200 16*200 17*200 18*200 19*200 ");
		assert_got_all(other, 0, 20);
		publish_some(20, 22);
		assert_got_all(begun, 20, 22);
		assert_told(slow, "");
		assert_told(other, "");
		crowd_free();
	}
}

/* What one turn fills the queue with is no less old than what came alone. */
static void the_oldest_of_a_turn_are_dropped(void **state)
{
	struct member *slow;

	start_slow(NV_SLOW_DROP_OLDEST, 1);
	slow = join("sub t");
	sim_peer_set_window(slow->peer, 0);
	crowd_elsewhere("pub t 0*200;pub t 1*200;pub t 2*200;pub t 3*200");
	publish_some(4, 9);
	sim_peer_set_window(slow->peer, SIZE_MAX);
	crowd_settle();
	assert_told(slow, "missed:4 drain ");
	assert_got_all(slow, 4, 9);
	crowd_free();
}

/* What was sent to one alone stays, and what is published goes before and behind it. */
static void what_was_sent_is_never_dropped(void **state)
{
	struct member *slow;

	start_slow(NV_SLOW_DROP_OLDEST, 1);
	slow = join("sub t;send 0");
	sim_peer_set_window(slow->peer, 0);
	crowd_do(slow, "send 1*200");
	publish_some(2, 4);
	crowd_do(slow, "send 4*200");
	publish_some(5, 8);
	crowd_do(slow, "send 8 =FULL");
	sim_peer_set_window(slow->peer, SIZE_MAX);
	crowd_settle();
	assert_told(slow, "missed:2 drain ");
	assert_got(slow, "0 1*200 4*200 5*200 6*200 7*200 ");
	/* Where nothing can be dropped, the newest goes. */
	sim_peer_set_window(slow->peer, 0);
	crowd_do(slow, "send 1*500;send 2*500");
	publish_some(3, 5);
	sim_peer_set_window(slow->peer, SIZE_MAX);
	crowd_settle();
	assert_told(slow, "missed:2 drain ");
	assert_got(slow, "1*500 2*500 ");
	crowd_free();
}

static void the_newest_of_each_topic_waits(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct member *slow, *other;

		start_slow(NV_SLOW_KEEP_NEWEST, threads);
		slow = join("sub t;sub u");
		other = join("sub t;sub u");
		sim_peer_set_window(slow->peer, 0);
		crowd_elsewhere("to 0 first");
		crowd_settle();
		crowd_elsewhere("pub t 1;pub u 2;to 0 3");
		crowd_settle();
		crowd_elsewhere("pub t 4;pub t 5;pub u 6;to 0 7;pub t 8");
		crowd_settle();
		assert_told(slow, "");
		sim_peer_set_window(slow->peer, SIZE_MAX);
		crowd_settle();
		assert_told(slow, "missed:4 drain ");
		assert_got(slow, "first 3 6 7 8 ");
		assert_got(other, "1 2 4 5 6 8 ");
		assert_int_equal(crowd_stats().missed, 4);
		crowd_free();
	}
}

/* A window that is kept must not make the oldest stay: what can be dropped is not compressed. */
static void a_kept_window_changes_nothing(void **state)
{
	for (int slow = NV_SLOW_DROP_OLDEST; slow <= NV_SLOW_KEEP_NEWEST; slow++) {
		struct member *m;

		start((struct nv_server_options){
			.max_queue = 1000,
			.compression = { .enabled = true, .context_takeover = true, .threshold = 20 } });
		assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", (enum nv_slow)slow), 0);
		m = crowd_join_with("Sec-WebSocket-Extensions: permessage-deflate\r\n");
		crowd_do(m, "sub t;send before*50");
		sim_peer_set_window(m->peer, 0);
		publish_some(0, 20);
		if (slow == NV_SLOW_KEEP_NEWEST)
			crowd_do(m, "send after*50");
		sim_peer_set_window(m->peer, SIZE_MAX);
		crowd_settle();
		if (slow == NV_SLOW_DROP_OLDEST)
			assert_got(m, "before*50 15*200 16*200 17*200 18*200 19*200 ");
		else
			assert_got(m, "before*50 19*200 after*50 ");
		crowd_free();
	}
}

/* A topic's policy is everybody's; "t" is exact, "keep.*" is not. */
static void a_topic_has_its_own_policy(void **state)
{
	struct member *slow, *other;

	start_slow(NV_SLOW_CLOSE, 2);
	assert_int_equal(nv_server_topic_slow(crowd.server, "t", NV_SLOW_DROP_OLDEST), 0);
	assert_int_equal(nv_server_topic_slow(crowd.server, "keep.*", NV_SLOW_KEEP_NEWEST), 0);
	slow = join("sub t;sub keep.1;sub closing");
	other = join("sub *");
	sim_peer_set_window(slow->peer, 0);
	crowd_do(slow, "send x");
	crowd_elsewhere("pub keep.1 a;pub keep.1 b");
	publish_some(0, 9);
	assert_told(slow, "");
	crowd_elsewhere("pub closing x");
	crowd_settle();
	assert_told(slow, "close:1013,the peer did not read ");
	sim_peer_set_window(slow->peer, SIZE_MAX);
	crowd_settle();
	assert_got(slow, "x 4*200 5*200 6*200 7*200 8*200 close:1013 ");
	assert_int_equal(crowd_stats().missed, 1 + 1 + 4);
	assert_got(other, "a b 0*200 1*200 2*200 3*200 4*200 5*200 6*200 7*200 8*200 x ");
	crowd_free();
}

/* More than the limit in one turn, to one that reads: nobody makes it wait, but it is told. */
static void who_reads_is_told_what_it_missed(void **state)
{
	static const enum nv_slow policies[] = { NV_SLOW_DROP_OLDEST, NV_SLOW_KEEP_NEWEST };

	for (size_t i = 0; i < COUNT(policies); i++) {
		struct member *m;

		start_slow(policies[i], 1);
		m = join("sub t");
		crowd_elsewhere("to 0 0*1000;pub t 1;pub t 2");
		crowd_settle();
		assert_got(m, "0*1000 ");
		assert_int_equal(crowd_stats().missed, 2);
		crowd_advance(250);
		assert_told(m, "missed:2 ");
		crowd_do(m, "pub t 1*500;pub t 2*500;pub t 3*500");
		assert_got(m, i == 0 ? "2*500 3*500 " : "3*500 ");
		nv_conn_pause(m->conn, i == 1);
		crowd_advance(250);
		assert_told(m, i == 0 ? "missed:1 " : "missed:2 ");
		crowd_advance(1000);
		assert_told(m, "");
		crowd_free();
	}
}

/* --- Without memory --- */

#define MESSAGES 24

static int send_to(uint64_t id, const char *text)
{
	return nv_server_send(crowd.server, id, NV_TEXT, nv_str(text));
}

/* Who was asked to publish or send what, and what came of it. */
static struct {
	int subscribed[4];
	int published[MESSAGES];
	int sent[4][MESSAGES];
} asked;

static void name(char *text, int number)
{
	memset(text, '.', 60);
	snprintf(text, 60, "%d", number);
	text[strlen(text)] = '.';
	text[60] = '\0';
}

static void ask_to_publish(void *context)
{
	int *result = context;
	char text[64];

	name(text, (int)(result - asked.published));
	*result = nv_server_publish(crowd.server, "t", NV_TEXT, nv_str(text), 0);
}

/* From the first loop, and from elsewhere. */
static void publish_by_turns(int number)
{
	int *result = &asked.published[number];

	*result = NV_ERR_NOMEM;
	if (number % 3 == 0)
		(void)nv_server_post(crowd.server, ask_to_publish, result);
	else
		ask_to_publish(result);
}

/* The last part of what was begun, if it was and is not over. */
static void end_message(const struct member *m)
{
	if (m->conn)
		(void)nv_conn_send_part(m->conn, NV_CONTINUATION, nv_str("."), true);
}

static void ask_for_everything(void)
{
	for (size_t m = 0; m < 4; m++)
		asked.subscribed[m] = nv_conn_subscribe(crowd.members[m].conn, "t");
	if (crowd.members[3].conn)
		(void)nv_conn_send_part(crowd.members[3].conn, NV_TEXT, nv_str("first"), false);
	for (int i = 0; i < MESSAGES; i++) {
		char text[64];

		publish_by_turns(i);
		name(text, 100 + i);
		for (size_t m = 0; m < 4; m++)
			asked.sent[m][i] = send_to(crowd.members[m].id, text);
		if (i % 4 == 0)
			crowd_settle();
	}
	end_message(&crowd.members[3]);
	crowd_settle();
}

static void assert_has(const char **got, int number)
{
	char word[16];

	snprintf(word, sizeof word, " %d*60 ", number);
	*got = strstr(*got, word);
	assert_non_null(*got);
}

/* Who is still there has got, in the order of each thread, all of which it was said that it is on its
 * way. */
static void assert_complete(size_t member)
{
	struct member *m = &crowd.members[member];
	char got[MEMBER_WORDS + 1] = " ";
	const char *published = got, *posted_first = got, *sent = got;

	member_read(m);
	strcat(got, m->got);
	m->got[0] = '\0';
	for (int i = 0; i < MESSAGES && m->conn; i++) {
		if (asked.subscribed[member] == 0 && asked.published[i] == 0)
			assert_has(i % 3 == 0 ? &posted_first : &published, i);
		if (asked.sent[member][i] == 0)
			assert_has(&sent, 100 + i);
	}
}

/* True when more allocations were asked for than the one that failed. */
static bool play_without_memory(size_t nth, enum failing_mode mode)
{
	static const struct nv_server_options options = {
		.threads = 2,
		.ping_interval_ms = NV_OFF,
		.compression = { .enabled = true, .context_takeover = true, .threshold = 20 },
	};
	static const char *const fields[] = {
		"",
		"",
		"Sec-WebSocket-Extensions: permessage-deflate\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n",
	};
	bool more;

	crowd_make(options);
	for (size_t m = 0; m < 4; m++)
		crowd_join_with(fields[m]);
	memset(&asked, 0, sizeof asked);
	failing_alloc_fail(nth, mode);
	ask_for_everything();
	more = failing_alloc_count() >= nth;
	failing_alloc_fail(0, FAIL_ONCE);
	end_message(&crowd.members[3]);
	crowd_settle();
	for (size_t m = 0; m < 4; m++)
		assert_complete(m);
	/* And goes on. */
	crowd_elsewhere("pub t end");
	crowd_settle();
	for (size_t m = 0; m < 4; m++) {
		if (crowd.members[m].conn)
			assert_got(&crowd.members[m], asked.subscribed[m] == 0 ? "end " : "");
	}
	crowd_free();
	return more;
}

static void every_allocation_may_fail(void **state)
{
	for (size_t nth = 1; play_without_memory(nth, FAIL_ONCE); nth++)
		assert_true(nth < 5000);
	for (size_t nth = 1; play_without_memory(nth, FAIL_FOREVER); nth++)
		assert_true(nth < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("a message in parts is not interrupted",
		          a_message_in_parts_is_not_interrupted),
		unit_case("what waits aside ends with the connection",
		          what_waits_aside_ends_with_the_connection),
		unit_case("the limit holds aside", the_limit_holds_aside),
		unit_case("what waits aside leaves or is told", what_waits_aside_leaves_or_is_told),
		unit_case("what has no room aside is missed", what_has_no_room_aside_is_missed),
		unit_case("the slow are closed", the_slow_are_closed),
		unit_case("the limit is one of a turn too", the_limit_is_one_of_a_turn_too),
		unit_case("the oldest are dropped", the_oldest_are_dropped),
		unit_case("the oldest of a turn are dropped", the_oldest_of_a_turn_are_dropped),
		unit_case("what was sent is never dropped", what_was_sent_is_never_dropped),
		unit_case("the newest of each topic waits", the_newest_of_each_topic_waits),
		unit_case("a kept window changes nothing", a_kept_window_changes_nothing),
		unit_case("a topic has its own policy", a_topic_has_its_own_policy),
		unit_case("who reads is told what it missed", who_reads_is_told_what_it_missed),
		unit_case("every allocation may fail", every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
