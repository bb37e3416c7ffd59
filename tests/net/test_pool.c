/* SPDX-License-Identifier: MIT */
/* test_pool.c: work on other threads: where it runs, in which order, how much of it waits, and how it
 * ends. */
#include "net/pool.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "net/wire.h"
#include "support/failing_alloc.h"

static struct nv_loop *loop;
static struct nv_pool pool;
static char said[64]; /* on the loop's thread */

/* Jobs wait at it until it is open. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int waiting;
	bool open;
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false };

static void gate_pass(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.waiting++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void gate_await(unsigned int waiting)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.waiting < waiting)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void gate_open(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

struct work {
	struct nv_job job;
	char name;
	bool ran;
};

static struct work *work_of(struct nv_job *job)
{
	return nv_container_of(job, struct work, job);
}

static void say(char character)
{
	size_t len = strlen(said);

	assert_true(len + 1 < sizeof said);
	said[len] = character;
	said[len + 1] = '\0';
}

static void run(struct nv_job *job)
{
	work_of(job)->ran = true;
}

static void run_through_gate(struct nv_job *job)
{
	gate_pass();
	run(job);
}

/* A small letter ran, a capital was cancelled. */
static void done(struct nv_job *job, bool cancelled)
{
	struct work *work = work_of(job);

	assert_true(nv_loop_is_current(loop));
	assert_int_equal(work->ran, !cancelled);
	say(cancelled ? (char)(work->name - 'a' + 'A') : work->name);
}

static struct work work_named(char name)
{
	return (struct work){ .job = { .run = run, .done = done }, .name = name };
}

static struct work work_at_gate(char name)
{
	return (struct work){ .job = { .run = run_through_gate, .done = done }, .name = name };
}

static void submit(struct work *work)
{
	assert_int_equal(nv_pool_submit(&pool, loop, &work->job), 0);
}

static void until_said(const char *text)
{
	wire_until(loop, strlen(said) >= strlen(text));
	assert_string_equal(said, text);
}

static void start_pool(size_t most_threads, size_t most_queued)
{
	nv_pool_init(&pool, most_threads, most_queued);
}

static void end_pool(void)
{
	nv_pool_stop(&pool);
	nv_pool_deinit(&pool);
}

static int setup(void **state)
{
	failing_alloc_install();
	loop = nv_loop_new();
	assert_non_null(loop);
	said[0] = '\0';
	gate.waiting = 0;
	gate.open = false;
	return 0;
}

static int teardown(void **state)
{
	nv_loop_free(loop);
	failing_alloc_remove();
	return 0;
}

/* --- Threads --- */

struct visit {
	struct nv_job job;
	pthread_t thread;
	sigset_t blocked;
	bool in_turn;
	bool done;
};

static void visit_run(struct nv_job *job)
{
	struct visit *visit = nv_container_of(job, struct visit, job);

	visit->thread = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &visit->blocked);
	visit->in_turn = nv_loop_is_current(loop);
}

static void visit_done(struct nv_job *job, bool cancelled)
{
	struct visit *visit = nv_container_of(job, struct visit, job);

	assert_true(nv_loop_is_current(loop));
	assert_false(cancelled);
	visit->done = true;
}

static void work_runs_elsewhere_and_answers_on_the_loop(void **state)
{
	struct visit visit = { .job = { .run = visit_run, .done = visit_done } };

	start_pool(4, 8);
	assert_int_equal(pool.thread_count, 0);
	assert_int_equal(nv_pool_submit(&pool, loop, &visit.job), 0);
	wire_until(loop, visit.done);
	assert_false(pthread_equal(visit.thread, pthread_self()));
	assert_false(visit.in_turn);
	for (int signal = SIGHUP; signal <= SIGSYS; signal++) {
		if (signal != SIGKILL && signal != SIGSTOP)
			assert_int_equal(sigismember(&visit.blocked, signal), 1);
	}
	end_pool();
}

/* Until the thread that has posted its answer is ready for more. */
static void await_idle(void)
{
	for (bool idle = false; !idle; sched_yield()) {
		nv_lock_take(&pool.lock);
		idle = pool.busy == 0;
		nv_lock_give(&pool.lock);
	}
}

static void a_thread_that_is_idle_is_used_again(void **state)
{
	struct work work[] = { work_named('a'), work_named('b') };

	start_pool(4, 8);
	submit(&work[0]);
	until_said("a");
	await_idle();
	submit(&work[1]);
	until_said("ab");
	assert_int_equal(pool.thread_count, 1);
	end_pool();
}

static void so_many_run_at_the_same_time_and_no_more(void **state)
{
	struct work work[] = { work_at_gate('a'), work_at_gate('b'), work_at_gate('c'),
		               work_named('d') };

	start_pool(3, 8);
	for (int i = 0; i < 3; i++)
		submit(&work[i]);
	gate_await(3);
	submit(&work[3]);
	assert_int_equal(pool.thread_count, 3);
	assert_int_equal(pool.queued, 1);
	assert_string_equal(said, "");
	gate_open();
	wire_until(loop, strlen(said) == 4);
	end_pool();
}

/* --- Order --- */

static void one_thread_keeps_the_order(void **state)
{
	struct work work[] = { work_at_gate('a'), work_named('b'), work_named('c'),
		               work_named('d') };

	start_pool(1, 8);
	for (int i = 0; i < 4; i++)
		submit(&work[i]);
	gate_open();
	until_said("abcd");
	end_pool();
}

static void say_first(void *context)
{
	say('1');
}

static void run_and_post(struct nv_job *job)
{
	if (nv_loop_post(loop, say_first, NULL) < 0)
		abort();
	run(job);
}

static void what_work_posts_comes_before_its_answer(void **state)
{
	struct work work = work_named('a');

	start_pool(1, 8);
	work.job.run = run_and_post;
	submit(&work);
	until_said("1a");
	end_pool();
}

static struct work second;

static void run_and_submit(struct nv_job *job)
{
	if (nv_pool_submit(&pool, loop, &second.job) < 0)
		abort();
	run(job);
}

static void submit_again(struct nv_job *job, bool cancelled)
{
	done(job, cancelled);
	if (strlen(said) < 4)
		assert_int_equal(nv_pool_submit(&pool, loop, job), 0);
}

static void work_leads_to_more_work(void **state)
{
	struct work work = work_named('a');

	start_pool(1, 1);
	second = work_named('b');
	second.job.done = submit_again;
	work.job.run = run_and_submit;
	submit(&work);
	until_said("abbb");
	end_pool();
}

static void free_it(struct nv_job *job, bool cancelled)
{
	done(job, cancelled);
	nv_free(work_of(job));
}

static void work_may_be_freed_in_its_answer(void **state)
{
	struct work *work = nv_alloc(sizeof *work);

	start_pool(1, 1);
	*work = work_named('a');
	work->job.done = free_it;
	submit(work);
	until_said("a");
	end_pool();
}

/* --- Limits --- */

static void what_waits_has_a_bound(void **state)
{
	struct work work[] = { work_at_gate('a'), work_named('b'), work_named('c'),
		               work_named('d') };

	start_pool(1, 2);
	submit(&work[0]);
	gate_await(1);
	submit(&work[1]);
	submit(&work[2]);
	assert_int_equal(nv_pool_submit(&pool, loop, &work[3].job), NV_ERR_FULL);
	gate_open();
	until_said("abc");
	assert_false(work[3].ran);
	submit(&work[3]);
	until_said("abcd");
	end_pool();
}

static void without_a_thread_work_is_refused(void **state)
{
	struct work work[] = { work_at_gate('a'), work_named('b') };

	start_pool(4, 8);
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_pool_submit(&pool, loop, &work[0].job), NV_ERR_LIMIT);
	assert_int_equal(pool.queued, 0);
	failing_alloc_fail(0, FAIL_ONCE);
	submit(&work[0]);
	gate_await(1);
	failing_alloc_fail(1, FAIL_FOREVER);
	submit(&work[1]);
	assert_int_equal(pool.thread_count, 1);
	gate_open();
	until_said("ab");
	failing_alloc_fail(0, FAIL_ONCE);
	end_pool();
}

/* --- The end --- */

static void *stop_pool(void *context)
{
	nv_pool_stop(&pool);
	return NULL;
}

static void the_end_cancels_what_waits_and_waits_for_what_runs(void **state)
{
	struct work work[] = { work_at_gate('a'), work_named('b'), work_named('c') };
	struct work late = work_named('d');
	pthread_t thread;

	start_pool(1, 8);
	for (int i = 0; i < 3; i++)
		submit(&work[i]);
	gate_await(1);
	assert_int_equal(pthread_create(&thread, NULL, stop_pool, NULL), 0);
	until_said("BC");
	assert_int_equal(nv_pool_submit(&pool, loop, &late.job), NV_ERR_CLOSED);
	gate_open();
	pthread_join(thread, NULL);
	until_said("BCa");
	end_pool();
}

static void answers_that_are_posted_when_the_loop_is_freed_come(void **state)
{
	struct work work[] = { work_at_gate('a'), work_named('b') };

	start_pool(1, 8);
	gate_open();
	submit(&work[0]);
	gate_await(1);
	submit(&work[1]);
	end_pool();
	assert_string_equal(said, "");
	nv_loop_free(loop);
	loop = NULL;
	assert_int_equal(strlen(said), 2);
}

static void a_pool_without_work_ends(void **state)
{
	start_pool(1, 8);
	nv_pool_stop(&pool);
	end_pool();
}

/* --- Many --- */

#define LOOPS 2
#define EACH 8
#define ROUNDS 500u

struct rounds {
	struct nv_job job;
	struct crew *crew;
	unsigned int begun;
	unsigned int ended;
};

struct crew {
	struct nv_loop *loop;
	struct rounds rounds[EACH];
	unsigned int left;
};

static void rounds_run(struct nv_job *job)
{
	nv_container_of(job, struct rounds, job)->begun++;
}

static void rounds_done(struct nv_job *job, bool cancelled)
{
	struct rounds *rounds = nv_container_of(job, struct rounds, job);
	struct crew *crew = rounds->crew;

	if (cancelled || !nv_loop_is_current(crew->loop) || ++rounds->ended != rounds->begun)
		abort();
	if (rounds->ended == ROUNDS)
		crew->left--;
	else if (nv_pool_submit(&pool, crew->loop, job) < 0)
		abort();
}

static void *run_crew(void *context)
{
	struct crew *crew = context;

	for (int i = 0; i < EACH; i++) {
		struct rounds *rounds = &crew->rounds[i];

		*rounds = (struct rounds){ { .run = rounds_run, .done = rounds_done }, crew, 0, 0 };
		if (nv_pool_submit(&pool, crew->loop, &rounds->job) < 0)
			abort();
	}
	crew->left = EACH;
	while (crew->left)
		nv_loop_run_once(crew->loop, -1);
	return NULL;
}

static void each_answer_finds_its_loop(void **state)
{
	struct crew crews[LOOPS];
	pthread_t threads[LOOPS];

	start_pool(3, LOOPS * EACH);
	for (int i = 0; i < LOOPS; i++) {
		crews[i].loop = nv_loop_new();
		assert_non_null(crews[i].loop);
		assert_int_equal(pthread_create(&threads[i], NULL, run_crew, &crews[i]), 0);
	}
	for (int i = 0; i < LOOPS; i++)
		pthread_join(threads[i], NULL);
	end_pool();
	for (int i = 0; i < LOOPS; i++)
		nv_loop_free(crews[i].loop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(work_runs_elsewhere_and_answers_on_the_loop),
		TEST(a_thread_that_is_idle_is_used_again),
		TEST(so_many_run_at_the_same_time_and_no_more),
		TEST(one_thread_keeps_the_order),
		TEST(what_work_posts_comes_before_its_answer),
		TEST(work_leads_to_more_work),
		TEST(work_may_be_freed_in_its_answer),
		TEST(what_waits_has_a_bound),
		TEST(without_a_thread_work_is_refused),
		TEST(the_end_cancels_what_waits_and_waits_for_what_runs),
		TEST(answers_that_are_posted_when_the_loop_is_freed_come),
		TEST(a_pool_without_work_ends),
		TEST(each_answer_finds_its_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
