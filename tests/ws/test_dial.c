/* SPDX-License-Identifier: MIT */
/* test_dial.c: the race for the addresses of a name, in virtual time: in which order, when the next one
 * begins, who is kept and who is closed, what failed, and what memory is left. */
#include "net/tls.h"
#include "ws/dialler.h"
#include "ws/far_tls.h"
#include "ws/papers.h"

struct fixture {
	struct nv_loop *loop;
	struct dialler a;
	struct dialler b;
	struct recorder other;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	failing_alloc_install();
	f->loop = nv_loop_new();
	assert_non_null(f->loop);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dialler_deinit(&f->a);
	dialler_deinit(&f->b);
	nv_loop_free(f->loop);
	recorder_deinit(&f->a.taken);
	recorder_deinit(&f->b.taken);
	free(f);
	failing_alloc_remove();
	return 0;
}

/* The name that all tests dial. */
static void start(struct fixture *f, const char *addresses)
{
	sim_on_resolve("chat.example", addresses, NULL);
	dialler_start(&f->a, f->loop, "chat.example");
}

static void assert_log(const struct fixture *f, const char *expected)
{
	assert_string_equal(f->a.log, expected);
}

/* What was written down behind the addresses. */
static void assert_ends(const struct fixture *f, const char *expected)
{
	const char *end = strchr(f->a.log, '/');

	assert_non_null(end);
	assert_string_equal(end + 2, expected);
}

static void hang(size_t count)
{
	for (size_t i = 0; i < count; i++)
		sim_on_connect(SIM_HANG, 0);
}

/* --- When the next one begins --- */

/* net/test_address_order.c says more. */
static void families_take_turns_and_sixteen_are_tried(void **state)
{
	struct fixture *f = *state;

	hang(16);
	start(f, "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 "
	         "10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 ::1 ::2");
	sim_advance(f->loop, 10000);
	assert_log(f, "10.0.0.1:80 [::1]:80 10.0.0.2:80 [::2]:80 10.0.0.3:80 10.0.0.4:80 "
	              "10.0.0.5:80 10.0.0.6:80 10.0.0.7:80 10.0.0.8:80 10.0.0.9:80 10.0.0.10:80 "
	              "10.0.0.11:80 10.0.0.12:80 10.0.0.13:80 10.0.0.14:80 / ");
	assert_tries("10.0.0.1:80");
	for (int i = 0; i < 14; i++)
		assert_non_null(sim_next_connect());
	assert_tries("10.0.0.14:80");
	assert_tries_no_more();
}

static void nothing_happens_inside_start(void **state)
{
	struct fixture *f = *state;

	start(f, "192.0.2.1");
	assert_log(f, "");
	assert_false(nv_dial_has_name(f->a.dial));
	assert_tries_no_more();
	sim_settle(f->loop);
	assert_true(nv_dial_has_name(f->a.dial));
	assert_log(f, "192.0.2.1:80 / done:0 192.0.2.1:80");
	assert_tries("192.0.2.1:80");
}

static void the_next_one_begins_when_one_fails(void **state)
{
	struct fixture *f = *state;
	uint64_t begin = nv_loop_now(f->loop);

	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	sim_on_connect(SIM_REFUSE, NV_ERR_RESET);
	start(f, "192.0.2.1 192.0.2.2 192.0.2.3");
	sim_settle(f->loop);
	assert_int_equal(nv_loop_now(f->loop), begin);
	assert_true(sim_peer_closed(assert_tries("192.0.2.1:80")));
	assert_true(sim_peer_closed(assert_tries("192.0.2.2:80")));
	assert_false(sim_peer_closed(assert_tries("192.0.2.3:80")));
	assert_ends(f, "done:0 192.0.2.3:80");
}

static void those_that_fail_at_once_are_passed_over(void **state)
{
	struct fixture *f = *state;

	sim_on_connect(SIM_FAIL, NV_ERR_LIMIT);
	sim_on_connect(SIM_FAIL, NV_ERR_UNREACHABLE);
	start(f, "192.0.2.1 192.0.2.2 192.0.2.3");
	sim_settle(f->loop);
	assert_tries("192.0.2.3:80");
	assert_ends(f, "done:0 192.0.2.3:80");
}

static void the_next_one_begins_after_250_ms(void **state)
{
	struct fixture *f = *state;

	hang(3);
	start(f, "192.0.2.1 192.0.2.2 192.0.2.3");
	sim_advance(f->loop, 249);
	assert_tries("192.0.2.1:80");
	assert_tries_no_more();
	sim_advance(f->loop, 1);
	assert_tries("192.0.2.2:80");
	sim_advance(f->loop, 249);
	assert_tries_no_more();
	sim_advance(f->loop, 1);
	assert_tries("192.0.2.3:80");
	sim_advance(f->loop, 100000);
	assert_ends(f, "");
	assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
}

/* A failure begins the next one, and the 250 ms with it. */
static void a_failure_starts_the_250_ms_again(void **state)
{
	struct fixture *f = *state;

	hang(1);
	sim_on_connect_in(SIM_REFUSE, NV_ERR_REFUSED, 100);
	hang(2);
	start(f, "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4");
	sim_advance(f->loop, 250);
	assert_tries("192.0.2.1:80");
	assert_tries("192.0.2.2:80");
	sim_advance(f->loop, 99);
	assert_tries_no_more();
	sim_advance(f->loop, 1);
	assert_tries("192.0.2.3:80");
	sim_advance(f->loop, 249);
	assert_tries_no_more();
	sim_advance(f->loop, 1);
	assert_tries("192.0.2.4:80");
}

/* --- Who is kept --- */

static void the_first_that_answers_is_kept(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *first, *second, *third;

	hang(1);
	sim_on_connect_in(SIM_ACCEPT, 0, 260);
	hang(1);
	start(f, "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2");
	sim_advance(f->loop, 509);
	first = assert_tries("[2001:db8::1]:80");
	second = assert_tries("192.0.2.1:80");
	third = assert_tries("[2001:db8::2]:80");
	assert_ends(f, "");
	sim_advance(f->loop, 1);
	assert_ends(f, "done:0 192.0.2.1:80");
	assert_true(sim_peer_closed(first));
	assert_false(sim_peer_closed(second));
	assert_true(sim_peer_closed(third));
	sim_advance(f->loop, 1000);
	assert_tries_no_more();
}

static void a_late_answer_still_wins(void **state)
{
	struct fixture *f = *state;

	sim_on_connect_in(SIM_ACCEPT, 0, 300);
	hang(1);
	start(f, "192.0.2.1 192.0.2.2");
	sim_advance(f->loop, 300);
	assert_false(sim_peer_closed(assert_tries("192.0.2.1:80")));
	assert_true(sim_peer_closed(assert_tries("192.0.2.2:80")));
	assert_ends(f, "done:0 192.0.2.1:80");
}

/* Both in one turn: there is one winner. */
static void of_two_answers_at_once_one_is_kept(void **state)
{
	struct fixture *f = *state;

	sim_on_connect_in(SIM_ACCEPT, 0, 500);
	sim_on_connect_in(SIM_ACCEPT, 0, 250);
	start(f, "192.0.2.1 192.0.2.2");
	sim_advance(f->loop, 1000);
	assert_false(sim_peer_closed(assert_tries("192.0.2.1:80")));
	assert_true(sim_peer_closed(assert_tries("192.0.2.2:80")));
	assert_ends(f, "done:0 192.0.2.1:80");
}

/* The next one is not begun any more. */
static void a_failure_and_an_answer_may_come_at_once(void **state)
{
	struct fixture *f = *state;

	sim_on_connect_in(SIM_REFUSE, NV_ERR_REFUSED, 500);
	sim_on_connect_in(SIM_ACCEPT, 0, 250);
	start(f, "192.0.2.1 192.0.2.2 192.0.2.3");
	sim_advance(f->loop, 1000);
	assert_tries("192.0.2.1:80");
	assert_false(sim_peer_closed(assert_tries("192.0.2.2:80")));
	assert_tries_no_more();
	assert_ends(f, "done:0 192.0.2.2:80");
}

/* --- What failed --- */

static void the_last_failure_is_told(void **state)
{
	struct fixture *f = *state;

	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	sim_on_connect(SIM_REFUSE, NV_ERR_TIMEOUT);
	start(f, "192.0.2.1 192.0.2.2");
	sim_settle(f->loop);
	assert_int_equal(f->a.error, NV_ERR_TIMEOUT);
	assert_non_null(strstr(f->a.log, " 192.0.2.2:80"));
	assert_int_equal(nv_dial_take(f->a.dial, &f->other.stream, NULL, NULL), NV_ERR_CLOSED);
	assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
}

static void assert_tells(struct fixture *f, int first, int second, const char *expected)
{
	dialler_deinit(&f->a);
	f->a = (struct dialler){ 0 };
	sim_on_connect(SIM_REFUSE, first);
	sim_on_connect(SIM_FAIL, second);
	start(f, "192.0.2.1 2001:db8::1");
	sim_settle(f->loop);
	assert_ends(f, expected);
}

/* The other family says only that this network has no such addresses. */
static void that_there_is_no_way_hides_nothing(void **state)
{
	struct fixture *f = *state;

	assert_tells(f, NV_ERR_REFUSED, NV_ERR_UNREACHABLE, "done:-13 192.0.2.1:80");
	assert_tells(f, NV_ERR_UNREACHABLE, NV_ERR_REFUSED, "done:-13 [2001:db8::1]:80");
	assert_tells(f, NV_ERR_RESET, NV_ERR_UNSUPPORTED, "done:-15 192.0.2.1:80");
	assert_tells(f, NV_ERR_UNREACHABLE, NV_ERR_UNREACHABLE, "done:-14 [2001:db8::1]:80");
	assert_tells(f, NV_ERR_UNREACHABLE, NV_ERR_UNSUPPORTED, "done:-14 192.0.2.1:80");
	assert_tells(f, NV_ERR_UNSUPPORTED, NV_ERR_UNREACHABLE, "done:-14 [2001:db8::1]:80");
}

static void a_name_that_is_not_there_says_why(void **state)
{
	struct fixture *f = *state;

	sim_on_resolve("chat.example", NULL, "the name server is on strike");
	dialler_start(&f->a, f->loop, "chat.example");
	sim_settle(f->loop);
	assert_int_equal(f->a.error, NV_ERR_ADDRESS);
	assert_non_null(strstr(f->a.log, " the name server is on strike"));
	assert_false(nv_dial_has_name(f->a.dial));
	assert_tries_no_more();
}

/* --- Whom it is given to --- */

static void may_be_taken_at_once(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer;

	f->a.act = DIALLER_TAKES;
	start(f, "192.0.2.1");
	sim_settle(f->loop);
	peer = assert_tries("192.0.2.1:80");
	sim_peer_send_text(peer, "hello");
	recorder_send_text(&f->a.taken, "welcome");
	sim_settle(f->loop);
	assert_string_equal(f->a.taken.log, "data:5 ");
	assert_true(nv_bytes_is(sim_peer_take(peer), "welcome"));
	dialler_free(&f->a);
	sim_settle(f->loop);
	assert_false(sim_peer_closed(peer));
}

/* What the peer has said meanwhile, its end too, waits for the one who takes it. */
static void may_be_taken_later(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer;

	start(f, "192.0.2.1");
	sim_settle(f->loop);
	peer = assert_tries("192.0.2.1:80");
	sim_peer_send_text(peer, "hello");
	sim_peer_eof(peer);
	sim_advance(f->loop, 1000);
	assert_int_equal(sim_peer_unread(peer), 5);
	assert_int_equal(dialler_take(&f->a), 0);
	assert_string_equal(f->a.taken.log, "");
	sim_settle(f->loop);
	assert_string_equal(f->a.taken.log, "data:5 end ");
	assert_int_equal(nv_dial_take(f->a.dial, &f->other.stream, NULL, NULL), NV_ERR_CLOSED);
}

/* As it is without TLS: what can't be taken now may be taken again. */
static void what_could_not_be_taken_stays(void **state)
{
	struct fixture *f = *state;

	start(f, "192.0.2.1");
	sim_settle(f->loop);
	sim_fail_adopt(NV_ERR_LIMIT);
	assert_int_equal(dialler_take(&f->a), NV_ERR_LIMIT);
	sim_settle(f->loop);
	assert_int_equal(dialler_take(&f->a), 0);
	sim_peer_send_text(assert_tries("192.0.2.1:80"), "hello");
	sim_settle(f->loop);
	assert_string_equal(f->a.taken.log, "data:5 ");
}

/* TLS with another than the one who was dialled, as behind a proxy. */
static void may_be_taken_with_tls(void **state)
{
	struct fixture *f = *state;
	const struct nv_client_tls options = { .ca_file = paper("ca.pem") };
	struct nv_tls_context *context = NULL;
	char problem[NV_TLS_PROBLEM];
	struct sim_peer *peer;

	assert_int_equal(nv_tls_context_connect(&options, &context, problem), 0);
	start(f, "192.0.2.1");
	sim_settle(f->loop);
	peer = assert_tries("192.0.2.1:80");
	far_server(peer, paper("server.pem"), paper("server.key"));
	recorder_init(&f->a.taken);
	assert_int_equal(nv_dial_take(f->a.dial, &f->a.taken.stream, context, ".no.name"),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_dial_take(f->a.dial, &f->a.taken.stream, context, "example.org"), 0);
	nv_tls_context_unref(context);
	assert_true(nv_tls_reached(&f->a.taken.stream));
	sim_peer_send_text(peer, "hello");
	sim_settle(f->loop);
	assert_string_equal(f->a.taken.log, "open data:5 ");
	recorder_send_text(&f->a.taken, "welcome");
	sim_settle(f->loop);
	assert_true(nv_bytes_is(sim_peer_take(peer), "welcome"));
}

/* --- When it may be freed --- */

static void free_after(struct fixture *f, uint32_t ms)
{
	dialler_deinit(&f->a);
	f->a = (struct dialler){ 0 };
	hang(1);
	if (ms >= 250)
		sim_on_connect_in(SIM_ACCEPT, 0, 100);
	start(f, "192.0.2.1 192.0.2.2");
	sim_advance(f->loop, ms);
	dialler_free(&f->a);
	sim_advance(f->loop, 1000);
	for (struct sim_peer *peer = sim_next_connect(); peer; peer = sim_next_connect())
		assert_true(sim_peer_closed(peer));
}

static void may_be_freed_at_any_time(void **state)
{
	struct fixture *f = *state;

	start(f, NULL);
	sim_settle(f->loop);
	dialler_free(&f->a);
	free_after(f, 0);
	assert_ends(f, "");
	free_after(f, 250);
	assert_ends(f, "");
	free_after(f, 349);
	assert_ends(f, "");
	free_after(f, 350);
	assert_ends(f, "done:0 192.0.2.2:80");
	nv_dial_free(NULL);
}

static void may_be_freed_before_the_name_is_there(void **state)
{
	struct fixture *f = *state;

	start(f, "192.0.2.1");
	dialler_free(&f->a);
	sim_settle(f->loop);
	assert_log(f, "");
	assert_tries_no_more();
}

static void may_be_freed_when_the_name_is_there(void **state)
{
	struct fixture *f = *state;

	f->a.act = DIALLER_FREES_WHEN_RESOLVED;
	start(f, "192.0.2.1");
	sim_settle(f->loop);
	assert_log(f, "192.0.2.1:80 / ");
	assert_tries_no_more();
}

static void may_be_freed_when_it_is_done(void **state)
{
	struct fixture *f = *state;

	f->a.act = DIALLER_FREES_WHEN_DONE;
	hang(1);
	start(f, "192.0.2.1 192.0.2.2");
	sim_advance(f->loop, 250);
	assert_ends(f, "done:0 192.0.2.2:80");
	assert_true(sim_peer_closed(assert_tries("192.0.2.1:80")));
	assert_true(sim_peer_closed(assert_tries("192.0.2.2:80")));
}

static void may_be_freed_when_it_has_failed(void **state)
{
	struct fixture *f = *state;

	f->a.act = DIALLER_FREES_WHEN_DONE;
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start(f, "192.0.2.1");
	sim_settle(f->loop);
	assert_ends(f, "done:-13 192.0.2.1:80");
	f->b.act = DIALLER_FREES_WHEN_DONE;
	dialler_start(&f->b, f->loop, "nowhere.example");
	sim_settle(f->loop);
	assert_true(f->b.done);
}

/* --- One at a time to an address --- */

static void start_two(struct fixture *f, const char *addresses)
{
	start(f, addresses);
	dialler_start(&f->b, f->loop, "chat.example");
	sim_settle(f->loop);
}

/* Until the one who has it says that it is open, which is to free the dial. */
static void a_second_dial_waits_until_the_first_is_freed(void **state)
{
	struct fixture *f = *state;

	f->a.act = DIALLER_TAKES;
	start_two(f, "192.0.2.1");
	assert_true(f->a.done);
	assert_tries("192.0.2.1:80");
	sim_advance(f->loop, 5000);
	assert_tries_no_more();
	assert_int_equal(nv_dial_waited_ms(f->a.dial), 0);
	assert_int_equal(nv_dial_waited_ms(f->b.dial), 5000);
	dialler_free(&f->a);
	assert_false(f->b.done);
	sim_settle(f->loop);
	assert_tries("192.0.2.1:80");
	assert_true(f->b.done);
	sim_advance(f->loop, 1000);
	assert_int_equal(nv_dial_waited_ms(f->b.dial), 5000);
	assert_int_equal(nv_dial_connect_us(f->b.dial), 5000000);
}

static void another_port_is_another_place(void **state)
{
	struct fixture *f = *state;
	const struct nv_dial_events events = { &f->b, dialler_resolved, dialler_done };

	hang(2);
	start(f, "192.0.2.1");
	f->b.dial = nv_dial_start(f->loop, "chat.example", 81, false, &events);
	sim_settle(f->loop);
	assert_tries("192.0.2.1:80");
	assert_tries("192.0.2.1:81");
}

static void who_is_simultaneous_does_not_wait(void **state)
{
	struct fixture *f = *state;

	hang(2);
	start(f, "192.0.2.1");
	sim_settle(f->loop);
	assert_true(dialler_try(&f->b, f->loop, "chat.example", true));
	sim_settle(f->loop);
	assert_tries("192.0.2.1:80");
	assert_tries("192.0.2.1:80");
}

/* The 250 ms run on, and the next address may be free. */
static void the_next_address_is_tried_meanwhile(void **state)
{
	struct fixture *f = *state;

	hang(1);
	start_two(f, "192.0.2.1");
	dialler_deinit(&f->b);
	f->b = (struct dialler){ 0 };
	sim_on_resolve("both.example", "192.0.2.1 192.0.2.2", NULL);
	dialler_start(&f->b, f->loop, "both.example");
	sim_advance(f->loop, 249);
	assert_tries("192.0.2.1:80");
	assert_tries_no_more();
	sim_on_connect_in(SIM_ACCEPT, 0, 100);
	sim_advance(f->loop, 1);
	assert_tries("192.0.2.2:80");
	assert_int_equal(nv_dial_waited_ms(f->b.dial), 250);
	sim_advance(f->loop, 100);
	assert_non_null(strstr(f->b.log, "done:0 192.0.2.2:80"));
	assert_int_equal(nv_dial_waited_ms(f->b.dial), 250);
	/* It waits no more for the first. */
	dialler_free(&f->a);
	sim_advance(f->loop, 1000);
	assert_tries_no_more();
}

static void one_that_fails_lets_the_next_one_through(void **state)
{
	struct fixture *f = *state;

	sim_on_connect_in(SIM_REFUSE, NV_ERR_REFUSED, 100);
	sim_on_connect(SIM_FAIL, NV_ERR_LIMIT);
	start_two(f, "192.0.2.1");
	assert_tries("192.0.2.1:80");
	sim_advance(f->loop, 100);
	assert_ends(f, "done:-13 192.0.2.1:80");
	assert_int_equal(f->b.error, NV_ERR_LIMIT);
	assert_int_equal(nv_dial_waited_ms(f->b.dial), 100);
	/* And so does that, by itself. */
	dialler_deinit(&f->b);
	f->b = (struct dialler){ 0 };
	dialler_start(&f->b, f->loop, "chat.example");
	sim_settle(f->loop);
	assert_tries("192.0.2.1:80");
}

static void a_loser_lets_the_next_one_through(void **state)
{
	struct fixture *f = *state;

	hang(1);
	sim_on_connect_in(SIM_ACCEPT, 0, 100);
	start(f, "192.0.2.1 192.0.2.2");
	sim_on_resolve("first.example", "192.0.2.1", NULL);
	dialler_start(&f->b, f->loop, "first.example");
	sim_advance(f->loop, 349);
	assert_tries("192.0.2.1:80");
	assert_tries("192.0.2.2:80");
	assert_tries_no_more();
	sim_advance(f->loop, 1);
	assert_true(f->a.done);
	assert_tries("192.0.2.1:80");
	assert_int_equal(nv_dial_waited_ms(f->b.dial), 350);
}

static void who_is_freed_waits_no_more(void **state)
{
	struct fixture *f = *state;
	struct dialler third = { 0 };

	hang(1);
	start_two(f, "192.0.2.1");
	dialler_start(&third, f->loop, "chat.example");
	sim_settle(f->loop);
	assert_tries("192.0.2.1:80");
	dialler_free(&f->b);
	assert_tries_no_more();
	dialler_free(&f->a);
	sim_settle(f->loop);
	assert_true(third.done);
	assert_tries("192.0.2.1:80");
	assert_tries_no_more();
	dialler_deinit(&third);
}

/* Two that want the same two addresses, each in the other's way. */
static void two_in_each_others_way_come_through(void **state)
{
	struct fixture *f = *state;

	hang(2);
	start(f, "192.0.2.1 192.0.2.2");
	sim_on_resolve("turned.example", "192.0.2.2 192.0.2.1", NULL);
	dialler_start(&f->b, f->loop, "turned.example");
	sim_advance(f->loop, 1000);
	assert_tries("192.0.2.1:80");
	assert_tries("192.0.2.2:80");
	assert_tries_no_more();
	dialler_free(&f->a);
	sim_settle(f->loop);
	assert_true(f->b.done);
	assert_tries("192.0.2.1:80");
}

static void many_come_through_one_after_the_other(void **state)
{
	struct fixture *f = *state;
	struct dialler *many = calloc(50, sizeof *many);

	sim_on_resolve("chat.example", "192.0.2.1", NULL);
	for (size_t i = 0; i < 50; i++)
		dialler_start(&many[i], f->loop, "chat.example");
	for (size_t i = 0; i < 50; i++) {
		sim_settle(f->loop);
		assert_true(many[i].done);
		assert_true(i == 49 || !many[i + 1].done);
		dialler_free(&many[i]);
	}
	free(many);
}

/* The address that it waited for fails in the turn in which another one answers: no third one begins. */
static void a_grant_may_come_with_an_answer(void **state)
{
	struct fixture *f = *state;

	start(f, "192.0.2.1");
	sim_on_resolve("three.example", "192.0.2.1 192.0.2.2 192.0.2.3", NULL);
	f->a.act = DIALLER_TAKES;
	sim_settle(f->loop);
	dialler_start(&f->b, f->loop, "three.example");
	sim_advance(f->loop, 249);
	assert_int_equal(nv_loop_run_once(f->loop, -1), 0);
	/* The grants of the second address and of the first are in the mailbox now. */
	dialler_free(&f->a);
	sim_on_connect(SIM_ACCEPT, 0);
	sim_on_connect(SIM_FAIL, NV_ERR_LIMIT);
	sim_advance(f->loop, 1000);
	assert_tries("192.0.2.1:80");
	assert_tries("192.0.2.2:80");
	assert_non_null(strstr(f->b.log, "/ done:0 192.0.2.2:80"));
	assert_tries_no_more();
}

/* --- Time, and memory --- */

static void tells_how_long_it_took(void **state)
{
	struct fixture *f = *state;

	hang(1);
	sim_on_connect_in(SIM_ACCEPT, 0, 30);
	start(f, "192.0.2.1 192.0.2.2");
	sim_advance(f->loop, 270);
	assert_int_equal(nv_dial_connect_us(f->a.dial), 0);
	sim_advance(f->loop, 1000);
	assert_int_equal(nv_dial_resolve_us(f->a.dial), 0);
	assert_int_equal(nv_dial_connect_us(f->a.dial), 280000);
	assert_int_equal(nv_dial_waited_ms(f->a.dial), 0);
}

/* In a world of its own. The failed allocation costs one address at most. */
static bool comes_through(size_t allocation)
{
	struct dialler dialler = { .act = DIALLER_TAKES };
	struct nv_loop *loop = nv_loop_new();
	bool came;

	sim_on_resolve("chat.example", "192.0.2.1 192.0.2.2 192.0.2.3", NULL);
	hang(1);
	failing_alloc_fail(allocation, FAIL_ONCE);
	came = dialler_try(&dialler, loop, "chat.example", false);
	sim_advance(loop, 1000);
	failing_alloc_fail(0, FAIL_ONCE);
	assert_int_equal(dialler.done, came);
	assert_int_equal(dialler.error, 0);
	dialler_deinit(&dialler);
	nv_loop_free(loop);
	recorder_deinit(&dialler.taken);
	return came;
}

static void every_allocation_may_fail(void **state)
{
	size_t failed = 0;

	failing_alloc_install();
	for (size_t i = 1; i <= 12; i++)
		failed += !comes_through(i);
	failing_alloc_remove();
	assert_int_equal(failed, 3); /* the dial, its timer and the look-up */
}

static void without_any_memory_it_says_so(void **state)
{
	struct fixture *f = *state;

	start(f, "192.0.2.1 192.0.2.2");
	failing_alloc_fail(1, FAIL_FOREVER);
	sim_settle(f->loop);
	failing_alloc_fail(0, FAIL_ONCE);
	assert_ends(f, "done:-1 192.0.2.2:80");
}

#define TEST(title, name)                                                                          \
	{                                                                                          \
		title, name, setup, teardown, NULL                                                 \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("CH-22 families take turns, and sixteen are tried",
		     families_take_turns_and_sixteen_are_tried),
		TEST("nothing happens inside start", nothing_happens_inside_start),
		TEST("CH-22 the next one begins when one fails",
		     the_next_one_begins_when_one_fails),
		TEST("CH-22 those that fail at once are passed over",
		     those_that_fail_at_once_are_passed_over),
		TEST("CH-22 the next one begins after 250 ms", the_next_one_begins_after_250_ms),
		TEST("CH-22 a failure starts the 250 ms again", a_failure_starts_the_250_ms_again),
		TEST("CH-22 the first that answers is kept", the_first_that_answers_is_kept),
		TEST("a late answer still wins", a_late_answer_still_wins),
		TEST("of two answers at once one is kept", of_two_answers_at_once_one_is_kept),
		TEST("a failure and an answer may come at once",
		     a_failure_and_an_answer_may_come_at_once),
		TEST("the last failure is told", the_last_failure_is_told),
		TEST("that there is no way hides nothing", that_there_is_no_way_hides_nothing),
		TEST("a name that is not there says why", a_name_that_is_not_there_says_why),
		TEST("may be taken at once", may_be_taken_at_once),
		TEST("may be taken later", may_be_taken_later),
		TEST("may be taken with TLS", may_be_taken_with_tls),
		TEST("what could not be taken stays", what_could_not_be_taken_stays),
		TEST("may be freed at any time", may_be_freed_at_any_time),
		TEST("may be freed before the name is there",
		     may_be_freed_before_the_name_is_there),
		TEST("may be freed when the name is there", may_be_freed_when_the_name_is_there),
		TEST("may be freed when it is done", may_be_freed_when_it_is_done),
		TEST("may be freed when it has failed", may_be_freed_when_it_has_failed),
		TEST("CH-04 a second dial waits until the first is freed",
		     a_second_dial_waits_until_the_first_is_freed),
		TEST("CH-04 another port is another place", another_port_is_another_place),
		TEST("CH-04 who is simultaneous does not wait", who_is_simultaneous_does_not_wait),
		TEST("CH-04 the next address is tried meanwhile",
		     the_next_address_is_tried_meanwhile),
		TEST("CH-04 one that fails lets the next one through",
		     one_that_fails_lets_the_next_one_through),
		TEST("CH-04 a loser lets the next one through", a_loser_lets_the_next_one_through),
		TEST("CH-04 who is freed waits no more", who_is_freed_waits_no_more),
		TEST("CH-04 two in each other's way come through",
		     two_in_each_others_way_come_through),
		TEST("CH-04 many come through one after the other",
		     many_come_through_one_after_the_other),
		TEST("CH-04 a grant may come with an answer", a_grant_may_come_with_an_answer),
		TEST("tells how long it took", tells_how_long_it_took),
		cmocka_unit_test(every_allocation_may_fail),
		TEST("without any memory it says so", without_any_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
