/* SPDX-License-Identifier: MIT */
/* test_duration.c: times as people write them. */
#include "text/duration.h"

#include "support/unit.h"

static void test_good(void **state)
{
	static const struct {
		const char *text;
		uint32_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "5", 5000 },
		{ "0.5", 500 },
		{ "5s", 5000 },
		{ "500ms", 500 },
		{ "2m", 120000 },
		{ "1.5m", 90000 },
		{ "1h", 3600000 },
		{ "0.0001", 1 },
		{ "0.2ms", 1 },
		{ "1000000", 1000000000 },
		{ "0ms", 0 },
		{ "0010", 10000 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t ms = 77;

		assert_int_equal(nv_duration_parse(cases[i].text, &ms), 0);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void test_bad(void **state)
{
	static const char *const texts[] = { "",      "s",  "-1",  "+1",   " 1",      "1 s",
		                             "1S",    "1d", "nan", "inf",  "1000001", "0x10",
		                             "1.2.3", ".5", "5sm", "300h", "1e3",     "1e3s" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		uint32_t ms = 77;

		assert_int_equal(nv_duration_parse(texts[i], &ms), NV_ERR_INVALID);
		assert_int_equal(ms, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("numbers with a unit, or of seconds", test_good),
		unit_case("what is no time", test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
