/* SPDX-License-Identifier: MIT */
/* test_interrupt.c: signals before, during and after the life of the loop they wake. The second one would
 * end this program, so that there is only one here. */
#include "connect/interrupt.h"

#include <errno.h>
#include <signal.h>

#include "support/unit.h"

static void test_ignored(void **state)
{
	struct nv_loop *loop = nv_loop_new();
	struct sigaction action = { .sa_handler = SIG_IGN };

	assert_non_null(loop);
	assert_int_equal(sigaction(SIGINT, &action, NULL), 0);
	nv_interrupt_catch(loop);
	assert_int_equal(sigaction(SIGINT, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, SIG_IGN);
	assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
	assert_ptr_not_equal(action.sa_handler, SIG_DFL);
	nv_interrupt_release();
	nv_loop_free(loop);
}

static void test_released(void **state)
{
	struct nv_loop *loop = nv_loop_new();

	assert_non_null(loop);
	nv_interrupt_catch(loop);
	nv_interrupt_release();
	nv_loop_free(loop);
	nv_interrupt_wake();
	assert_false(nv_interrupt_seen());
	errno = EDOM;
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(errno, EDOM);
	assert_true(nv_interrupt_seen());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("a signal that is ignored stays so", test_ignored),
		unit_case("a loop that is gone is not woken", test_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
