/* SPDX-License-Identifier: MIT */
/* test_mailbox.c: tasks keep the order of each thread, and only the first of a burst wakes. */
#include "net/mailbox.h"

#include <pthread.h>

#include "base/list.h"
#include "net/loop.h"
#include "support/unit.h"

#define THREADS 4
#define POSTS 10000

struct job {
	struct nv_task task;
	struct nv_mailbox *mailbox;
	unsigned int thread;
	unsigned int number;
	unsigned int posts_itself;
};

static char ran[32];

static void note(struct nv_task *task)
{
	struct job *job = nv_container_of(task, struct job, task);
	size_t len = strlen(ran);

	ran[len] = (char)('0' + job->number);
	ran[len + 1] = '\0';
	if (job->posts_itself) {
		job->posts_itself--;
		nv_mailbox_push(job->mailbox, task, task);
	}
}

static void first_wakes_and_order_is_kept(void **state)
{
	struct nv_mailbox mailbox = { .newest = NULL };
	struct job jobs[3];

	for (unsigned int i = 0; i < 3; i++)
		jobs[i] = (struct job){ .task.run = note, .mailbox = &mailbox, .number = i };
	ran[0] = '\0';
	nv_mailbox_run(&mailbox);
	assert_true(nv_mailbox_is_empty(&mailbox));
	assert_true(nv_mailbox_push(&mailbox, &jobs[0].task, &jobs[0].task));
	assert_false(nv_mailbox_push(&mailbox, &jobs[1].task, &jobs[1].task));
	assert_false(nv_mailbox_push(&mailbox, &jobs[2].task, &jobs[2].task));
	assert_false(nv_mailbox_is_empty(&mailbox));
	nv_mailbox_run(&mailbox);
	assert_string_equal(ran, "012");
	assert_true(nv_mailbox_is_empty(&mailbox));
	assert_true(nv_mailbox_push(&mailbox, &jobs[0].task, &jobs[0].task));
	nv_mailbox_run(&mailbox);
	assert_string_equal(ran, "0120");
}

static void what_a_task_posts_waits_for_the_next_run(void **state)
{
	struct nv_mailbox mailbox = { .newest = NULL };
	struct job job = { .task.run = note, .mailbox = &mailbox, .posts_itself = 2 };

	ran[0] = '\0';
	nv_mailbox_push(&mailbox, &job.task, &job.task);
	nv_mailbox_run(&mailbox);
	assert_string_equal(ran, "0");
	nv_mailbox_run(&mailbox);
	nv_mailbox_run(&mailbox);
	nv_mailbox_run(&mailbox);
	assert_string_equal(ran, "000");
}

static size_t counted;

static void count_only(struct nv_task *task)
{
	assert_int_equal(nv_container_of(task, struct job, task)->number, counted++);
}

static void runs_a_share_at_a_time(void **state)
{
	static struct job many[600];
	struct nv_mailbox mailbox = { .newest = NULL };
	size_t runs = 0;

	for (unsigned int i = 0; i < 600; i++) {
		many[i] = (struct job){ .task.run = count_only, .mailbox = &mailbox, .number = i };
		nv_mailbox_push(&mailbox, &many[i].task, &many[i].task);
	}
	counted = 0;
	while (!nv_mailbox_is_empty(&mailbox)) {
		nv_mailbox_run(&mailbox);
		runs++;
		assert_int_equal(counted, runs < 3 ? 256 * runs : 600);
	}
	assert_int_equal(runs, 3);
}

static struct job jobs[THREADS][POSTS];
static unsigned int next_number[THREADS];
static unsigned int total;
static atomic_uint wake_ups;

static void check_order(struct nv_task *task)
{
	struct job *job = nv_container_of(task, struct job, task);

	assert_int_equal(job->number, next_number[job->thread]);
	next_number[job->thread]++;
	total++;
}

static void *post_all(void *context)
{
	struct job *own = context;

	for (unsigned int i = 0; i < POSTS; i++) {
		if (nv_mailbox_push(own[i].mailbox, &own[i].task, &own[i].task))
			atomic_fetch_add(&wake_ups, 1);
	}
	return NULL;
}

static void threads_post_at_once(void **state)
{
	struct nv_mailbox mailbox = { .newest = NULL };
	pthread_t threads[THREADS];
	unsigned int takes = 0;

	for (unsigned int t = 0; t < THREADS; t++) {
		for (unsigned int i = 0; i < POSTS; i++)
			jobs[t][i] = (struct job){ { NULL, check_order }, &mailbox, t, i, 0 };
	}
	for (unsigned int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, post_all, jobs[t]), 0);
	while (total < THREADS * POSTS) {
		takes += !mailbox.taken && !nv_mailbox_is_empty(&mailbox);
		nv_mailbox_run(&mailbox);
	}
	for (unsigned int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	assert_true(nv_mailbox_is_empty(&mailbox));
	assert_true(atomic_load(&wake_ups) >= 1);
	assert_true(atomic_load(&wake_ups) >= takes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_wakes_and_order_is_kept),
		cmocka_unit_test(what_a_task_posts_waits_for_the_next_run),
		cmocka_unit_test(runs_a_share_at_a_time),
		cmocka_unit_test(threads_post_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
