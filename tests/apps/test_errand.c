/* SPDX-License-Identifier: MIT */
/* test_errand.c: the way to the first loop and back, over loops that the test turns, and in which
 * memory is short when it says so. */
#include "serve/errand.h"

#include <pthread.h>
#include <stdlib.h>

#include "support/unit.h"

#define MOST_POSTS 16

struct post {
	void (*run)(void *context);
	void *context;
};

/* Both are a mailbox. */
struct nv_loop {
	struct post posts[MOST_POSTS];
	size_t count;
	int answer;
};

struct nv_server {
	struct nv_loop first;
	pthread_mutex_t lock;
	pthread_cond_t posted;
};

int nv_loop_post(struct nv_loop *loop, void (*run)(void *context), void *context)
{
	if (loop->answer)
		return loop->answer;
	assert_true(loop->count < MOST_POSTS);
	loop->posts[loop->count++] = (struct post){ run, context };
	return 0;
}

int nv_server_post(struct nv_server *server, void (*run)(void *context), void *context)
{
	int error;

	pthread_mutex_lock(&server->lock);
	error = nv_loop_post(&server->first, run, context);
	pthread_cond_signal(&server->posted);
	pthread_mutex_unlock(&server->lock);
	return error;
}

/* Runs what is posted, and returns how much that was. */
static size_t turn(struct nv_loop *loop)
{
	struct nv_loop now = *loop;

	loop->count = 0;
	for (size_t i = 0; i < now.count; i++)
		now.posts[i].run(now.posts[i].context);
	return now.count;
}

struct step {
	struct nv_errand errand;
	int run; /* its place among all that were run; 0: not yet */
	int back;
	int end;
};

static int place;

static struct step *step_of(struct nv_errand *errand)
{
	return (struct step *)((char *)errand - offsetof(struct step, errand));
}

static void run(struct nv_errand *errand)
{
	step_of(errand)->run = ++place;
}

static void back(struct nv_errand *errand)
{
	step_of(errand)->back = ++place;
}

static void end(struct nv_errand *errand)
{
	step_of(errand)->end = ++place;
}

struct fixture {
	struct nv_server server;
	struct nv_loop home;
	struct nv_errands *errands;
	struct step steps[4];
};

static void drop(struct nv_errand *errand)
{
	step_of(errand)->back = -1;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	pthread_mutex_init(&f->server.lock, NULL);
	pthread_cond_init(&f->server.posted, NULL);
	f->errands = nv_errands_new(&f->server);
	for (size_t i = 0; i < 4; i++)
		f->steps[i].errand = (struct nv_errand){
			.home = &f->home, .run = run, .back = back, .end = end
		};
	place = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nv_errands_free(f->errands, drop);
	pthread_cond_destroy(&f->server.posted);
	pthread_mutex_destroy(&f->server.lock);
	free(f);
	return 0;
}

static void send_step(struct fixture *f, size_t number)
{
	nv_errands_send(f->errands, &f->steps[number].errand);
}

static void goes_there_and_back_in_order(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++)
		send_step(f, i);
	assert_int_equal(f->steps[0].run, 0);
	/* One word for a burst. */
	assert_int_equal(turn(&f->server.first), 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(f->steps[i].run, i + 1);
	/* What was published leaves when the turn ends. */
	assert_int_equal(turn(&f->home), 0);
	assert_int_equal(turn(&f->server.first), 1);
	assert_int_equal(turn(&f->home), 4);
	for (int i = 0; i < 4; i++)
		assert_true(f->steps[i].back > 4);
	assert_int_equal(turn(&f->server.first), 0);
}

static void goes_home_before_the_next_are_run(void **state)
{
	struct fixture *f = *state;

	send_step(f, 0);
	turn(&f->server.first);
	send_step(f, 1);
	assert_int_equal(turn(&f->server.first), 1);
	assert_int_equal(f->steps[1].run, 2);
	assert_int_equal(turn(&f->home), 1);
	assert_int_equal(f->steps[0].back, 3);
}

static void ends_where_it_was_run_when_nobody_waits(void **state)
{
	struct fixture *f = *state;

	f->steps[0].errand.orphaned = true;
	send_step(f, 0);
	send_step(f, 1);
	turn(&f->server.first);
	assert_int_equal(f->steps[0].end, 2);
	assert_int_equal(f->steps[1].run, 3);
	turn(&f->server.first);
	assert_int_equal(turn(&f->home), 1);
	assert_int_equal(f->steps[0].back, 0);
	assert_int_equal(f->steps[1].end, 0);
}

static void ends_before_it_goes_home(void **state)
{
	struct fixture *f = *state;

	send_step(f, 0);
	turn(&f->server.first);
	f->steps[0].errand.orphaned = true;
	turn(&f->server.first);
	assert_int_equal(f->steps[0].end, 2);
	assert_int_equal(turn(&f->home), 0);
}

static void goes_with_the_next_when_memory_is_short(void **state)
{
	struct fixture *f = *state;

	f->server.first.answer = NV_ERR_NOMEM;
	send_step(f, 0);
	f->server.first.answer = 0;
	assert_int_equal(turn(&f->server.first), 0);
	send_step(f, 1);
	turn(&f->server.first);
	assert_int_equal(f->steps[0].run, 1);
	assert_int_equal(f->steps[1].run, 2);
}

static void comes_back_with_the_next_when_memory_is_short(void **state)
{
	struct fixture *f = *state;

	f->home.answer = NV_ERR_NOMEM;
	send_step(f, 0);
	send_step(f, 1);
	turn(&f->server.first);
	turn(&f->server.first);
	f->home.answer = 0;
	assert_int_equal(turn(&f->home), 0);
	/* It does not ask again and again. */
	assert_int_equal(turn(&f->server.first), 0);
	send_step(f, 2);
	turn(&f->server.first);
	turn(&f->server.first);
	assert_int_equal(turn(&f->home), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(f->steps[i].back > 0);
}

static void drops_what_is_left(void **state)
{
	struct fixture *f = *state;

	f->home.answer = NV_ERR_NOMEM;
	send_step(f, 0);
	turn(&f->server.first);
	send_step(f, 1);
	send_step(f, 2);
	nv_errands_free(f->errands, drop);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(f->steps[i].back, -1);
	f->errands = NULL;
}

/* --- From several threads --- */

#define SENDERS 4
#define EACH 5000

struct counted {
	struct nv_errand errand;
	int sender;
	int number;
};

struct sender {
	pthread_t thread;
	struct nv_errands *errands;
	struct counted sent[EACH];
};

static int heard[SENDERS];
static int total;

static void count(struct nv_errand *errand)
{
	struct counted *counted =
		(struct counted *)((char *)errand - offsetof(struct counted, errand));

	assert_int_equal(counted->number, heard[counted->sender]++);
	total++;
}

static void nothing(struct nv_errand *errand)
{
}

static void *send_all(void *context)
{
	struct sender *sender = context;

	for (size_t i = 0; i < EACH; i++)
		nv_errands_send(sender->errands, &sender->sent[i].errand);
	return NULL;
}

static void start(struct fixture *f, struct sender *sender, int number)
{
	sender->errands = f->errands;
	for (int i = 0; i < EACH; i++)
		sender->sent[i] = (struct counted){
			{ .run = count, .end = nothing, .orphaned = true }, number, i
		};
	assert_int_equal(pthread_create(&sender->thread, NULL, send_all, sender), 0);
}

/* What the server's first loop does, with the lock of its mailbox. */
static void take_turn(struct nv_server *server)
{
	struct nv_loop now;

	pthread_mutex_lock(&server->lock);
	while (server->first.count == 0)
		pthread_cond_wait(&server->posted, &server->lock);
	now = server->first;
	server->first.count = 0;
	pthread_mutex_unlock(&server->lock);
	turn(&now);
}

static void keeps_the_order_of_each_thread(void **state)
{
	struct fixture *f = *state;
	struct sender *senders = calloc(SENDERS, sizeof(*senders));

	for (int i = 0; i < SENDERS; i++)
		start(f, &senders[i], i);
	while (total < SENDERS * EACH)
		take_turn(&f->server);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(senders[i].thread, NULL);
	free(senders);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_there_and_back_in_order),
		TEST(goes_home_before_the_next_are_run),
		TEST(ends_where_it_was_run_when_nobody_waits),
		TEST(ends_before_it_goes_home),
		TEST(goes_with_the_next_when_memory_is_short),
		TEST(comes_back_with_the_next_when_memory_is_short),
		TEST(drops_what_is_left),
		TEST(keeps_the_order_of_each_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
