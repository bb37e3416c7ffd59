/* SPDX-License-Identifier: MIT */
/* test_loop.c: the turn of a loop: tasks, timers, stopping, its descriptor for other loops. */
#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "net/recorder.h"
#include "net/wire.h"
#include "support/failing_alloc.h"

#define THREADS 4
#define POSTS 10000

static struct nv_loop *loop;
static char ran[64];

struct job {
	struct nv_task task;
	struct nv_timer timer;
	struct nv_hook hook;
	char name;
	bool again;
};

static void note(char name)
{
	size_t len = strlen(ran);

	assert_true(len + 1 < sizeof(ran));
	ran[len] = name;
	ran[len + 1] = '\0';
}

static void run_task(struct nv_task *task)
{
	struct job *job = nv_container_of(task, struct job, task);

	note(job->name);
	if (job->again)
		nv_loop_post_task(loop, task);
}

static void fire(struct nv_timer *timer)
{
	note(nv_container_of(timer, struct job, timer)->name);
}

static void run_hook(struct nv_hook *hook)
{
	note(nv_container_of(hook, struct job, hook)->name);
}

static struct job job_named(char name)
{
	return (struct job){
		.task.run = run_task, .timer.fire = fire, .hook.run = run_hook, .name = name
	};
}

static int setup(void **state)
{
	failing_alloc_install();
	loop = nv_loop_new();
	assert_non_null(loop);
	ran[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	nv_loop_free(loop);
	failing_alloc_remove();
	return 0;
}

static void needs_memory(void **state)
{
	failing_alloc_fail(1, FAIL_ONCE);
	assert_null(nv_loop_new());
	nv_loop_free(NULL);
}

static void tasks_run_in_order_and_wake_the_loop(void **state)
{
	struct job a = job_named('a');
	struct job b = job_named('b');

	assert_true(wire_is_idle(loop));
	nv_loop_post_task(loop, &a.task);
	nv_loop_post_task(loop, &b.task);
	assert_string_equal(ran, "");
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_string_equal(ran, "ab");
	assert_true(wire_is_idle(loop));
}

static void a_task_that_posts_itself_has_a_turn_each(void **state)
{
	struct job a = job_named('a');

	a.again = true;
	nv_loop_post_task(loop, &a.task);
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_string_equal(ran, "a");
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	a.again = false;
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_string_equal(ran, "aaa");
	assert_true(wire_is_idle(loop));
}

static unsigned int counted[THREADS];

struct count {
	struct nv_task task;
	unsigned int thread;
	unsigned int number;
};

static struct count counts[THREADS][POSTS];

static void run_count(struct nv_task *task)
{
	struct count *count = nv_container_of(task, struct count, task);

	assert_int_equal(count->number, counted[count->thread]);
	counted[count->thread]++;
}

static void *post_all(void *context)
{
	struct count *own = context;

	for (unsigned int i = 0; i < POSTS; i++)
		nv_loop_post_task(loop, &own[i].task);
	return NULL;
}

static void threads_post_tasks(void **state)
{
	pthread_t threads[THREADS];

	for (unsigned int t = 0; t < THREADS; t++) {
		for (unsigned int i = 0; i < POSTS; i++)
			counts[t][i] = (struct count){ { NULL, run_count }, t, i };
		assert_int_equal(pthread_create(&threads[t], NULL, post_all, counts[t]), 0);
	}
	wire_until(loop, counted[0] + counted[1] + counted[2] + counted[3] == THREADS * POSTS);
	for (unsigned int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
}

static void timers_fire_when_due(void **state)
{
	struct job a = job_named('a');
	struct job b = job_named('b');
	struct job c = job_named('c');
	uint64_t start = nv_loop_now(loop);

	assert_int_equal(nv_loop_timeout_ms(loop), -1);
	assert_int_equal(nv_loop_start_timer(loop, &b.timer, 20), 0);
	assert_int_equal(nv_loop_start_timer(loop, &a.timer, 10), 0);
	assert_int_equal(nv_loop_start_timer(loop, &c.timer, 60000), 0);
	assert_in_range(nv_loop_timeout_ms(loop), 0, 10);
	wire_until(loop, strlen(ran) == 2);
	assert_string_equal(ran, "ab");
	assert_true(nv_loop_now(loop) - start >= 20);
	assert_in_range(nv_loop_timeout_ms(loop), 1, 60000);
	nv_loop_stop_timer(loop, &c.timer);
	assert_int_equal(nv_loop_timeout_ms(loop), -1);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(nv_loop_start_timer(loop, &c.timer, UINT32_MAX), 0);
	assert_int_equal(nv_loop_timeout_ms(loop), INT32_MAX);
	nv_loop_stop_timer(loop, &c.timer);
}

static void a_wait_ends_at_its_limit(void **state)
{
	struct job a = job_named('a');
	uint64_t start = nv_loop_now(loop);

	assert_int_equal(nv_loop_start_timer(loop, &a.timer, 60000), 0);
	assert_int_equal(nv_loop_run_once(loop, 5), 0);
	assert_in_range(nv_loop_now(loop) - start, 5, 30000);
	assert_string_equal(ran, "");
	nv_loop_stop_timer(loop, &a.timer);
}

static void stand_still(struct nv_task *task)
{
	uint64_t now = nv_loop_now(loop);
	struct pollfd none = { .fd = -1 };

	poll(&none, 1, 3);
	assert_int_equal(nv_loop_now(loop), now);
	assert_int_equal(nv_loop_run_once(loop, 0), NV_ERR_STATE);
	assert_int_equal(nv_loop_run(loop), NV_ERR_STATE);
	note('s');
}

static void time_stands_still_in_a_turn_and_turns_do_not_nest(void **state)
{
	struct nv_task task = { .run = stand_still };

	nv_loop_post_task(loop, &task);
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_string_equal(ran, "s");
}

static void stop_in_task(struct nv_task *task)
{
	nv_loop_stop(loop);
	note('s');
}

static void stops_after_its_turn(void **state)
{
	struct nv_task task = { .run = stop_in_task };
	struct job late = job_named('t');

	nv_loop_post_task(loop, &task);
	nv_loop_start_timer(loop, &late.timer, 0);
	assert_int_equal(nv_loop_run(loop), 0);
	assert_string_equal(ran, "st");
}

static void a_stop_before_it_runs_is_not_lost(void **state)
{
	nv_loop_stop(loop);
	nv_loop_stop(loop);
	assert_int_equal(nv_loop_run(loop), 0);
	nv_loop_stop(loop);
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_int_equal(nv_loop_run(loop), 0);
}

static void *stop_from_thread(void *context)
{
	nv_loop_stop(loop);
	return NULL;
}

static void stops_from_another_thread(void **state)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, stop_from_thread, NULL), 0);
	assert_int_equal(nv_loop_run(loop), 0);
	pthread_join(thread, NULL);
}

static void stop_on_signal(int number)
{
	nv_loop_stop(loop);
}

static void *send_signal(void *context)
{
	pthread_kill(*(pthread_t *)context, SIGUSR1);
	return NULL;
}

static void stops_from_a_signal_handler(void **state)
{
	struct sigaction action = { .sa_handler = stop_on_signal };
	pthread_t self = pthread_self();
	struct sigaction kept;
	pthread_t thread;

	assert_int_equal(sigaction(SIGUSR1, &action, &kept), 0);
	assert_int_equal(pthread_create(&thread, NULL, send_signal, &self), 0);
	assert_int_equal(nv_loop_run(loop), 0);
	pthread_join(thread, NULL);
	sigaction(SIGUSR1, &kept, NULL);
}

static void do_nothing(int number)
{
}

/* The signal may come before the wait; then the timer ends it. */
static void a_signal_is_no_error(void **state)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct job a = job_named('a');
	pthread_t self = pthread_self();
	struct sigaction kept;
	pthread_t thread;

	assert_int_equal(sigaction(SIGUSR1, &action, &kept), 0);
	nv_loop_start_timer(loop, &a.timer, 50);
	assert_int_equal(pthread_create(&thread, NULL, send_signal, &self), 0);
	wire_until(loop, ran[0]);
	pthread_join(thread, NULL);
	sigaction(SIGUSR1, &kept, NULL);
}

/* A program with a loop of its own waits for the descriptor and gives the loop its turns. */
static void turn_from_outside(void)
{
	struct pollfd outer = { .fd = nv_loop_fd(loop), .events = POLLIN };

	assert_true(poll(&outer, 1, nv_loop_timeout_ms(loop)) >= 0);
	assert_int_equal(nv_loop_run_once(loop, 0), 0);
}

static void works_inside_another_loop(void **state)
{
	struct recorder recorder;
	struct job a = job_named('a');
	struct job b = job_named('b');
	int fds[2];

	recorder_init(&recorder);
	wire_unix_pair(fds);
	assert_int_equal(nv_loop_adopt(loop, &recorder.stream, fds[1]), 0);
	assert_true(wire_is_idle(loop));
	wire_send_text(fds[0], "hello");
	assert_false(wire_is_idle(loop));
	turn_from_outside();
	assert_int_equal(recorder.len, 5);
	recorder_send_text(&recorder, "answer");
	turn_from_outside();
	wire_assert_receives(fds[0], "answer");
	nv_loop_post_task(loop, &a.task);
	turn_from_outside();
	nv_loop_start_timer(loop, &b.timer, 5);
	while (!ran[1])
		turn_from_outside();
	assert_string_equal(ran, "ab");
	assert_true(wire_is_idle(loop));
	nv_stream_close(&recorder.stream, 0);
	turn_from_outside();
	assert_string_equal(recorder.log, "data:5 close:0 ");
	recorder_deinit(&recorder);
	close(fds[0]);
}

static void post_from_close(struct recorder *recorder)
{
	nv_loop_post_task(loop, recorder->user);
}

static void freeing_it_runs_what_was_posted_and_ends_what_is_closing(void **state)
{
	struct recorder recorder;
	struct job a = job_named('a');
	struct job b = job_named('b');
	int fds[2];

	recorder_init(&recorder);
	recorder.closed = post_from_close;
	recorder.user = &b.task;
	wire_unix_pair(fds);
	assert_int_equal(nv_loop_adopt(loop, &recorder.stream, fds[1]), 0);
	nv_loop_post_task(loop, &a.task);
	nv_stream_close(&recorder.stream, NV_ERR_CLOSED);
	nv_loop_free(loop);
	loop = NULL;
	assert_string_equal(ran, "ab");
	assert_string_equal(recorder.log, "close:-3 ");
	assert_int_equal(recv(fds[0], (char[1]){ 0 }, 1, 0), 0);
	close(fds[0]);
}

static void ask_for_hook(struct nv_task *task)
{
	nv_loop_before_flush(loop, &nv_container_of(task, struct job, task)->hook);
}

static void hooks_run_once_behind_all_else_of_a_turn(void **state)
{
	struct job a = job_named('a'), b = job_named('b'), c = job_named('c'), d = job_named('d');

	a.task.run = ask_for_hook;
	nv_loop_post_task(loop, &a.task);
	nv_loop_post_task(loop, &b.task);
	assert_int_equal(nv_loop_start_timer(loop, &c.timer, 0), 0);
	nv_loop_before_flush(loop, &d.hook);
	nv_loop_before_flush(loop, &d.hook);
	assert_int_equal(nv_loop_timeout_ms(loop), 0);
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_string_equal(ran, "bcda");
	assert_true(wire_is_idle(loop));
}

static void a_hook_may_be_forgotten(void **state)
{
	struct job a = job_named('a');

	nv_loop_forget_hook(&a.hook);
	nv_loop_before_flush(loop, &a.hook);
	nv_loop_forget_hook(&a.hook);
	nv_loop_forget_hook(&a.hook);
	assert_true(wire_is_idle(loop));
	assert_string_equal(ran, "");
}

struct speaker {
	struct recorder recorder;
	struct nv_hook hook;
};

static void speak(struct nv_hook *hook)
{
	recorder_send_text(&nv_container_of(hook, struct speaker, hook)->recorder, "x");
}

static void ask_again(struct recorder *recorder, size_t len)
{
	nv_loop_before_flush(loop, &nv_container_of(recorder, struct speaker, recorder)->hook);
}

static void what_a_hook_says_leaves_in_its_turn(void **state)
{
	struct speaker speaker;
	char got[8];
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	recorder_init(&speaker.recorder);
	speaker.recorder.got = ask_again;
	speaker.hook = (struct nv_hook){ .run = speak };
	assert_int_equal(nv_loop_adopt(loop, &speaker.recorder.stream, fds[0]), 0);
	assert_int_equal(write(fds[1], "?", 1), 1);
	assert_int_equal(nv_loop_run_once(loop, -1), 0);
	assert_int_equal(read(fds[1], got, sizeof(got)), 1);
	nv_stream_close(&speaker.recorder.stream, 0);
	assert_int_equal(nv_loop_run_once(loop, 0), 0);
	recorder_deinit(&speaker.recorder);
	close(fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(needs_memory),
		TEST(tasks_run_in_order_and_wake_the_loop),
		TEST(a_task_that_posts_itself_has_a_turn_each),
		TEST(threads_post_tasks),
		TEST(timers_fire_when_due),
		TEST(a_wait_ends_at_its_limit),
		TEST(time_stands_still_in_a_turn_and_turns_do_not_nest),
		TEST(stops_after_its_turn),
		TEST(a_stop_before_it_runs_is_not_lost),
		TEST(stops_from_another_thread),
		TEST(stops_from_a_signal_handler),
		TEST(a_signal_is_no_error),
		TEST(works_inside_another_loop),
		TEST(hooks_run_once_behind_all_else_of_a_turn),
		TEST(a_hook_may_be_forgotten),
		TEST(what_a_hook_says_leaves_in_its_turn),
		TEST(freeing_it_runs_what_was_posted_and_ends_what_is_closing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
