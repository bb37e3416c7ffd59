/* SPDX-License-Identifier: MIT */
/* test_work.c: nv_work: blocking work for a connection, which may be gone when it is done. The threads
 * are real, the loop is not: it turns when they are idle. */
#include "ws/link.h"

#include <pthread.h>
#include <sched.h>

#define WAITING_MAX 1024

struct errand {
	const char *name;
	pthread_t thread;
	bool ran;
};

static struct fixture f;
static struct sim_peer *peer;
static struct errand errands[3];
static size_t asked;     /* of the errands */
static int answer;       /* of the last nv_work */
static atomic_bool held; /* work does not end before it is false */

static void work(void *context)
{
	struct errand *errand = context;

	while (atomic_load(&held))
		sched_yield();
	errand->thread = pthread_self();
	errand->ran = true;
}

static bool pool_is(bool (*state)(const struct nv_pool *pool))
{
	bool is;

	nv_lock_take(&f.server->pool.lock);
	is = state(&f.server->pool);
	nv_lock_give(&f.server->pool.lock);
	return is;
}

static bool is_idle(const struct nv_pool *pool)
{
	return pool->busy == 0 && pool->queued == 0;
}

static bool is_busy(const struct nv_pool *pool)
{
	return pool->busy == 1;
}

static bool is_stopped(const struct nv_pool *pool)
{
	return pool->stopped;
}

static void await(bool (*state)(const struct nv_pool *pool))
{
	while (!pool_is(state))
		sched_yield();
}

static void done(struct nv_conn *conn, void *context, bool cancelled)
{
	const struct errand *errand = context;

	assert_true(nv_loop_is_current(f.loop));
	assert_int_equal(errand->ran, !cancelled);
	if (conn) {
		assert_ptr_equal(conn, f.conn);
		assert_int_equal(nv_conn_send_text(conn, errand->name), 0);
	}
	saw("%s%s%s ", errand->name, conn ? "" : ":gone", cancelled ? ":cancelled" : "");
}

static void ask(struct nv_conn *conn)
{
	answer = nv_work(conn, work, done, &errands[asked++]);
}

static void ask_in_handler(struct fixture *fixture, struct nv_conn *conn, struct nv_bytes message)
{
	ask(conn);
}

static int setup(void **state)
{
	static const char *const names[] = { "a", "b", "c" };

	for (size_t i = 0; i < 3; i++)
		errands[i] = (struct errand){ .name = names[i] };
	asked = 0;
	answer = 1;
	held = false;
	fixture_start(&f, (struct nv_server_options){ .work_threads = 1 });
	f.on_message = ask_in_handler;
	peer = fixture_connect(&f);
	assert_seen("open ");
	return 0;
}

static int teardown(void **state)
{
	fixture_stop(&f);
	return 0;
}

/* All that was asked for is done. */
static void finish(void)
{
	held = false;
	await(is_idle);
	sim_settle(f.loop);
}

static void it_runs_elsewhere_and_comes_back(void **state)
{
	send_text(peer, "1");
	send_text(peer, "2");
	sim_settle(f.loop);
	assert_int_equal(answer, 0);
	finish();
	assert_int_equal(asked, 2);
	assert_seen("text:1 text:2 a b ");
	assert_took_bytes(peer, "\x81\1a\x81\1b");
	assert_false(pthread_equal(errands[0].thread, pthread_self()));
	assert_int_equal(f.server->pool.thread_count, 1);
}

static void a_connection_that_ended_meanwhile_is_gone(void **state)
{
	held = true;
	ask(f.conn);
	assert_int_equal(answer, 0);
	nv_conn_abort(f.conn);
	sim_settle(f.loop);
	assert_seen("close:1006,aborted by this side ");
	finish();
	assert_seen("a:gone ");
}

static void its_place_is_not_taken_for_it(void **state)
{
	held = true;
	ask(f.conn);
	nv_conn_abort(f.conn);
	sim_settle(f.loop);
	peer = fixture_connect(&f);
	assert_seen("close:1006,aborted by this side open ");
	finish();
	assert_seen("a:gone ");
	assert_took_bytes(peer, "");
}

static void ask_at_the_end(struct nv_conn *conn, const struct nv_close *close)
{
	saw("close ");
	ask(conn);
}

static void the_last_handler_may_ask(void **state)
{
	static const struct nv_handlers handlers = { .on_close = ask_at_the_end };

	assert_int_equal(nv_server_route(f.server, "/last", &handlers, NULL), 0);
	peer = sim_connect(PORT);
	sim_peer_send_text(peer, UPGRADE("/last"));
	sim_settle(f.loop);
	held = true;
	sim_peer_reset(peer);
	sim_settle(f.loop);
	assert_int_equal(answer, 0);
	finish();
	assert_seen("close a:gone ");
}

static void no_memory_is_told(void **state)
{
	failing_alloc_fail(1, FAIL_ONCE);
	ask(f.conn);
	assert_int_equal(answer, NV_ERR_NOMEM);
	failing_alloc_fail(2, FAIL_ONCE);
	ask(f.conn);
	assert_int_equal(answer, NV_ERR_LIMIT);
	ask(f.conn);
	assert_int_equal(answer, 0);
	finish();
	assert_seen("c ");
}

static size_t counted;

static void count(struct nv_conn *conn, void *context, bool cancelled)
{
	assert_false(cancelled);
	counted++;
}

static void so_many_wait_and_no_more(void **state)
{
	held = true;
	counted = 0;
	assert_int_equal(nv_work(f.conn, work, count, &errands[0]), 0);
	await(is_busy);
	for (int i = 0; i < WAITING_MAX; i++)
		assert_int_equal(nv_work(f.conn, work, count, &errands[0]), 0);
	assert_int_equal(nv_work(f.conn, work, count, &errands[0]), NV_ERR_FULL);
	finish();
	assert_int_equal(counted, WAITING_MAX + 1);
}

static void *let_go_when_stopped(void *context)
{
	await(is_stopped);
	atomic_store(&held, false);
	return NULL;
}

static void the_end_of_the_server_cancels_what_waits(void **state)
{
	pthread_t thread;

	held = true;
	for (int i = 0; i < 3; i++)
		ask(f.conn);
	await(is_busy);
	nv_conn_abort(f.conn);
	sim_settle(f.loop);
	assert_seen("close:1006,aborted by this side ");
	assert_int_equal(pthread_create(&thread, NULL, let_go_when_stopped, NULL), 0);
	fixture_stop(&f);
	pthread_join(thread, NULL);
	assert_seen("b:gone:cancelled c:gone:cancelled a:gone ");
}

static void a_client_has_no_pool(void **state)
{
	struct link l;

	link_open(&l, NV_CLIENT, (struct nv_server_options){ 0 });
	assert_int_equal(nv_work(l.f.conn, work, done, &errands[0]), NV_ERR_UNSUPPORTED);
	link_free(&l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_runs_elsewhere_and_comes_back),
		TEST(a_connection_that_ended_meanwhile_is_gone),
		TEST(its_place_is_not_taken_for_it),
		TEST(the_last_handler_may_ask),
		TEST(no_memory_is_told),
		TEST(so_many_wait_and_no_more),
		cmocka_unit_test_setup(the_end_of_the_server_cancels_what_waits, setup),
		cmocka_unit_test(a_client_has_no_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
