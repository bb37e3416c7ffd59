/* SPDX-License-Identifier: MIT */
/* test_arrival.c: how connections come to the loops of a server, and what becomes of one that can't be
 * taken. */
#include "ws/crowd.h"

static size_t loop_of(const struct member *m)
{
	size_t i = 0;

	while (nv_conn_loop(m->conn) != crowd_loop(i))
		i++;
	return i;
}

static void part(struct member *m)
{
	sim_peer_reset(m->peer);
	crowd_settle();
	assert_told(m, "close:1006,the peer reset the connection ");
}

static void connections_are_dealt_evenly(void **state)
{
	size_t counts[3] = { 0 };
	struct member *gone;

	crowd_make((struct nv_server_options){ .threads = 3 });
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(loop_of(crowd_join()), i % 3);
	gone = &crowd.members[4];
	part(gone);
	assert_int_equal(loop_of(crowd_join()), 1);
	/* Those on their way count. */
	for (size_t i = 0; i < 9; i++)
		crowd_ask("");
	sim_turn(crowd_loop(0));
	crowd_settle();
	for (size_t i = 0; i < crowd.count; i++) {
		if (crowd.members[i].conn)
			counts[loop_of(&crowd.members[i])]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(counts[i], 6);
	assert_int_equal(crowd_stats().connections, 18);
	crowd_free();
}

static void a_loop_that_leaves_takes_nobody(void **state)
{
	struct sim_peer *late;

	crowd_make((struct nv_server_options){ .threads = 2 });
	crowd_join();
	late = crowd_ask("");
	sim_turn(crowd_loop(0));
	assert_int_equal(nv_worker_say_goodbye(&crowd.server->workers[1]), 0);
	crowd_settle();
	assert_true(sim_peer_closed(late));
	assert_int_equal(sim_peer_take(late).len, 0);
	assert_int_equal(crowd.server->admission.connections, 1);
	assert_int_equal(crowd.server->workers[1].load, 0);
	crowd_free();
}

/* --- Without memory --- */

/* Of a server with several loops. */
static void a_server_is_made_whole_or_not_at_all(void **state)
{
	struct nv_server *server = NULL;
	const struct nv_server_options options = { .threads = 3 };

	failing_alloc_install();
	for (size_t nth = 1; !server; nth++) {
		failing_alloc_fail(nth, FAIL_ONCE);
		server = nv_server_new(&options);
		assert_int_equal(failing_alloc_live_blocks() > 0, server != NULL);
		assert_true(nth < 100);
	}
	nv_server_free(server);
	failing_alloc_remove();
}

/* Of a connection that is dealt to another loop: it may be refused, and the next comes in. */
static void every_allocation_of_an_arrival_may_fail(void **state)
{
	bool complete = false;

	for (size_t nth = 1; !complete; nth++) {
		struct sim_peer *peers[2];

		crowd_make((struct nv_server_options){ .threads = 2 });
		failing_alloc_fail(nth, FAIL_ONCE);
		peers[0] = crowd_ask("");
		peers[1] = crowd_ask("");
		crowd_settle();
		complete = failing_alloc_count() < nth;
		failing_alloc_fail(0, FAIL_ONCE);
		assert_true(crowd.count + sim_peer_closed(peers[0]) + sim_peer_closed(peers[1]) >=
		            (complete ? 2 : 1));
		sim_peer_reset(peers[0]);
		sim_peer_reset(peers[1]);
		crowd_settle();
		assert_true(sim_peer_closed(peers[0]) && sim_peer_closed(peers[1]));
		assert_int_equal(crowd.server->admission.connections, 0);
		assert_int_equal(crowd.server->workers[0].load, 0);
		assert_int_equal(crowd.server->workers[1].load, 0);
		assert_int_equal(crowd_stats().connections, 0);
		crowd_join();
		crowd_free();
	}
}

/* The same for a socket that its loop can't take. */
static void a_socket_may_not_be_adopted(void **state)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct sim_peer *peer;

		crowd_make((struct nv_server_options){ .threads = threads });
		crowd_join();
		sim_fail_adopt(NV_ERR_SYSTEM);
		peer = crowd_ask("");
		crowd_settle();
		assert_true(sim_peer_closed(peer));
		assert_int_equal(crowd.server->admission.connections, 1);
		crowd_join();
		assert_int_equal(crowd.server->workers[threads - 1].load, 2 / threads);
		crowd_free();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("connections are dealt evenly", connections_are_dealt_evenly),
		unit_case("a loop that leaves takes nobody", a_loop_that_leaves_takes_nobody),
		unit_case("a server is made whole or not at all",
		          a_server_is_made_whole_or_not_at_all),
		unit_case("every allocation of an arrival may fail",
		          every_allocation_of_an_arrival_may_fail),
		unit_case("a socket may not be adopted", a_socket_may_not_be_adopted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
