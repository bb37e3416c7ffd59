/* SPDX-License-Identifier: MIT */
/* test_pause.c: connections whose program does not listen for a while: nothing is delivered then, all
 * of it after, in order, and every end is possible meanwhile. */
#include "ws/fixture.h"

static struct fixture f;
static struct nv_conn *paused; /* the connection that is played with; NULL: not open */
static size_t pause_at;   /* the first event at which it pauses, from 1 for on_open; 0: never */
static bool pause_always; /* and at each one behind */
static bool echoes;
static size_t events;
static void (*in_pause)(struct nv_conn *conn); /* done right after pausing, in the handler */
static void (*at_drain)(struct nv_conn *conn);

/* --- A program that pauses --- */

/* Nothing is called from inside. */
static void set_paused(struct nv_conn *conn, bool value)
{
	size_t before = f.seen_len;

	nv_conn_pause(conn, value);
	assert_int_equal(f.seen_len, before);
}

static void event(struct nv_conn *conn)
{
	events++;
	if (pause_at == 0 || events < pause_at || (events > pause_at && !pause_always))
		return;
	set_paused(conn, true);
	if (in_pause)
		in_pause(conn);
}

static void on_open(struct nv_conn *conn)
{
	paused = conn;
	saw("open ");
	event(conn);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	saw("%s:%.*s ", opcode == NV_TEXT ? "text" : "binary", (int)message.len,
	    (const char *)message.data);
	if (echoes)
		assert_int_equal(nv_conn_send(conn, opcode, message), 0);
	event(conn);
}

static void on_ping(struct nv_conn *conn, struct nv_bytes data)
{
	saw("ping:%.*s ", (int)data.len, (const char *)data.data);
	event(conn);
}

static void on_pong(struct nv_conn *conn, struct nv_bytes data)
{
	saw("pong:%.*s ", (int)data.len, (const char *)data.data);
	event(conn);
}

static void on_drain(struct nv_conn *conn)
{
	if (at_drain)
		at_drain(conn);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	fixture_close(conn, close);
	set_paused(conn, true);
	set_paused(conn, false);
	paused = NULL;
}

static const struct nv_handlers handlers = {
	.on_open = on_open,
	.on_message = on_message,
	.on_ping = on_ping,
	.on_pong = on_pong,
	.on_drain = on_drain,
	.on_close = on_close,
};

static void resume_paused(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)conn;
	(void)opcode;
	(void)message;
	set_paused(paused, false);
}

/* One route whose connections pause, and one where a message ends the pause. */
static void start(struct nv_server_options options)
{
	const struct nv_handlers resuming = { .on_message = resume_paused };

	paused = NULL;
	pause_at = 0;
	pause_always = false;
	echoes = false;
	events = 0;
	in_pause = NULL;
	at_drain = NULL;
	fixture_start(&f, options);
	assert_int_equal(nv_server_route(f.server, "/pause", &handlers, NULL), 0);
	assert_int_equal(nv_server_route(f.server, "/resume", &resuming, NULL), 0);
}

static struct sim_peer *connect_paused(void)
{
	struct sim_peer *peer = sim_connect(PORT);

	sim_peer_send_text(peer, UPGRADE("/pause"));
	sim_settle(f.loop);
	sim_peer_take(peer);
	return peer;
}

/* One that pauses at its first message, with "deux" and "trois" behind it. */
static struct sim_peer *connect_with_tail(struct nv_server_options options)
{
	struct sim_peer *peer;

	start(options);
	pause_at = 2;
	peer = connect_paused();
	send_text(peer, "un");
	send_text(peer, "deux");
	send_text(peer, "trois");
	sim_settle(f.loop);
	assert_seen("open text:un ");
	assert_non_null(paused->tail);
	return peer;
}

static void resume(void)
{
	set_paused(paused, false);
	sim_settle(f.loop);
}

/* --- Order --- */

static const char burst[] = "\x81\x82\0\0\0\0un"
			    "\x89\x81\0\0\0\0p"
			    "\x01\x82\0\0\0\0fr"
			    "\x8a\x81\0\0\0\0q"
			    "\x80\x82\0\0\0\0ag"
			    "\x82\x83\0\0\0\0bin"
			    "\x81\x80\0\0\0\0"
			    "\x81\x84\0\0\0\0last"
			    "\x88\x82\0\0\0\0\x03\xe8";
#define BURST_LEN (sizeof burst - 1)
#define BURST_EVENTS 8 /* with on_open, without the end */
#define BURST_SEEN                                                                                 \
	"open text:un ping:p pong:q text:frag binary:bin text: text:last "                         \
	"close:1000,closing handshake,clean "

/* The burst in two pieces, the first of them together with the request. */
static void play_burst(size_t cut, size_t at)
{
	struct sim_peer *peer;

	start((struct nv_server_options){ 0 });
	pause_at = at;
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, UPGRADE("/pause"));
	sim_peer_send(peer, burst, cut);
	sim_settle(f.loop);
	sim_peer_send(peer, burst + cut, BURST_LEN - cut);
	sim_settle(f.loop);
}

static void delivers_what_waited_in_order(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= BURST_LEN; cut++) {
		for (size_t at = 1; at <= BURST_EVENTS; at++) {
			size_t seen;

			play_burst(cut, at);
			seen = f.seen_len;
			assert_int_equal(events, at);
			sim_advance(f.loop, 100000);
			assert_int_equal(f.seen_len, seen);
			resume();
			assert_seen(BURST_SEEN);
			fixture_stop(&f);
		}
	}
}

static void pauses_byte_by_byte(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ 0 });
	pause_at = 1;
	pause_always = true;
	peer = sim_connect(PORT);
	sim_chunk(peer, 1);
	sim_peer_send_text(peer, UPGRADE("/pause"));
	sim_peer_send(peer, burst, BURST_LEN);
	sim_settle(f.loop);
	for (size_t seen = 1; seen <= BURST_EVENTS; seen++) {
		assert_int_equal(events, seen);
		resume();
	}
	assert_seen(BURST_SEEN);
	fixture_stop(&f);
}

/* --- Ways to go on --- */

static void resume_at(struct nv_timer *timer)
{
	(void)timer;
	set_paused(paused, false);
}

static void resume_by_timer(void)
{
	static struct nv_timer timer = { .fire = resume_at };

	assert_int_equal(nv_loop_start_timer(f.loop, &timer, 10), 0);
	sim_advance(f.loop, 20);
}

static void resume_by_another(void)
{
	struct sim_peer *peer = sim_connect(PORT);

	sim_peer_send_text(peer, UPGRADE("/resume"));
	send_text(peer, "go on");
	sim_settle(f.loop);
}

static void one_at_a_time(void (*go_on)(void))
{
	struct sim_peer *peer;

	start((struct nv_server_options){ 0 });
	pause_at = 2;
	pause_always = true;
	peer = connect_paused();
	for (const char *word = "a\0b\0c\0d\0e\0f\0"; *word; word += 2)
		send_text(peer, word);
	sim_settle(f.loop);
	for (size_t seen = 2; seen < 7; seen++) {
		assert_int_equal(events, seen);
		go_on();
	}
	assert_seen("open text:a text:b text:c text:d text:e text:f ");
	go_on();
	assert_null(paused->tail);
	send_text(peer, "g");
	sim_settle(f.loop);
	assert_seen("text:g ");
	fixture_stop(&f);
}

static void goes_on_from_anywhere(void **state)
{
	(void)state;
	one_at_a_time(resume);
	one_at_a_time(resume_by_timer);
	one_at_a_time(resume_by_another);
}

static void go_on(struct nv_conn *conn)
{
	set_paused(conn, false);
}

/* What is queued may leave at once, and the peer may make it wait: on_drain comes in both cases. */
static void goes_on_when_drained(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ 0 });
	pause_at = 2;
	pause_always = true;
	echoes = true;
	at_drain = go_on;
	peer = connect_paused();
	send_text(peer, "a");
	send_text(peer, "b");
	sim_settle(f.loop);
	assert_seen("open text:a text:b ");
	assert_took_bytes(peer, "\x81\x01"
	                        "a\x81\x01"
	                        "b");
	sim_peer_set_window(peer, 2);
	send_text(peer, "c");
	send_text(peer, "d");
	sim_settle(f.loop);
	assert_seen("text:c ");
	sim_peer_set_window(peer, 1);
	sim_settle(f.loop);
	assert_seen("text:d ");
	assert_took_bytes(peer, "\x81\x01"
	                        "c");
	fixture_stop(&f);
}

static void say_drained(struct nv_conn *conn)
{
	saw("drain ");
	assert_int_equal(nv_conn_send_text(conn, "more"), 0);
}

/* Once for each call of nv_conn_pause, so that a handler may send what comes next. */
static void drains_once(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ 0 });
	peer = connect_paused();
	at_drain = say_drained;
	assert_int_equal(nv_conn_send_text(paused, "a"), 0);
	sim_settle(f.loop);
	assert_seen("open ");
	assert_int_equal(nv_conn_send_text(paused, "b"), 0);
	set_paused(paused, true);
	sim_settle(f.loop);
	assert_seen("drain ");
	set_paused(paused, true);
	sim_settle(f.loop);
	assert_seen("");
	assert_int_equal(nv_conn_send_text(paused, "c"), 0);
	set_paused(paused, true);
	sim_settle(f.loop);
	assert_seen("drain ");
	assert_int_equal(nv_conn_send_text(paused, "d"), 0);
	set_paused(paused, true);
	set_paused(paused, false);
	sim_settle(f.loop);
	assert_seen("");
	sim_peer_take(peer);
	fixture_stop(&f);
}

static void pause_twice_and_go_on(struct nv_conn *conn)
{
	set_paused(conn, true);
	set_paused(conn, false);
	set_paused(conn, false);
}

static void pause_and_go_on_twice(struct nv_conn *conn)
{
	pause_twice_and_go_on(conn);
	pause_twice_and_go_on(conn);
	set_paused(conn, true);
	set_paused(conn, false);
}

/* In the handler, also in one that the tail has called. */
static void a_pause_that_ends_in_the_handler_is_none(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	pause_always = true;
	in_pause = pause_and_go_on_twice;
	resume();
	assert_seen("text:deux text:trois ");
	assert_null(paused->tail);
	send_text(peer, "quatre");
	send_text(peer, "cinq");
	sim_settle(f.loop);
	assert_seen("text:quatre text:cinq ");
	fixture_stop(&f);
}

/* Before the loop has come to the tail. */
static void pauses_again_at_once(void **state)
{
	(void)state;
	connect_with_tail((struct nv_server_options){ 0 });
	set_paused(paused, false);
	set_paused(paused, true);
	sim_settle(f.loop);
	assert_seen("");
	set_paused(paused, false);
	set_paused(paused, true);
	set_paused(paused, false);
	sim_settle(f.loop);
	assert_seen("text:deux text:trois ");
	fixture_stop(&f);
}

static void sends_while_paused(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	assert_int_equal(nv_conn_send_text(paused, "x"), 0);
	assert_int_equal(nv_conn_ping(paused, nv_str("y")), 0);
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x81\x01x\x89\x01y");
	fixture_stop(&f);
}

/* --- Ends --- */

static void a_close_ends_the_pause(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	send_text(peer, "quatre");
	send_frame(peer, 0x89, "p", 1);
	send_frame(peer, 0x88, "\x03\xe8", 2);
	assert_int_equal(nv_conn_close(paused, 1001, "assez"), 0);
	assert_int_equal(nv_conn_send_text(paused, "x"), NV_ERR_CLOSED);
	set_paused(paused, true);
	sim_settle(f.loop);
	assert_took_bytes(peer, "\x88\x07\x03\xe9"
	                        "assez\x8a\x01p");
	assert_seen("ping:p close:1000,closing handshake,clean ");
	sim_peer_eof(peer);
	sim_settle(f.loop);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void close_it(struct nv_conn *conn)
{
	assert_int_equal(nv_conn_close(conn, 1000, NULL), 0);
}

/* The first of them is called by the stream, the others by the tail. */
static void a_close_in_the_handler_ends_the_pause(void **state)
{
	static const char *const words[] = { "text:un ", "text:deux ", "text:trois " };

	(void)state;
	for (size_t last = 0; last < 3; last++) {
		struct sim_peer *peer;

		start((struct nv_server_options){ 0 });
		peer = connect_paused();
		assert_seen("open ");
		pause_at = 2;
		pause_always = true;
		in_pause = last == 0 ? close_it : NULL;
		send_text(peer, "un");
		send_text(peer, "deux");
		send_text(peer, "trois");
		send_frame(peer, 0x88, "\x03\xe8", 2);
		sim_settle(f.loop);
		for (size_t i = 0; i < last; i++) {
			assert_seen(words[i]);
			in_pause = i + 1 == last ? close_it : NULL;
			resume();
		}
		assert_memory_equal(f.seen, words[last], strlen(words[last]));
		assert_string_equal(f.seen + strlen(words[last]),
		                    "close:1000,closing handshake,clean ");
		sim_peer_eof(peer);
		sim_settle(f.loop);
		assert_true(sim_peer_closed(peer));
		fixture_stop(&f);
	}
}

static void nobody_answers_the_close(void **state)
{
	struct sim_peer *peer =
		connect_with_tail((struct nv_server_options){ .close_timeout_ms = 1000 });

	(void)state;
	close_it(paused);
	sim_advance(f.loop, 1250);
	assert_seen("close:1006,no answer to a Close ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void an_abort_ends_it(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	nv_conn_abort(paused);
	set_paused(paused, false);
	sim_settle(f.loop);
	assert_seen("close:1006,aborted by this side ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void a_server_that_stops_says_goodbye(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	send_frame(peer, 0x88, "\x03\xe9", 2);
	sim_peer_eof(peer);
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	assert_seen("close:1001,closing handshake,clean ");
	assert_took_bytes(peer, "\x88\x02\x03\xe9");
	fixture_stop(&f);
}

static void a_server_that_stops_waits_no_longer_than_for_others(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });
	uint64_t before = nv_loop_now(f.loop);

	(void)state;
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	assert_seen("close:1006,no answer to a Close ");
	assert_int_equal(nv_loop_now(f.loop) - before, 2000);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void an_end_is_told_behind_the_tail(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	sim_peer_eof(peer);
	sim_advance(f.loop, 100000);
	assert_seen("");
	resume();
	assert_seen("text:deux text:trois "
	            "close:1006,the peer ended the connection without a Close ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

static void a_reset_is_told_behind_the_tail(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	send_text(peer, "quatre");
	sim_peer_reset(peer);
	sim_settle(f.loop);
	assert_seen("");
	resume();
	assert_seen("text:deux text:trois text:quatre close:1006,the peer reset the connection ");
	fixture_stop(&f);
}

static void a_reset_is_noticed_by_what_is_sent(void **state)
{
	struct sim_peer *peer = connect_with_tail((struct nv_server_options){ 0 });

	(void)state;
	sim_peer_reset(peer);
	assert_int_equal(nv_conn_send_text(paused, "x"), 0);
	set_paused(paused, false);
	set_paused(paused, true);
	sim_settle(f.loop);
	assert_seen("close:1006,the peer reset the connection ");
	fixture_stop(&f);
}

static void a_wrong_frame_in_the_tail_ends_it(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ 0 });
	pause_at = 2;
	peer = connect_paused();
	send_text(peer, "un");
	sim_peer_send(peer, "\xc1", 1);
	send_text(peer, "deux");
	sim_settle(f.loop);
	assert_seen("open text:un ");
	resume();
	assert_seen("close:1002,protocol error of the peer ");
	assert_memory_equal(sim_peer_take(peer).data + 2, "\x03\xea", 2);
	sim_peer_eof(peer);
	sim_settle(f.loop);
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

/* --- Deadlines --- */

static void the_deadline_of_a_message_rests(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ .message_timeout_ms = 1000 });
	peer = connect_paused();
	sim_peer_send(peer, "\x81\x84\0\0\0\0ab", 8);
	sim_advance(f.loop, 600);
	set_paused(paused, true);
	sim_advance(f.loop, 5000);
	set_paused(paused, true);
	sim_advance(f.loop, 5000);
	set_paused(paused, false);
	sim_advance(f.loop, 300);
	assert_seen("open ");
	sim_advance(f.loop, 400);
	assert_seen("close:1008,a message did not arrive in time ");
	fixture_stop(&f);
}

static void a_message_that_began_in_the_tail_has_its_time(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ .message_timeout_ms = 1000 });
	pause_at = 1;
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, UPGRADE("/pause"));
	sim_peer_send(peer, "\x81\x84\0\0\0\0ab", 8);
	sim_advance(f.loop, 10000);
	resume();
	sim_advance(f.loop, 900);
	sim_peer_send(peer, "cd", 2);
	sim_advance(f.loop, 10000);
	assert_seen("open text:abcd ");
	fixture_stop(&f);
}

static void silence_is_not_counted(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ .ping_interval_ms = 1000 });
	peer = connect_paused();
	sim_advance(f.loop, 400);
	set_paused(paused, true);
	sim_advance(f.loop, 10000);
	set_paused(paused, false);
	sim_advance(f.loop, 350);
	assert_took_bytes(peer, "");
	sim_advance(f.loop, 700);
	assert_took_bytes(peer, "\x89\x00");
	fixture_stop(&f);
}

static void a_pong_may_wait_as_long_as_the_pause(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ .ping_interval_ms = 1000, .pong_timeout_ms = 1000 });
	peer = connect_paused();
	sim_advance(f.loop, 1500);
	assert_took_bytes(peer, "\x89\x00");
	set_paused(paused, true);
	sim_advance(f.loop, 10000);
	set_paused(paused, false);
	sim_advance(f.loop, 250);
	assert_seen("open ");
	sim_advance(f.loop, 1000);
	assert_seen("close:1006,no answer to a ping ");
	fixture_stop(&f);
}

static void who_does_not_read_is_cut_all_the_same(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct nv_server_options){ .write_timeout_ms = 1000 });
	pause_at = 2;
	echoes = true;
	peer = connect_paused();
	sim_peer_set_window(peer, 1);
	send_text(peer, "un");
	send_text(peer, "deux");
	sim_advance(f.loop, 500);
	sim_peer_set_window(peer, 1);
	sim_advance(f.loop, 900);
	assert_seen("open text:un ");
	sim_advance(f.loop, 500);
	assert_seen("close:1006,the peer did not read ");
	assert_true(sim_peer_closed(peer));
	fixture_stop(&f);
}

/* --- Memory --- */

static void holds_nothing_but_the_tail(void **state)
{
	static char half[20000];
	struct sim_peer *peer;
	size_t before;

	(void)state;
	start((struct nv_server_options){ 0 });
	pause_at = 2;
	peer = connect_paused();
	before = failing_alloc_live_bytes();
	memset(half, 'x', sizeof half);
	f.seen_len = 0;
	send_frame(peer, 0x01, half, 1000);
	send_frame(peer, 0x80, half, 1000);
	sim_settle(f.loop);
	assert_int_equal(events, 2);
	assert_int_equal(failing_alloc_live_bytes(), before);
	send_frame(peer, 0x01, half, sizeof half);
	send_frame(peer, 0x80, half, sizeof half);
	sim_settle(f.loop);
	assert_int_equal(failing_alloc_live_bytes(), before);
	fixture_stop(&f);
}

static void fire_never(struct nv_timer *timer)
{
	(void)timer;
}

static struct nv_timer fillers[16];

static void start_filler(size_t i)
{
	fillers[i] = (struct nv_timer){ .fire = fire_never };
	assert_int_equal(nv_loop_start_timer(f.loop, &fillers[i], UINT32_MAX), 0);
}

static void stop_fillers(void)
{
	for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
		nv_loop_stop_timer(f.loop, &fillers[i]);
}

/* The tail itself, and its place among the loop's timers. */
static void without_memory_it_ends_with_1011(void **state)
{
	plain_only();
	(void)state;
	for (size_t nth = 1; nth <= 2; nth++) {
		struct sim_peer *peer;

		start((struct nv_server_options){ 0 });
		pause_at = 2;
		peer = connect_paused();
		for (size_t i = 0; i < 15; i++)
			start_filler(i);
		failing_alloc_fail(nth, FAIL_ONCE);
		send_text(peer, "un");
		send_text(peer, "deux");
		sim_settle(f.loop);
		assert_seen("open text:un close:1011,out of memory ");
		assert_memory_equal(sim_peer_take(peer).data + 2, "\x03\xf3", 2);
		sim_peer_eof(peer);
		sim_settle(f.loop);
		assert_true(sim_peer_closed(peer));
		stop_fillers();
		fixture_stop(&f);
	}
}

static void take_the_place(struct nv_conn *conn)
{
	(void)conn;
	start_filler(14);
	failing_alloc_fail(1, FAIL_FOREVER);
}

/* A handler that the tail called has a timer take the place that the tail's timer had left. */
static void going_on_needs_no_memory(void **state)
{
	(void)state;
	connect_with_tail((struct nv_server_options){ 0 });
	for (size_t i = 0; i < 14; i++)
		start_filler(i);
	pause_always = true;
	in_pause = take_the_place;
	resume();
	assert_seen("text:deux ");
	in_pause = NULL;
	resume();
	failing_alloc_fail(0, FAIL_ONCE);
	assert_seen("text:trois ");
	stop_fillers();
	fixture_stop(&f);
}

/* Each allocation fails in turn, once or with all behind it. */
static bool lives_without(size_t nth, enum failing_mode mode)
{
	struct sim_peer *peer;
	bool complete;

	start((struct nv_server_options){ 0 });
	pause_at = 1;
	pause_always = true;
	echoes = false;
	peer = sim_connect(PORT);
	failing_alloc_fail(nth, mode);
	sim_peer_send_text(peer, UPGRADE("/pause"));
	sim_peer_send(peer, burst, BURST_LEN);
	sim_peer_eof(peer);
	sim_settle(f.loop);
	while (paused)
		resume();
	complete = failing_alloc_count() < nth;
	failing_alloc_fail(0, FAIL_ONCE);
	sim_advance(f.loop, 15000);
	assert_true(sim_peer_closed(peer));
	fixture_connect(&f);
	fixture_stop(&f);
	return complete;
}

static void survives_without_memory(void **state)
{
	size_t nth = 0;

	(void)state;
	while (!lives_without(++nth, FAIL_ONCE))
		lives_without(nth, FAIL_FOREVER);
	assert_true(nth > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("a burst cut anywhere, paused at each event, arrives in order",
		          delivers_what_waited_in_order),
		unit_case("a burst byte by byte, paused at every event", pauses_byte_by_byte),
		unit_case("resumed from outside, a timer, another's handler",
		          goes_on_from_anywhere),
		unit_case("on_drain follows what was queued", goes_on_when_drained),
		unit_case("on_drain comes once for a pause", drains_once),
		unit_case("a pause that ends in its handler is none",
		          a_pause_that_ends_in_the_handler_is_none),
		unit_case("resumed and paused before the loop turns", pauses_again_at_once),
		unit_case("sending goes on", sends_while_paused),
		unit_case("K-08 our Close ends the pause and drops the tail",
		          a_close_ends_the_pause),
		unit_case("a Close in the handler that paused",
		          a_close_in_the_handler_ends_the_pause),
		unit_case("a Close that nobody answers", nobody_answers_the_close),
		unit_case("an abort while paused", an_abort_ends_it),
		unit_case("a server stops while paused", a_server_that_stops_says_goodbye),
		unit_case("a server stops and nobody answers",
		          a_server_that_stops_waits_no_longer_than_for_others),
		unit_case("the peer's end behind the tail", an_end_is_told_behind_the_tail),
		unit_case("a reset behind the tail", a_reset_is_told_behind_the_tail),
		unit_case("a reset that a write finds", a_reset_is_noticed_by_what_is_sent),
		unit_case("a wrong frame in the tail", a_wrong_frame_in_the_tail_ends_it),
		unit_case("the message deadline rests", the_deadline_of_a_message_rests),
		unit_case("the message deadline of what began in the tail",
		          a_message_that_began_in_the_tail_has_its_time),
		unit_case("the ping interval rests", silence_is_not_counted),
		unit_case("the pong deadline rests", a_pong_may_wait_as_long_as_the_pause),
		unit_case("the write deadline does not rest",
		          who_does_not_read_is_cut_all_the_same),
		unit_case("a pause holds the tail and nothing else", holds_nothing_but_the_tail),
		unit_case("no memory for the tail: 1011", without_memory_it_ends_with_1011),
		unit_case("going on needs no memory", going_on_needs_no_memory),
		unit_case("each allocation fails in turn", survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
