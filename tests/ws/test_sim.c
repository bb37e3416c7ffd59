/* SPDX-License-Identifier: MIT */
/* test_sim.c: the simulated network keeps the rules of the real one, and its own promises. */
#include "sim/sim.h"

#include "net/random.h"
#include "net/recorder.h"
#include "net/resolve.h"
#include "net/sock.h"

struct fixture {
	struct nv_loop *loop;
	struct nv_listener listener;
	uint16_t port;
	struct recorder server; /* of the last accept */
	struct recorder client;
	char resolved[128];
	int accept_error;
	unsigned int fired;
	struct nv_timer timer;
};

static void on_accept(struct nv_listener *listener, int fd, const struct nv_address *peer)
{
	struct fixture *f = nv_container_of(listener, struct fixture, listener);

	assert_true(peer->port > 0);
	if (nv_loop_adopt(f->loop, &f->server.stream, fd) < 0)
		nv_sock_close(fd);
}

static void on_error(struct nv_listener *listener, int error)
{
	nv_container_of(listener, struct fixture, listener)->accept_error = error;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct nv_address address;
	int fd;

	f->loop = nv_loop_new();
	recorder_init(&f->server);
	recorder_init(&f->client);
	nv_address_parse("127.0.0.1", 0, &address);
	fd = nv_sock_listen(&address);
	f->port = address.port;
	f->listener.on_accept = on_accept;
	f->listener.on_error = on_error;
	assert_int_equal(nv_loop_listen(f->loop, &f->listener, fd), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->server.stream.ops)
		nv_stream_close(&f->server.stream, NV_ERR_CLOSED);
	if (f->client.stream.ops)
		nv_stream_close(&f->client.stream, NV_ERR_CLOSED);
	nv_loop_unlisten(&f->listener);
	nv_loop_free(f->loop);
	recorder_deinit(&f->server);
	recorder_deinit(&f->client);
	free(f);
	return 0;
}

static struct sim_peer *connected(struct fixture *f)
{
	struct sim_peer *peer = sim_connect(f->port);

	assert_non_null(peer);
	sim_settle(f->loop);
	assert_non_null(f->server.stream.ops);
	return peer;
}

static void assert_taken(struct sim_peer *peer, const char *text)
{
	assert_true(nv_bytes_is(sim_peer_take(peer), text));
}

static void bytes_go_both_ways_in_chunks(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	sim_chunk(peer, 2);
	sim_peer_send_text(peer, "hello");
	assert_int_equal(sim_peer_unread(peer), 5);
	sim_turn(f->loop);
	assert_string_equal(f->server.log, "data:2 ");
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "data:2 data:2 data:1 ");
	recorder_send_text(&f->server, "world");
	assert_taken(peer, "");
	sim_turn(f->loop);
	assert_taken(peer, "world");
	assert_taken(peer, "");
	assert_int_equal(f->server.stream.written, 5);
	assert_int_equal(sim_peer_writes(peer), 1);
	assert_false(sim_busy(f->loop));
}

static void a_window_blocks_and_drains(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	sim_peer_set_window(peer, 3);
	recorder_send_text(&f->server, "abcdefg");
	sim_settle(f->loop);
	assert_taken(peer, "abc");
	assert_true(nv_stream_is_blocked(&f->server.stream));
	sim_peer_set_window(peer, 2);
	sim_settle(f->loop);
	assert_taken(peer, "de");
	assert_string_equal(f->server.log, "");
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(f->loop);
	assert_taken(peer, "fg");
	assert_string_equal(f->server.log, "drain ");
}

static void either_side_may_end_first(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	nv_stream_shutdown(&f->server.stream);
	sim_settle(f->loop);
	assert_true(sim_peer_ended(peer));
	sim_peer_send_text(peer, "late");
	sim_peer_eof(peer);
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "data:4 end close:0 ");
	assert_true(sim_peer_closed(peer));

	recorder_deinit(&f->server);
	recorder_init(&f->server);
	peer = connected(f);
	sim_peer_eof(peer);
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "end ");
	recorder_send_text(&f->server, "bye");
	nv_stream_shutdown(&f->server.stream);
	sim_settle(f->loop);
	assert_taken(peer, "bye");
	assert_string_equal(f->server.log, "end close:0 ");
}

static void a_reset_comes_behind_the_data(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	sim_peer_send_text(peer, "last");
	sim_peer_reset(peer);
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "data:4 close:-15 ");
}

static void a_pause_hides_a_reset_until_output_fails(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	nv_stream_pause(&f->server.stream, true);
	sim_peer_send_text(peer, "unread");
	sim_peer_reset(peer);
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "");
	recorder_send_text(&f->server, "x");
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "close:-15 ");
}

static void output_that_fails_lets_the_last_bytes_in(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	recorder_send_text(&f->server, "x");
	sim_chunk(peer, 1);
	sim_peer_send_text(peer, "why");
	sim_peer_break(peer, NV_ERR_TIMEOUT);
	sim_settle(f->loop);
	assert_string_equal(f->server.log, "data:1 data:1 data:1 close:-17 ");
}

static void connect(struct fixture *f)
{
	struct nv_address to;

	recorder_deinit(&f->client);
	recorder_init(&f->client);
	assert_true(nv_address_parse("192.0.2.7", 80, &to));
	assert_int_equal(nv_loop_connect(f->loop, &f->client.stream, &to), 0);
}

static void connects_end_as_scripted(void **state)
{
	struct fixture *f = *state;
	struct nv_address to;
	struct sim_peer *peer;

	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	sim_on_connect(SIM_HANG, 0);
	sim_on_connect(SIM_FAIL, NV_ERR_UNREACHABLE);
	connect(f);
	assert_string_equal(f->client.log, "");
	sim_settle(f->loop);
	assert_string_equal(f->client.log, "close:-13 ");
	connect(f);
	sim_advance(f->loop, 100000);
	assert_string_equal(f->client.log, "");
	nv_stream_close(&f->client.stream, NV_ERR_TIMEOUT);
	sim_settle(f->loop);
	assert_string_equal(f->client.log, "close:-17 ");
	nv_address_parse("::1", 80, &to);
	recorder_init(&f->client);
	assert_int_equal(nv_loop_connect(f->loop, &f->client.stream, &to), NV_ERR_UNREACHABLE);
	connect(f);
	sim_settle(f->loop);
	assert_string_equal(f->client.log, "open ");
	assert_non_null(sim_next_connect());
	assert_non_null(sim_next_connect());
	peer = sim_next_connect();
	assert_int_equal(sim_peer_address(peer)->port, 80);
	assert_null(sim_next_connect());
	sim_peer_send_text(peer, "welcome");
	sim_settle(f->loop);
	assert_string_equal(f->client.log, "open data:7 ");
}

static void an_answer_comes_when_it_is_due(void **state)
{
	struct fixture *f = *state;

	sim_on_connect_in(SIM_ACCEPT, 0, 100);
	sim_on_connect_in(SIM_REFUSE, NV_ERR_REFUSED, 50);
	connect(f);
	assert_int_equal(nv_loop_timeout_ms(f->loop), 100);
	sim_advance(f->loop, 99);
	assert_string_equal(f->client.log, "");
	assert_int_equal(nv_loop_timeout_ms(f->loop), 1);
	assert_int_equal(nv_loop_run_once(f->loop, -1), 0);
	assert_string_equal(f->client.log, "open ");
	assert_int_equal(nv_loop_timeout_ms(f->loop), -1);
	nv_stream_close(&f->client.stream, NV_ERR_CLOSED);
	sim_settle(f->loop);
	connect(f);
	sim_advance(f->loop, 50);
	assert_string_equal(f->client.log, "close:-13 ");
}

/* --- Streams that move: net/test_move.c says the same of the real ones --- */

static struct recorder to;

static void move_on_data(struct recorder *recorder, size_t len)
{
	assert_int_equal(nv_loop_move(&recorder->stream, &to.stream), 0);
}

static void a_stream_moves(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = connected(f);

	recorder_init(&to);
	f->server.got = move_on_data;
	sim_chunk(peer, 2);
	sim_peer_send_text(peer, "hello");
	sim_peer_eof(peer);
	sim_turn(f->loop);
	assert_string_equal(f->server.log, "data:2 close:0 ");
	assert_string_equal(to.log, "");
	sim_settle(f->loop);
	assert_string_equal(to.log, "data:2 data:1 end ");
	assert_false(sim_peer_closed(peer));
	recorder_send_text(&to, "welcome");
	nv_stream_shutdown(&to.stream);
	sim_settle(f->loop);
	assert_taken(peer, "welcome");
	assert_string_equal(to.log, "data:2 data:1 end close:0 ");
	assert_true(sim_peer_closed(peer));
	recorder_deinit(&to);
}

static void refuses_to_move(struct nv_stream *stream, int error)
{
	recorder_init(&to);
	assert_int_equal(nv_loop_move(stream, &to.stream), error);
	assert_null(to.stream.ops);
}

static void a_stream_moves_without_output_only(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer;

	sim_on_connect(SIM_HANG, 0);
	connect(f);
	refuses_to_move(&f->client.stream, NV_ERR_STATE);
	peer = connected(f);
	sim_peer_set_window(peer, 2);
	recorder_send_text(&f->server, "hello");
	refuses_to_move(&f->server.stream, NV_ERR_STATE);
	sim_settle(f->loop);
	refuses_to_move(&f->server.stream, NV_ERR_STATE);
	sim_peer_set_window(peer, SIZE_MAX);
	sim_settle(f->loop);
	sim_fail_adopt(NV_ERR_LIMIT);
	refuses_to_move(&f->server.stream, NV_ERR_LIMIT);
	nv_stream_shutdown(&f->server.stream);
	refuses_to_move(&f->server.stream, NV_ERR_STATE);
	nv_stream_close(&f->server.stream, NV_ERR_CLOSED);
	refuses_to_move(&f->server.stream, NV_ERR_STATE);
}

static void fire(struct nv_timer *timer)
{
	struct fixture *f = nv_container_of(timer, struct fixture, timer);

	f->fired++;
	assert_int_equal(nv_loop_start_timer(f->loop, timer, 10), 0);
}

static void time_passes_only_when_told(void **state)
{
	struct fixture *f = *state;
	uint64_t start = nv_loop_now(f->loop);

	f->timer.fire = fire;
	nv_loop_start_timer(f->loop, &f->timer, 10);
	sim_settle(f->loop);
	sim_turn(f->loop);
	assert_int_equal(f->fired, 0);
	sim_advance(f->loop, 9);
	assert_int_equal(f->fired, 0);
	sim_advance(f->loop, 1);
	assert_int_equal(f->fired, 1);
	sim_advance(f->loop, 1000);
	assert_int_equal(f->fired, 101);
	assert_int_equal(nv_loop_now(f->loop) - start, 1010);
	assert_int_equal(nv_loop_timeout_ms(f->loop), 10);
	assert_int_equal(nv_loop_run_once(f->loop, 4), 0);
	assert_int_equal(nv_loop_run_once(f->loop, -1), 0);
	assert_int_equal(f->fired, 102);
	nv_loop_stop_timer(f->loop, &f->timer);
	assert_int_equal(nv_loop_run(f->loop), NV_ERR_SYSTEM);
	nv_loop_stop(f->loop);
	assert_int_equal(nv_loop_run(f->loop), 0);
}

static void resolved(void *context, const struct nv_resolved *result)
{
	struct fixture *f = context;
	char text[NV_ADDRESS_TEXT];

	snprintf(f->resolved, sizeof(f->resolved), "%d %s", result->error,
	         result->text ? result->text : "");
	for (size_t i = 0; i < result->count; i++) {
		nv_address_format(&result->addresses[i], text);
		strcat(strcat(f->resolved, text), " ");
	}
}

static void assert_resolves(struct fixture *f, const char *host, const char *expected)
{
	assert_non_null(nv_resolve_start(f->loop, host, 80, resolved, f));
	f->resolved[0] = '\0';
	sim_settle(f->loop);
	assert_string_equal(f->resolved, expected);
}

static void names_are_scripted(void **state)
{
	struct fixture *f = *state;

	sim_on_resolve("chat.example", "192.0.2.1 2001:db8::1", NULL);
	sim_on_resolve("broken.example", NULL, "no luck");
	sim_on_resolve("slow.example", NULL, NULL);
	assert_resolves(f, "chat.example", "0 192.0.2.1:80 [2001:db8::1]:80 ");
	assert_resolves(f, "LOCALHOST", "0 127.0.0.1:80 [::1]:80 ");
	assert_resolves(f, "::1", "0 [::1]:80 ");
	assert_resolves(f, "broken.example", "-10 no luck");
	assert_resolves(f, "name.invalid", "-10 Name or service not known");
	f->resolved[0] = '\0';
	nv_resolve_cancel(nv_resolve_start(f->loop, "slow.example", 80, resolved, f));
	nv_resolve_cancel(nv_resolve_start(f->loop, "chat.example", 80, resolved, f));
	sim_settle(f->loop);
	assert_string_equal(f->resolved, "");
}

static void calls_fail_once(void **state)
{
	struct fixture *f = *state;
	struct nv_address address;
	struct sim_peer *peer;
	char bytes[8];

	nv_address_parse("127.0.0.1", f->port, &address);
	assert_int_equal(nv_sock_listen(&address), NV_ERR_IN_USE);
	sim_fail_listen(NV_ERR_PERMISSION);
	assert_int_equal(nv_sock_listen(&address), NV_ERR_PERMISSION);
	sim_fail_random(NV_ERR_SYSTEM);
	assert_int_equal(nv_random(bytes, sizeof(bytes)), NV_ERR_SYSTEM);
	assert_int_equal(nv_random(bytes, sizeof(bytes)), 0);
	sim_fail_accept(NV_ERR_LIMIT);
	peer = sim_connect(f->port);
	sim_settle(f->loop);
	assert_int_equal(f->accept_error, NV_ERR_LIMIT);
	assert_null(f->server.stream.ops);
	sim_fail_adopt(NV_ERR_NOMEM);
	sim_advance(f->loop, 100);
	assert_true(sim_peer_closed(peer));
	assert_null(sim_connect(1));
	connected(f);
}

static void random_bytes_follow_the_seed(void **state)
{
	uint8_t one[16];
	uint8_t two[16];

	sim_seed(7);
	assert_int_equal(nv_random(one, sizeof(one)), 0);
	assert_int_equal(nv_random(two, sizeof(two)), 0);
	assert_memory_not_equal(one, two, sizeof(one));
	sim_seed(7);
	assert_int_equal(nv_random(two, sizeof(two)), 0);
	assert_memory_equal(one, two, sizeof(one));
}

static void who_is_not_accepted_is_closed(void **state)
{
	struct fixture *f = *state;
	struct sim_peer *peer = sim_connect(f->port);

	nv_loop_unlisten(&f->listener);
	assert_true(sim_peer_closed(peer));
	assert_null(sim_connect(f->port));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_both_ways_in_chunks),
		TEST(a_window_blocks_and_drains),
		TEST(either_side_may_end_first),
		TEST(a_reset_comes_behind_the_data),
		TEST(a_pause_hides_a_reset_until_output_fails),
		TEST(output_that_fails_lets_the_last_bytes_in),
		TEST(connects_end_as_scripted),
		TEST(an_answer_comes_when_it_is_due),
		TEST(a_stream_moves),
		TEST(a_stream_moves_without_output_only),
		TEST(time_passes_only_when_told),
		TEST(names_are_scripted),
		TEST(calls_fail_once),
		TEST(random_bytes_follow_the_seed),
		TEST(who_is_not_accepted_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
