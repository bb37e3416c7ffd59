/* SPDX-License-Identifier: MIT */
/* test_outbox.c: messages that wait, leave, come back, are confirmed or dropped; in virtual time. */
#include "ws/post.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define FRAME 7u /* bytes of a message of one letter: head, key, letter */

static void waits_for_a_connection(void **state)
{
	struct post p;
	bool first;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	assert_int_equal(post_feed(&p), NV_FEED_DONE);
	assert_int_equal(nv_outbox_put(&p.outbox, NV_TEXT, nv_str("a"), &first), 0);
	assert_true(first);
	assert_int_equal(nv_outbox_put(&p.outbox, NV_BINARY, nv_str("b"), &first), 0);
	assert_false(first);
	assert_int_equal(post_feed(&p), NV_FEED_LATER);
	assert_account(&p, "2 0 0 0 0");
	post_connect(&p, NULL);
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	assert_arrived(&p, "a b ");
	assert_account(&p, "0 2 0 0 0");
	assert_int_equal(nv_outbox_put(&p.outbox, NV_TEXT, nv_str(""), &first), 0);
	assert_true(first);
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	assert_arrived(&p, " ");
	post_stop(&p);
}

static void refuses_what_can_not_be_sent(void **state)
{
	struct nv_bytes huge = { (const uint8_t *)"", 0x3fffffff };
	struct post p;
	bool first;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .max_bytes = NV_OFF });
	assert_int_equal(nv_outbox_put(&p.outbox, NV_CONTINUATION, nv_str("a"), &first),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_outbox_put(&p.outbox, NV_PING, nv_str("a"), &first), NV_ERR_INVALID);
	assert_int_equal(post_put(&p, "caf\xe9"), NV_ERR_UTF8);
	assert_int_equal(nv_outbox_put(&p.outbox, NV_BINARY, nv_str("caf\xe9"), &first), 0);
	assert_int_equal(nv_outbox_put(&p.outbox, NV_BINARY, huge, &first), NV_ERR_TOO_BIG);
	assert_account(&p, "1 0 0 0 0");
	nv_outbox_shut(&p.outbox);
	assert_int_equal(post_put(&p, "a"), NV_ERR_CLOSED);
	nv_outbox_ended(&p.outbox);
	assert_int_equal(post_put(&p, "a"), NV_ERR_CLOSED);
	assert_account(&p, "0 0 1 0 0");
	post_stop(&p);
}

/* --- Policies --- */

/* What a queue of three messages and ten bytes makes of these, word by word: the results, and what waits. */
static void assert_policy(enum nv_overflow overflow, const char *words, const char *results,
                          const char *waits, const char *account)
{
	struct post p;
	char copy[256], got[64] = "";

	post_start(&p, (struct nv_outbox_options){
			       .overflow = overflow, .max_waiting = 3, .max_bytes = 10 });
	strcpy(copy, words);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		strcat(got, post_put(&p, strcmp(word, "-") ? word : "") ? "f" : ".");
	assert_string_equal(got, results);
	assert_account(&p, account);
	post_connect(&p, NULL);
	post_run(&p);
	assert_arrived(&p, waits);
	post_stop(&p);
}

static void refuses_at_the_limit(void **state)
{
	(void)state;
	assert_policy(NV_REFUSE, "a b c d", "...f", "a b c ", "3 0 0 0 0");
	assert_policy(NV_REFUSE, "aaaaa bbbb c -", "...f", "aaaaa bbbb c ", "3 0 0 0 0");
	assert_policy(NV_REFUSE, "aaaaa bbbbb -", "..f", "aaaaa bbbbb ", "2 0 0 0 0");
	/* Below the limit whatever its own size. */
	assert_policy(NV_REFUSE, "aaaaaaaaaaaaaaaaaaaaaa b", ".f", "aaaaaaaaaaaaaaaaaaaaaa ",
	              "1 0 0 0 0");
	assert_policy(NV_REFUSE, "aaaaaaaaa bbbbbbbbbbbb c", "..f", "aaaaaaaaa bbbbbbbbbbbb ",
	              "2 0 0 0 0");
	assert_policy(NV_REFUSE, "- - - -", "...f", "   ", "3 0 0 0 0");
}

static void drops_the_newest_at_the_limit(void **state)
{
	(void)state;
	assert_policy(NV_DROP_NEWEST, "a b c d e", ".....", "a b c ", "3 0 2 0 0");
	assert_policy(NV_DROP_NEWEST, "aaaaa bbbbbb c", "...", "aaaaa bbbbbb ", "2 0 1 0 0");
	assert_policy(NV_DROP_NEWEST, "aaaaaaaaaaa b", "..", "aaaaaaaaaaa ", "1 0 1 0 0");
}

static void drops_the_oldest_at_the_limit(void **state)
{
	(void)state;
	assert_policy(NV_DROP_OLDEST, "a b c d e", ".....", "c d e ", "3 0 2 0 0");
	assert_policy(NV_DROP_OLDEST, "aaaaa bbbbb c", "...", "bbbbb c ", "2 0 1 0 0");
	assert_policy(NV_DROP_OLDEST, "a b c dddddddddd", "....", "b c dddddddddd ", "3 0 1 0 0");
	assert_policy(NV_DROP_OLDEST, "a - ddddddddddd e", "....", "e ", "1 0 3 0 0");
	assert_policy(NV_DROP_OLDEST, "- - - -", "....", "   ", "3 0 1 0 0");
}

static void has_no_limit_when_off(void **state)
{
	static const char kilobyte[1024];
	struct post p;
	bool first;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .max_waiting = NV_OFF, .max_bytes = NV_OFF });
	for (int i = 0; i < 2000; i++)
		assert_int_equal(nv_outbox_put(&p.outbox, NV_BINARY,
		                               (struct nv_bytes){ (const uint8_t *)kilobyte,
		                                                  sizeof kilobyte },
		                               &first),
		                 0);
	assert_account(&p, "2000 0 0 0 0");
	post_stop(&p);
}

/* What the peer has not confirmed counts for the limit, and can't be dropped. */
static void counts_what_is_kept(void **state)
{
	static const struct {
		enum nv_overflow overflow;
		int result;
		const char *account;
		const char *last;
	} cases[] = {
		{ NV_REFUSE, NV_ERR_FULL, "1 2 0 0 0", "c " },
		{ NV_DROP_NEWEST, 0, "1 2 1 0 0", "c " },
		{ NV_DROP_OLDEST, 0, "1 2 1 0 0", "d " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct post p;

		post_start(&p, (struct nv_outbox_options){ .delivery = NV_AT_LEAST_ONCE,
		                                           .overflow = cases[i].overflow,
		                                           .max_waiting = 3 });
		post_connect(&p, NULL);
		post_put(&p, "a");
		post_put(&p, "b");
		post_run(&p);
		assert_arrived(&p, "a b ?2 ");
		assert_int_equal(post_put(&p, "c"), 0);
		assert_int_equal(post_put(&p, "d"), cases[i].result);
		assert_account(&p, cases[i].account);
		post_run(&p);
		assert_arrived(&p, cases[i].last);
		assert_int_equal(post_put(&p, "e"),
		                 cases[i].overflow == NV_REFUSE ? NV_ERR_FULL : 0);
		post_answer(&p, 2);
		assert_int_equal(post_put(&p, "f"), 0);
		post_run(&p);
		assert_arrived(&p, "f ");
		post_stop(&p);
	}
}

/* --- Breaks --- */

/* Three messages on a connection that takes so many bytes; what comes by the next one. The counter of bytes
 * wraps. */
static void assert_comes_back(enum nv_delivery delivery, size_t window, const char *arrived,
                              const char *after, const char *account)
{
	struct post p;

	post_start(&p, (struct nv_outbox_options){ .delivery = delivery });
	post_connect(&p, NULL);
	p.conn->stream.written = UINT32_MAX - 10;
	sim_peer_set_window(p.peer, window);
	post_put(&p, "a");
	post_put(&p, "b");
	post_put(&p, "c");
	assert_int_not_equal(post_run(&p), NV_FEED_AGAIN);
	post_put(&p, "d");
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	assert_arrived(&p, arrived);
	post_break(&p);
	assert_account(&p, account);
	post_put(&p, "e");
	post_connect(&p, NULL);
	post_run(&p);
	assert_arrived(&p, after);
	post_stop(&p);
}

static void gives_back_what_has_not_left(void **state)
{
	(void)state;
	assert_comes_back(NV_AT_MOST_ONCE, 0, "", "a b c d e ", "4 0 0 0 0");
	assert_comes_back(NV_AT_MOST_ONCE, 1, "", "a b c d e ", "4 0 0 0 0");
	assert_comes_back(NV_AT_MOST_ONCE, FRAME - 1, "", "a b c d e ", "4 0 0 0 0");
	assert_comes_back(NV_AT_MOST_ONCE, FRAME, "a ", "b c d e ", "3 1 0 0 0");
	assert_comes_back(NV_AT_MOST_ONCE, 2 * FRAME + 3, "a b ", "c d e ", "2 2 0 0 0");
	assert_comes_back(NV_CONFIRMED, FRAME, "a ", "b c d e ?4 ", "3 1 0 0 1");
	/* With the ping behind them. */
	assert_comes_back(NV_CONFIRMED, 3 * FRAME, "a b c ", "d e ?2 ", "1 3 0 0 3");
}

static void gives_all_again_that_is_not_confirmed(void **state)
{
	struct post p;

	(void)state;
	assert_comes_back(NV_AT_LEAST_ONCE, 0, "", "a b c d e ?5 ", "4 0 0 0 0");
	assert_comes_back(NV_AT_LEAST_ONCE, 2 * FRAME, "a b ", "a b c d e ?5 ", "4 0 0 0 0");
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_AT_LEAST_ONCE });
	post_connect(&p, NULL);
	post_put(&p, "a");
	post_put(&p, "b");
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	post_put(&p, "c");
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	assert_arrived(&p, "a b ?2 c ");
	post_answer(&p, 2);
	assert_account(&p, "0 3 0 2 0");
	post_break(&p);
	assert_account(&p, "1 2 0 2 0");
	post_put(&p, "d");
	post_connect(&p, NULL);
	post_run(&p);
	assert_arrived(&p, "c d ?2 ");
	post_answer(&p, 2);
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	assert_account(&p, "0 4 0 4 0");
	post_stop(&p);
}

/* Nobody knows of what had left; what had not begun to was never sent. */
static void is_uncertain_at_the_end(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_AT_LEAST_ONCE });
	post_connect(&p, NULL);
	sim_peer_set_window(p.peer, FRAME + 1);
	post_put(&p, "a");
	post_put(&p, "b");
	post_run(&p);
	post_put(&p, "c");
	post_break(&p);
	assert_account(&p, "3 0 0 0 0");
	nv_outbox_ended(&p.outbox);
	assert_account(&p, "0 1 2 0 1");
	post_stop(&p);
}

/* A control frame that overtakes moves the others back: what was given is where it is, or behind. */
static void is_not_deceived_by_what_overtakes(void **state)
{
	static const struct nv_bytes ping = { (const uint8_t *)"0123456789", 10 };
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	post_connect(&p, NULL);
	sim_peer_set_window(p.peer, 0);
	post_put(&p, "a");
	post_put(&p, "b");
	post_run(&p);
	assert_int_equal(nv_conn_ping(p.conn, ping), 0);
	sim_peer_set_window(p.peer, 16 + FRAME);
	sim_settle(p.loop);
	post_break(&p);
	/* 23 bytes have left; "b" ended at 14 when it was given, so it might have been among them. */
	assert_account(&p, "0 2 0 0 0");
	post_stop(&p);
}

/* The peer's Close comes while a batch waits: what is queued still leaves before our answer. */
static void counts_what_lingers_as_sent(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	post_connect(&p, NULL);
	sim_peer_set_window(p.peer, 0);
	post_put(&p, "a");
	post_run(&p);
	post_put(&p, "b");
	sim_peer_send(p.peer, "\x88\x02\x03\xe9", 4);
	sim_settle(p.loop);
	assert_false(p.open);
	assert_account(&p, "1 1 0 0 0");
	sim_peer_set_window(p.peer, SIZE_MAX);
	sim_settle(p.loop);
	assert_arrived(&p, "a close ");
	sim_peer_eof(p.peer);
	sim_settle(p.loop);
	post_connect(&p, NULL);
	post_run(&p);
	assert_arrived(&p, "b ");
	post_stop(&p);
}

/* The peer's Close, with the same status, need not be an answer to ours: it may have crossed it. */
static void is_not_confirmed_by_a_close(void **state)
{
	static const size_t windows[] = { FRAME, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(windows); i++) {
		struct post p;

		post_start(&p, (struct nv_outbox_options){ .delivery = NV_CONFIRMED });
		post_connect(&p, NULL);
		sim_peer_set_window(p.peer, windows[i]);
		post_put(&p, "a");
		post_put(&p, "b");
		post_run(&p);
		assert_int_equal(nv_conn_close(p.conn, 1000, NULL), 0);
		sim_settle(p.loop);
		sim_peer_send(p.peer, "\x88\x02\x03\xe8", 4);
		sim_settle(p.loop);
		assert_false(p.open);
		assert_account(&p, "0 2 0 0 2");
		post_stop(&p);
	}
}

/* What has not left waits behind the Close of ours: it was not given at all. */
static void keeps_what_comes_behind_a_close(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	post_connect(&p, NULL);
	post_put(&p, "a");
	post_run(&p);
	assert_int_equal(nv_conn_close(p.conn, 1000, NULL), 0);
	post_put(&p, "b");
	post_run(&p);
	assert_arrived(&p, "a close ");
	sim_peer_send(p.peer, "\x88\x02\x03\xe8", 4);
	sim_settle(p.loop);
	assert_account(&p, "1 1 0 0 0");
	post_stop(&p);
}

/* --- Over TLS --- */

static void puts_many(struct post *p, size_t count, size_t len)
{
	static char text[100000];
	bool first;

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(nv_outbox_put(&p->outbox, NV_BINARY,
		                               (struct nv_bytes){ (const uint8_t *)text, len },
		                               &first),
		                 0);
}

static struct nv_tls_context *new_context(void)
{
	const struct nv_client_tls tls = { .ca_file = paper("ca.pem") };
	struct nv_tls_context *context = NULL;
	char problem[NV_TLS_PROBLEM];

	assert_int_equal(nv_tls_context_connect(&tls, &context, problem), 0);
	return context;
}

/* What is encrypted and has not left comes back, too. */
static void knows_what_has_left_below_tls(void **state)
{
	static const struct {
		size_t window;
		const char *account;
	} cases[] = {
		{ 0, "3 0 0 0 0" },
		{ 20000, "3 0 0 0 0" },
		{ 30100, "2 1 0 0 0" },
		{ 60100, "1 2 0 0 0" },
	};
	struct nv_tls_context *context = new_context();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct post p;

		post_start(&p, (struct nv_outbox_options){ 0 });
		post_connect(&p, context);
		far_server(p.peer, paper("server.pem"), paper("server.key"));
		sim_settle(p.loop);
		sim_peer_set_window(p.peer, cases[i].window);
		puts_many(&p, 3, 30000);
		post_run(&p);
		assert_account(&p, "0 3 0 0 0");
		/* It lags behind the other when a write fails that has begun well. */
		p.conn->stream.written = 0;
		post_break(&p);
		assert_account(&p, cases[i].account);
		post_stop(&p);
	}
	nv_tls_context_unref(context);
}

/* The client's last bytes of the handshake stand before what is given with on_open. */
static void counts_what_waits_below_tls(void **state)
{
	struct nv_tls_context *context = new_context();
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	p.eager = true;
	post_put(&p, "a");
	post_connect(&p, context);
	far_server(p.peer, paper("server.pem"), paper("server.key"));
	sim_turn(p.loop);
	sim_peer_set_window(p.peer, 20);
	sim_settle(p.loop);
	assert_account(&p, "0 1 0 0 0");
	post_break(&p);
	assert_account(&p, "1 0 0 0 0");
	post_stop(&p);
	nv_tls_context_unref(context);
}

/* --- Batches --- */

/* One turn gives at most 256 messages or, but for the last, 64 KiB; the next turn goes on by itself. */
static void gives_a_batch_each_turn(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	post_connect(&p, NULL);
	puts_many(&p, 600, 1);
	assert_int_equal(post_feed(&p), NV_FEED_AGAIN);
	assert_account(&p, "344 256 0 0 0");
	assert_int_equal(post_feed(&p), NV_FEED_AGAIN);
	assert_account(&p, "344 256 0 0 0");
	sim_settle(p.loop);
	assert_int_equal(post_feed(&p), NV_FEED_AGAIN);
	assert_account(&p, "88 512 0 0 0");
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	assert_account(&p, "0 600 0 0 0");
	puts_many(&p, 5, 30000);
	assert_int_equal(post_feed(&p), NV_FEED_AGAIN);
	assert_account(&p, "2 603 0 0 0");
	post_stop(&p);
}

static void waits_until_the_last_batch_has_left(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ 0 });
	post_connect(&p, NULL);
	sim_peer_set_window(p.peer, 100);
	puts_many(&p, 2, 70000);
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	assert_account(&p, "1 1 0 0 0");
	sim_peer_set_window(p.peer, 60000);
	sim_settle(p.loop);
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	assert_account(&p, "1 1 0 0 0");
	sim_peer_set_window(p.peer, SIZE_MAX);
	sim_settle(p.loop);
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	assert_account(&p, "0 2 0 0 0");
	post_stop(&p);
}

/* --- What a connection does not take --- */

static void loses_nothing_that_is_not_taken(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_AT_LEAST_ONCE });
	p.owner.max_queue = 1;
	post_connect(&p, NULL);
	post_put(&p, "a");
	post_put(&p, "b");
	/* In the middle of a message of another. */
	assert_int_equal(nv_conn_send_part(p.conn, NV_TEXT, nv_str("p"), false), 0);
	assert_int_equal(post_feed(&p), NV_FEED_AGAIN);
	sim_settle(p.loop);
	assert_int_equal(post_feed(&p), NV_FEED_LATER);
	assert_account(&p, "2 0 0 0 0");
	assert_int_equal(nv_conn_send_part(p.conn, NV_CONTINUATION, nv_str("q"), true), 0);
	sim_settle(p.loop);
	p.keyless = true;
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	p.keyless = false;
	/* A queue of one byte takes one message at a time, whatever its size. */
	assert_int_equal(post_feed(&p), NV_FEED_AGAIN);
	assert_account(&p, "1 1 0 0 0");
	sim_settle(p.loop);
	post_run(&p);
	assert_arrived(&p, "p q a b ");
	post_break(&p);
	assert_account(&p, "2 0 0 0 0");
	post_stop(&p);
}

static void survives_each_failed_allocation(void **state)
{
	bool done = false;

	(void)state;
	for (size_t n = 1; !done; n++) {
		size_t failed = 0;
		struct post p;

		post_start(&p, (struct nv_outbox_options){ .delivery = NV_AT_LEAST_ONCE });
		post_connect(&p, NULL);
		failing_alloc_fail(n, FAIL_ONCE);
		failed += post_put(&p, "a") == NV_ERR_NOMEM;
		failed += post_put(&p, "b") == NV_ERR_NOMEM;
		post_run(&p);
		post_run(&p);
		done = failing_alloc_count() < n;
		failing_alloc_fail(0, FAIL_ONCE);
		assert_account(&p, failed ? "0 1 0 0 0" : "0 2 0 0 0");
		sim_advance(p.loop, 250);
		post_run(&p);
		assert_arrived(&p, failed ? n == 1 ? "b ?1 " : "a ?1 " : "a b ?2 ");
		post_stop(&p);
	}
}

/* --- Asking --- */

static void asks_now_and_then(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_CONFIRMED });
	post_connect(&p, NULL);
	post_run(&p);
	assert_arrived(&p, "");
	post_put(&p, "a");
	post_run(&p);
	assert_arrived(&p, "a ?1 ");
	/* One question at a time, */
	sim_advance(p.loop, 300);
	post_put(&p, "b");
	post_run(&p);
	assert_arrived(&p, "b ");
	post_answer(&p, 1);
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	assert_arrived(&p, "?2 ");
	post_answer(&p, 2);
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	/* and one in 250 ms; */
	post_put(&p, "c");
	assert_int_equal(post_run(&p), NV_FEED_LATER);
	sim_advance(p.loop, 249);
	post_run(&p);
	assert_arrived(&p, "c ");
	sim_advance(p.loop, 1);
	post_run(&p);
	assert_arrived(&p, "?3 ");
	assert_account(&p, "0 3 0 2 0");
	/* but who does not answer is asked again. */
	sim_advance(p.loop, 4999);
	post_run(&p);
	assert_arrived(&p, "");
	sim_advance(p.loop, 1);
	post_run(&p);
	assert_arrived(&p, "?3 ");
	post_answer(&p, 3);
	assert_int_equal(post_run(&p), NV_FEED_DONE);
	assert_account(&p, "0 3 0 3 0");
	/* When no more will come, it does not wait. */
	post_put(&p, "d");
	nv_outbox_shut(&p.outbox);
	post_run(&p);
	assert_arrived(&p, "d ?4 ");
	post_stop(&p);
}

/* While a write is blocked, a ping would overtake what it asks about. */
static void asks_behind_what_it_asks_about(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_CONFIRMED });
	post_connect(&p, NULL);
	sim_peer_set_window(p.peer, 3);
	puts_many(&p, 1, 70000);
	post_put(&p, "a");
	post_run(&p);
	sim_advance(p.loop, 6000);
	post_run(&p);
	sim_peer_set_window(p.peer, SIZE_MAX);
	sim_settle(p.loop);
	post_run(&p);
	post_answer(&p, 1);
	assert_account(&p, "0 2 0 1 0");
	post_stop(&p);
}

static void believes_no_pong_that_it_did_not_ask_for(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_AT_LEAST_ONCE });
	post_connect(&p, NULL);
	post_answer(&p, 0);
	post_answer(&p, 1);
	post_put(&p, "a");
	post_put(&p, "b");
	post_run(&p);
	assert_arrived(&p, "a b ?2 ");
	post_put(&p, "c");
	post_run(&p);
	assert_arrived(&p, "c ");
	post_answer(&p, 3);
	post_answer(&p, UINT64_MAX);
	assert_account(&p, "0 3 0 0 0");
	post_answer(&p, 2);
	post_answer(&p, 2);
	post_answer(&p, 1);
	assert_account(&p, "0 3 0 2 0");
	/* Others are the application's. */
	sim_peer_send(p.peer, "\x8a\x00\x8a\x03nav\x8a\x0cnav;12345678", 2 + 5 + 14);
	sim_settle(p.loop);
	assert_arrived(&p, "pong pong pong ");
	post_stop(&p);
	post_start(&p, (struct nv_outbox_options){ 0 });
	post_connect(&p, NULL);
	post_answer(&p, 1);
	assert_arrived(&p, "pong ");
	post_stop(&p);
}

/* An answer can't come before the question has left. */
static void believes_no_pong_that_is_too_early(void **state)
{
	struct post p;

	(void)state;
	post_start(&p, (struct nv_outbox_options){ .delivery = NV_CONFIRMED });
	post_connect(&p, NULL);
	sim_peer_set_window(p.peer, 3);
	post_put(&p, "a");
	post_run(&p);
	post_answer(&p, 1);
	assert_account(&p, "0 1 0 0 0");
	post_break(&p);
	assert_account(&p, "1 0 0 0 0");
	post_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("a message waits for a connection", waits_for_a_connection),
		unit_case("what can't be sent is refused", refuses_what_can_not_be_sent),
		unit_case("at the limit: refuse", refuses_at_the_limit),
		unit_case("at the limit: drop the newest", drops_the_newest_at_the_limit),
		unit_case("at the limit: drop the oldest", drops_the_oldest_at_the_limit),
		unit_case("limits that are off", has_no_limit_when_off),
		unit_case("what is kept until it is confirmed counts", counts_what_is_kept),
		unit_case("what has not left comes back", gives_back_what_has_not_left),
		unit_case("what is not confirmed goes again",
		          gives_all_again_that_is_not_confirmed),
		unit_case("uncertain is what had left", is_uncertain_at_the_end),
		unit_case("control frames overtake", is_not_deceived_by_what_overtakes),
		unit_case("what a closing connection still sends is sent",
		          counts_what_lingers_as_sent),
		unit_case("a Close confirms nothing", is_not_confirmed_by_a_close),
		unit_case("nothing goes behind a Close", keeps_what_comes_behind_a_close),
		unit_case("TLS: what has left below", knows_what_has_left_below_tls),
		unit_case("TLS: what waits below", counts_what_waits_below_tls),
		unit_case("a batch each turn", gives_a_batch_each_turn),
		unit_case("a batch behind the other", waits_until_the_last_batch_has_left),
		unit_case("what a connection does not take waits", loses_nothing_that_is_not_taken),
		unit_case("each allocation fails", survives_each_failed_allocation),
		unit_case("questions are few", asks_now_and_then),
		unit_case("a question goes behind", asks_behind_what_it_asks_about),
		unit_case("pongs that were not asked for",
		          believes_no_pong_that_it_did_not_ask_for),
		unit_case("a pong that is too early", believes_no_pong_that_is_too_early),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
