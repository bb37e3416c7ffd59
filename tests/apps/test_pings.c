/* SPDX-License-Identifier: MIT */
/* test_pings.c: which ping a pong answers. */
#include "connect/pings.h"

#include "support/unit.h"

static void assert_answered(struct nv_pings *pings, const char *data, uint64_t now, uint64_t took)
{
	uint64_t found = 0;

	assert_true(nv_pings_answered(pings, nv_str(data), now, &found));
	assert_int_equal(found, took);
}

static void assert_unknown(struct nv_pings *pings, const char *data)
{
	uint64_t took;

	assert_false(nv_pings_answered(pings, nv_str(data), 1000, &took));
}

static void a_pong_answers_once(void **state)
{
	struct nv_pings pings = { 0 };

	(void)state;
	assert_unknown(&pings, "");
	nv_pings_sent(&pings, nv_str("a"), 100);
	assert_unknown(&pings, "b");
	assert_unknown(&pings, "aa");
	assert_answered(&pings, "a", 350, 250);
	assert_unknown(&pings, "a");
}

static void a_pong_answers_the_older_ones_too(void **state)
{
	struct nv_pings pings = { 0 };

	(void)state;
	nv_pings_sent(&pings, nv_str("a"), 1);
	nv_pings_sent(&pings, nv_str("b"), 2);
	nv_pings_sent(&pings, nv_str("c"), 3);
	assert_answered(&pings, "b", 10, 8);
	assert_unknown(&pings, "a");
	assert_answered(&pings, "c", 10, 7);
}

static void the_oldest_is_forgotten(void **state)
{
	struct nv_pings pings = { 0 };
	char data[] = "a";

	(void)state;
	for (uint64_t i = 0; i <= NV_PINGS_MAX; i++, data[0]++)
		nv_pings_sent(&pings, nv_str(data), i);
	assert_unknown(&pings, "a");
	assert_answered(&pings, "b", 5, 4);
}

static void the_longest_fits(void **state)
{
	struct nv_pings pings = { 0 };
	uint8_t data[125] = { 1 };
	struct nv_bytes longest = { data, sizeof data };
	uint64_t took;

	(void)state;
	nv_pings_sent(&pings, longest, 0);
	assert_true(nv_pings_answered(&pings, longest, 1, &took));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pong_answers_once),
		cmocka_unit_test(a_pong_answers_the_older_ones_too),
		cmocka_unit_test(the_oldest_is_forgotten),
		cmocka_unit_test(the_longest_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
