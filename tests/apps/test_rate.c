/* SPDX-License-Identifier: MIT */
/* test_rate.c: the window of a second, on a clock of the test's own. */
#include "serve/rate.h"

#include "support/unit.h"

#define SECOND 1000000000u
#define START 123456789u

static void assert_allowed(struct nv_rate *rate, unsigned times, uint64_t now_ns)
{
	while (times-- > 0)
		assert_true(nv_rate_allows(rate, 5, now_ns));
}

static void allows_five_and_refuses_the_sixth(void **state)
{
	struct nv_rate rate = { 0 };

	assert_allowed(&rate, 5, START);
	assert_false(nv_rate_allows(&rate, 5, START));
	assert_false(nv_rate_allows(&rate, 5, START + SECOND - 1));
}

static void begins_with_the_first_message_after_a_full_second(void **state)
{
	struct nv_rate rate = { 0 };

	assert_allowed(&rate, 1, START);
	assert_allowed(&rate, 4, START + SECOND - 1);
	assert_false(nv_rate_allows(&rate, 5, START + SECOND - 1));
	assert_allowed(&rate, 1, START + SECOND);
	/* The second window lasts from there. */
	assert_allowed(&rate, 4, START + 2 * SECOND - 1);
	assert_false(nv_rate_allows(&rate, 5, START + 2 * SECOND - 1));
	assert_allowed(&rate, 5, START + 2 * SECOND);
}

static void begins_late_after_silence(void **state)
{
	struct nv_rate rate = { 0 };

	assert_allowed(&rate, 1, START);
	assert_allowed(&rate, 5, START + SECOND * 3 / 2);
	assert_false(nv_rate_allows(&rate, 5, START + SECOND * 2));
	assert_true(nv_rate_allows(&rate, 5, START + SECOND * 5 / 2));
}

static void is_not_prolonged_by_what_is_refused(void **state)
{
	struct nv_rate rate = { 0 };

	assert_allowed(&rate, 5, START);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(nv_rate_allows(&rate, 5, START + i * (SECOND / 1000)));
	assert_true(nv_rate_allows(&rate, 5, START + SECOND));
}

static void counts_from_time_zero(void **state)
{
	struct nv_rate rate = { 0 };

	assert_allowed(&rate, 5, 0);
	assert_false(nv_rate_allows(&rate, 5, 0));
}

static void refuses_however_many_there_were(void **state)
{
	struct nv_rate rate = { .since_ns = START, .count = UINT32_MAX };

	assert_false(nv_rate_allows(&rate, 5, START));
	assert_false(nv_rate_allows(&rate, 5, START));
}

static void allows_all_without_a_limit(void **state)
{
	struct nv_rate rate = { 0 };

	for (unsigned i = 0; i < 1000; i++)
		assert_true(nv_rate_allows(&rate, 0, START));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_five_and_refuses_the_sixth),
		cmocka_unit_test(begins_with_the_first_message_after_a_full_second),
		cmocka_unit_test(begins_late_after_silence),
		cmocka_unit_test(is_not_prolonged_by_what_is_refused),
		cmocka_unit_test(counts_from_time_zero),
		cmocka_unit_test(refuses_however_many_there_were),
		cmocka_unit_test(allows_all_without_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
