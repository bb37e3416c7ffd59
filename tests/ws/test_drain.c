/* SPDX-License-Identifier: MIT */
/* test_drain.c: a server that leaves without haste, in virtual time: its pace, what it asks of those
 * it closes, who is cut, what newcomers are told, and when it ends. */
#include "support/find.h"
#include "ws/fixture.h"

#define MANY 5000

static struct sim_peer *peers[MANY];

static void connect_many(struct fixture *f, size_t count)
{
	f->blind = true;
	for (size_t i = 0; i < count; i++)
		peers[i] = fixture_connect(f);
	f->blind = false;
}

/* The seconds that the reason of a Close asks for; negative: there is none. It must be the only thing
 * that came, with that status. */
static double asked_wait(struct sim_peer *peer, uint16_t status)
{
	struct nv_bytes took = sim_peer_take(peer);
	char reason[32] = "";
	double wait;

	if (took.len == 0)
		return -1;
	assert_int_equal(took.data[0], 0x88);
	assert_int_equal(took.data[1], took.len - 2);
	assert_int_equal(took.data[2] << 8 | took.data[3], status);
	memcpy(reason, took.data + 4, took.len - 4);
	assert_int_equal(sscanf(reason, "retry_after=%lf", &wait), 1);
	return wait;
}

/* Answers every Close that has come; how many. */
static size_t answer_closes(size_t count, uint16_t status, double *least, double *most)
{
	size_t answered = 0;

	for (size_t i = 0; i < count; i++) {
		double wait = asked_wait(peers[i], status);

		if (wait < 0)
			continue;
		*least = wait < *least ? wait : *least;
		*most = wait > *most ? wait : *most;
		send_frame(peers[i], 0x88, "\x03\xf4", 2);
		sim_peer_eof(peers[i]);
		answered++;
	}
	return answered;
}

static void a_small_server_closes_all_at_once(void **state)
{
	double least = 1e9;
	double most = -1;
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	connect_many(&f, 200);
	f.blind = true;
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	assert_int_equal(nv_server_drain(f.server, 0, 0), NV_ERR_STATE);
	sim_settle(f.loop);
	assert_int_equal(answer_closes(200, 1012, &least, &most), 200);
	/* Not before the server has gone, and not all at once. */
	assert_true(least >= 1 && most <= 4 && most - least > 0.5);
	sim_advance(f.loop, 100);
	assert_int_equal(nv_server_connections(f.server), 0);
	assert_int_equal(nv_server_run(f.server), 0);
	fixture_stop(&f);
}

static void a_large_one_closes_five_percent_a_second(void **state)
{
	double least = 1e9;
	double most = -1;
	struct fixture f;
	size_t closed = 0;

	fixture_start(&f, (struct nv_server_options){ .max_connections = 2 * MANY });
	connect_many(&f, MANY);
	f.blind = true;
	assert_int_equal(nv_server_drain(f.server, 1001, NV_OFF), 0);
	for (int second = 1; second <= 20; second++) {
		for (int tenth = 0; tenth < 10; tenth++) {
			sim_settle(f.loop);
			closed += answer_closes(MANY, 1001, &least, &most);
			sim_advance(f.loop, 100);
		}
		assert_true(closed >= (size_t)second * 250);
		assert_true(closed <= (size_t)second * 250 + 60);
		if (second == 10)
			assert_non_null(strstr(f.log, "of 5000 connections are left"));
	}
	assert_int_equal(closed, MANY);
	/* The first to be closed wait longest, and the returns spread over ten seconds. */
	assert_true(most > 20 && most <= 31 && least >= 1);
	assert_int_equal(nv_server_run(f.server), 0);
	fixture_stop(&f);
}

static void cuts_who_does_not_answer(void **state)
{
	struct nv_stats stats;
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	connect_many(&f, 2);
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	sim_advance(f.loop, 4900);
	assert_seen("");
	sim_advance(f.loop, 600);
	assert_seen("close:1006,the server was drained close:1006,the server was drained ");
	nv_server_stats(f.server, &stats);
	assert_int_equal(stats.closed[NV_CAUSE_DRAIN], 2);
	assert_int_equal(stats.opened, 2);
	assert_int_equal(nv_server_run(f.server), 0);
	fixture_stop(&f);
}

static void cuts_all_at_its_deadline(void **state)
{
	struct sim_peer *undecided;
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ .close_timeout_ms = NV_OFF,
	                                              .handshake_timeout_ms = NV_OFF });
	connect_many(&f, 1);
	undecided = sim_connect(PORT);
	sim_settle(f.loop);
	assert_int_equal(nv_server_drain(f.server, 0, 2000), 0);
	sim_advance(f.loop, 1900);
	assert_false(sim_peer_closed(peers[0]) || sim_peer_closed(undecided));
	sim_advance(f.loop, 200);
	assert_true(sim_peer_closed(peers[0]) && sim_peer_closed(undecided));
	assert_seen("close:1006,the server was drained ");
	assert_int_equal(nv_server_run(f.server), 0);
	fixture_stop(&f);
}

/* Whoever was asking when it began is let in and closed as the others are. */
static void closes_who_comes_in_late(void **state)
{
	double least = 1e9;
	double most = -1;
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	peers[0] = sim_connect(PORT);
	sim_settle(f.loop);
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	sim_advance(f.loop, 500);
	sim_peer_send_text(peers[0], UPGRADE("/ws"));
	sim_settle(f.loop);
	assert_status(peers[0], 101);
	sim_advance(f.loop, 100);
	assert_int_equal(answer_closes(1, 1012, &least, &most), 1);
	sim_advance(f.loop, 100);
	assert_int_equal(nv_server_run(f.server), 0);
	fixture_stop(&f);
}

static void tells_newcomers_when_to_come_back(void **state)
{
	struct sim_peer *late;
	struct nv_bytes answer;
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	connect_many(&f, 1);
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	sim_settle(f.loop);
	late = sim_connect(PORT);
	sim_peer_send_text(late, UPGRADE("/ws"));
	sim_settle(f.loop);
	answer = sim_peer_take(late);
	assert_memory_equal(answer.data, "HTTP/1.1 503 ", 13);
	assert_non_null(find_bytes(answer.data, answer.len, "\r\nRetry-After: 1\r\n", 18));
	assert_non_null(find_bytes(answer.data, answer.len, "is going away", 13));
	fixture_stop(&f);
}

static void leaves_newcomers_to_its_successor(void **state)
{
	struct nv_address address;
	double least = 1e9;
	double most = -1;
	struct fixture f;
	int fd;

	fixture_start(&f, (struct nv_server_options){ 0 });
	assert_true(nv_address_parse("127.0.0.1", PORT + 1, &address));
	fd = nv_sock_listen(&address);
	assert_true(fd >= 0);
	assert_int_equal(nv_server_listen_fd(f.server, fd + 1000), NV_ERR_INVALID);
	assert_int_equal(nv_server_listen_fd(f.server, fd), 0);
	assert_int_equal(nv_server_port(f.server), PORT + 1);
	connect_many(&f, 100);
	f.blind = true;
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	sim_settle(f.loop);
	assert_null(sim_connect(PORT + 1));
	assert_int_equal(answer_closes(100, 1012, &least, &most), 100);
	/* There is somebody to come back to already. */
	assert_true(least < 0.2 && most < 1 && most > 0.8);
	fixture_stop(&f);
}

static void a_far_deadline_is_no_near_one(void **state)
{
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ .close_timeout_ms = NV_OFF });
	connect_many(&f, 1);
	assert_int_equal(nv_server_drain(f.server, 0, NV_OFF - 1), 0);
	sim_advance(f.loop, 5000);
	assert_false(sim_peer_closed(peers[0]));
	assert_int_equal(nv_server_connections(f.server), 1);
	fixture_stop(&f);
}

static void each_loop_spreads_otherwise(void **state)
{
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ .threads = 2 });
	assert_int_not_equal(nv_conn_owner_random(&f.server->workers[0].owner),
	                     nv_conn_owner_random(&f.server->workers[1].owner));
	fixture_stop(&f);
}

static void refuses_what_it_may_not_say(void **state)
{
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_drain(f.server, 1000, 0), NV_ERR_INVALID);
	assert_int_equal(nv_server_drain(f.server, 0, 0), 0);
	/* With nobody there it ends in a moment. */
	assert_int_equal(nv_server_run(f.server), 0);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_server_closes_all_at_once),
		cmocka_unit_test(a_large_one_closes_five_percent_a_second),
		cmocka_unit_test(cuts_who_does_not_answer),
		cmocka_unit_test(cuts_all_at_its_deadline),
		cmocka_unit_test(closes_who_comes_in_late),
		cmocka_unit_test(tells_newcomers_when_to_come_back),
		cmocka_unit_test(leaves_newcomers_to_its_successor),
		cmocka_unit_test(a_far_deadline_is_no_near_one),
		cmocka_unit_test(each_loop_spreads_otherwise),
		cmocka_unit_test(refuses_what_it_may_not_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
