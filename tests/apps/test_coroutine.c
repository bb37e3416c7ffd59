/* SPDX-License-Identifier: MIT */
/* test_coroutine.c: a function that stops in its middle. */
#include "connect/coroutine.h"

#include <signal.h>
#include <stdbool.h>

#include "support/unit.h"

struct counter {
	struct nv_coroutine *coroutine;
	int count;
	bool closing;
	bool ended;
};

static void count(void *context)
{
	struct counter *counter = context;

	while (!counter->closing) {
		counter->count++;
		nv_coroutine_yield(counter->coroutine);
	}
	counter->ended = true;
}

static void each_resume_goes_on(void **state)
{
	struct counter counter = { 0 };

	(void)state;
	counter.coroutine = nv_coroutine_new(count, &counter);
	assert_non_null(counter.coroutine);
	assert_int_equal(counter.count, 0);
	for (int i = 1; i <= 1000; i++) {
		nv_coroutine_resume(counter.coroutine);
		assert_int_equal(counter.count, i);
	}
	counter.closing = true;
	nv_coroutine_free(counter.coroutine);
	assert_true(counter.ended);
	assert_int_equal(counter.count, 1000);
}

static void one_that_has_returned_stays_so(void **state)
{
	struct counter counter = { .closing = true };

	(void)state;
	counter.coroutine = nv_coroutine_new(count, &counter);
	nv_coroutine_resume(counter.coroutine);
	nv_coroutine_resume(counter.coroutine);
	assert_true(counter.ended);
	nv_coroutine_free(counter.coroutine);
	nv_coroutine_free(NULL);
}

static void look_at_signals(void *context)
{
	sigset_t *blocked = context;

	pthread_sigmask(SIG_BLOCK, NULL, blocked);
}

/* A handler that ran there could wait for itself. */
static void signals_come_to_the_other_side(void **state)
{
	sigset_t inside;
	sigset_t outside;
	struct nv_coroutine *coroutine = nv_coroutine_new(look_at_signals, &inside);

	(void)state;
	nv_coroutine_resume(coroutine);
	nv_coroutine_free(coroutine);
	pthread_sigmask(SIG_BLOCK, NULL, &outside);
	assert_true(sigismember(&inside, SIGINT));
	assert_true(sigismember(&inside, SIGWINCH));
	assert_false(sigismember(&outside, SIGINT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_resume_goes_on),
		cmocka_unit_test(one_that_has_returned_stays_so),
		cmocka_unit_test(signals_come_to_the_other_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
