/* SPDX-License-Identifier: MIT */
/* test_log_quota.c: seconds and what is left out in them, on a clock of the test's own. */
#include "serve/log_quota.h"

#include "support/unit.h"

#define SECOND UINT64_C(1000000000)
#define START UINT64_C(123456789)

/* Of so many lines at once, how many are written. */
static unsigned put(struct nv_log_quota *quota, unsigned lines, uint64_t now_ns)
{
	unsigned written = 0;

	for (unsigned i = 0; i < lines; i++)
		written += nv_log_quota_allows(quota, now_ns);
	return written;
}

static void allows_ten_in_a_second(void **state)
{
	struct nv_log_quota quota = { 0 };

	assert_int_equal(put(&quota, 4, START), 4);
	assert_int_equal(put(&quota, 9, START + SECOND - 1), 6);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND - 1), 0);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND), 3);
	assert_int_equal(put(&quota, 11, START + SECOND), 10);
}

static void tells_each_left_out_line_once(void **state)
{
	struct nv_log_quota quota = { 0 };

	assert_int_equal(nv_log_quota_over(&quota, START), 0);
	put(&quota, 1000000, START);
	assert_int_equal(nv_log_quota_over(&quota, START + 5 * SECOND), 1000000 - NV_LOG_QUOTA);
	assert_int_equal(nv_log_quota_over(&quota, START + 5 * SECOND), 0);
	assert_int_equal(nv_log_quota_over(&quota, START + 9 * SECOND), 0);
}

static void tells_nothing_when_nothing_was_left_out(void **state)
{
	struct nv_log_quota quota = { 0 };

	put(&quota, NV_LOG_QUOTA, START);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND), 0);
}

static void begins_a_second_with_a_line(void **state)
{
	struct nv_log_quota quota = { 0 };

	put(&quota, 1, START);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND * 3 / 2), 0);
	assert_int_equal(put(&quota, 12, START + SECOND * 3 / 2), 10);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND * 2), 0);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND * 5 / 2), 2);
}

static void takes_a_clock_that_is_late_on_another_thread(void **state)
{
	struct nv_log_quota quota = { 0 };

	put(&quota, 12, START);
	assert_int_equal(nv_log_quota_over(&quota, START - 1), 0);
	assert_int_equal(nv_log_quota_over(&quota, START + SECOND), 2);
}

static void tells_the_rest_at_the_end(void **state)
{
	struct nv_log_quota quota = { 0 };

	put(&quota, 12, START);
	assert_int_equal(nv_log_quota_over(&quota, UINT64_MAX), 2);
}

static void allows_time_zero(void **state)
{
	struct nv_log_quota quota = { 0 };

	assert_int_equal(put(&quota, 12, 0), 10);
	assert_int_equal(nv_log_quota_over(&quota, SECOND), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_ten_in_a_second),
		cmocka_unit_test(tells_each_left_out_line_once),
		cmocka_unit_test(tells_nothing_when_nothing_was_left_out),
		cmocka_unit_test(begins_a_second_with_a_line),
		cmocka_unit_test(takes_a_clock_that_is_late_on_another_thread),
		cmocka_unit_test(tells_the_rest_at_the_end),
		cmocka_unit_test(allows_time_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
