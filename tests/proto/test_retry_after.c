/* SPDX-License-Identifier: MIT */
/* test_retry_after.c: how long servers ask clients to stay away. */
#include <time.h>

#include "proto/retry_after.h"
#include "support/guard_page.h"
#include "support/prng.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MAX NV_RETRY_AFTER_MAX_MS
#define NOW 1790000000 /* September 2026 */

static struct guard_page page;

static struct nv_bytes guarded(const char *text)
{
	return (struct nv_bytes){ guard_page_copy(&page, text, strlen(text)), strlen(text) };
}

static void seconds(void **state)
{
	static const struct {
		const char *value;
		uint32_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "1", 1000 },
		{ "120", 120000 },
		{ " \t30 ", 30000 },
		{ "007", 7000 },
		{ "00000000000000000000005", 5000 },
		{ "3599", 3599000 },
		{ "3600", MAX },
		{ "3601", MAX },
		{ "4294967", MAX },
		{ "4294968", MAX },
		{ "4294967296", MAX },
		{ "18446744073709551617", MAX },
		{ "999999999999999999999999999999", MAX },
		{ "", 0 },
		{ " ", 0 },
		{ "-1", 0 },
		{ "+1", 0 },
		{ "1.5", 0 },
		{ "1s", 0 },
		{ "1 2", 0 },
		{ "1, 2", 0 },
		{ "x", 0 },
		{ "0x10", 0 },
		{ "\xd9\xa1", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (nv_retry_after_field(guarded(cases[i].value), NOW) != cases[i].ms)
			fail_msg("%s", cases[i].value);
	}
	assert_int_equal(nv_retry_after_field((struct nv_bytes){ NULL, 0 }, NOW), 0);
}

/* A date means this second and no other. */
static void expect_date_at(const char *value, int64_t then, int64_t now)
{
	uint32_t ms = nv_retry_after_field(guarded(value), now);
	int64_t wait = then <= now ? 0 : then - now < 3600 ? (then - now) * 1000 : MAX;

	if (ms != wait)
		fail_msg("%s is in %u ms, not %u", value, ms, (unsigned)wait);
}

static void expect_date(const char *value, int64_t then)
{
	static const int64_t waits[] = { -100000000, -1, 0, 1, 2, 3599, 3600, 3601, 100000000 };

	for (size_t i = 0; i < COUNT(waits); i++)
		expect_date_at(value, then, then - waits[i]);
}

static void known_dates(void **state)
{
	static const struct {
		const char *value;
		int64_t then; /* as date -u +%s has it */
	} cases[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 }, /* RFC 9110 5.6.7 */
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Thu Jan  1 00:00:01 1970", 1 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
		{ "Wed, 01 Mar 2000 00:00:00 GMT", 951868800 },
		{ "Tue Feb 29 12:00:00 2000", 951825600 },
		{ "Sunday, 29-Feb-04 00:00:00 GMT", 1078012800 },
		{ "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199 },
		{ "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
		{ "Fri Mar  1 00:00:00 2024", 1709251200 },
		{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
		{ "Tuesday, 19-Jan-38 03:14:08 GMT", 2147483648 },
		{ "Thu, 07 Feb 2036 06:28:16 GMT", 2085978496 },
		{ "Sun, 07 Feb 2106 06:28:16 GMT", 4294967296 },
		{ "Mon, 01 Mar 2100 00:00:00 GMT", 4107542400 },
		{ "Sun, 28 Feb 2100 23:59:59 GMT", 4107542399 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 }, /* a leap second */
		{ "Thu, 31 Dec 2026 23:59:59 GMT", 1798761599 },
		/* Nobody needs the day of the week. */
		{ "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect_date(cases[i].value, cases[i].then);
}

/* Each day of 500 years, as the system's calendar has it, in the form without a century while that is
 * clear. */
static void every_day(void **state)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y",
		                             "%A, %d-%b-%y %H:%M:%S GMT" };

	for (int64_t day = -25567; day < 500 * 365; day++) {
		time_t then = day * 86400 + day * 7919 % 86400;
		struct tm tm;
		char value[64];

		gmtime_r(&then, &tm);
		for (size_t i = 0; i < COUNT(forms); i++) {
			strftime(value, sizeof value, forms[i], &tm);
			expect_date_at(value, then, then - 100);
			expect_date_at(value, then, then + 1);
		}
	}
}

/* RFC 9110 5.6.7: what seems to be more than 50 years ahead was in the past. */
static void short_years(void **state)
{
	const int64_t in_2026 = 1779000000;

	expect_date_at("Wednesday, 01-Jan-76 00:00:00 GMT", 3345062400, in_2026);
	expect_date_at("Friday, 01-Jan-77 00:00:00 GMT", 220924800, in_2026);
	expect_date_at("Sunday, 06-Nov-94 08:49:37 GMT", 784111777, in_2026);
	expect_date_at("Friday, 01-Jan-27 00:00:00 GMT", 1798761600, 1798761500);
	/* At the turn of a century. */
	expect_date_at("Friday, 01-Jan-00 00:00:00 GMT", 4102444800, 4102444800 - 60);
	expect_date_at("Thursday, 31-Dec-99 23:59:59 GMT", 4102444799, 4102444800);
	expect_date_at("Saturday, 01-Jan-00 00:00:00 GMT", 946684800, 946684740);
}

static void no_dates(void **state)
{
	static const char *const values[] = {
		"Sun, 06 Nov 2094 08:49:37",
		"Sun, 06 Nov 2094 08:49:37 UTC",
		"Sun, 06 Nov 2094 08:49:37 gmt",
		"Sun, 06 Nov 2094 08:49:37 GMT+1",
		"Sun, 06 Nov 2094 08:49:37 +0000",
		"Sun, 6 Nov 2094 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun,06 Nov 2094 08:49:37 GMT",
		"Sun 06 Nov 2094 08:49:37 GMT",
		"sun, 06 Nov 2094 08:49:37 GMT",
		"Sxn, 06 Nov 2094 08:49:37 GMT",
		"Sun, 06 nov 2094 08:49:37 GMT",
		"Sun, 06 Nox 2094 08:49:37 GMT",
		"Sun, 06-Nov-2094 08:49:37 GMT",
		"Sun, 06 Nov 2094 8:49:37 GMT",
		"Sun, 06 Nov 2094 08:49 GMT",
		"Sun, 06 Nov 2094 08-49-37 GMT",
		"Sun, 06 Nov 2094 08:49-37 GMT",
		"Sun, 06 Nov 2094 x8:49:37 GMT",
		"Sun, 06 Nov 2094 08:x9:37 GMT",
		"Sun, 06 Nov 2094 08:49:3x GMT",
		"Sun, 06 Nov 2094 24:00:00 GMT",
		"Sun, 06 Nov 2094 08:60:00 GMT",
		"Sun, 06 Nov 2094 08:49:61 GMT",
		"Sun, 00 Nov 2094 08:49:37 GMT",
		"Sun, 31 Nov 2094 08:49:37 GMT",
		"Sun, 32 Jan 2094 08:49:37 GMT",
		"Sun, 99 Dec 2094 08:49:37 GMT",
		"Sun, 30 Feb 2096 08:49:37 GMT",
		"Sun, 29 Feb 2095 08:49:37 GMT",
		"Sun, 29 Feb 2100 08:49:37 GMT",
		"Sun, 06 Nov -094 08:49:37 GMT",
		"Sun, 06 Nov 209x 08:49:37 GMT",
		"Sun, 01 Jan 0000 00:00:00 GMT",
		"Sun, 06-Nov-30 08:49:37 GMT",
		"Sunday, 06-Nov-30 08:49:37",
		"Sunday, 06-Nov-3x 08:49:37 GMT",
		"Sunday, 06 Nov 2094 08:49:37 GMT",
		"Somday, 06-Nov-30 08:49:37 GMT",
		"Sun Nov 6 08:49:37 2094",
		"Sun Nov 06 08:49:37 2094 GMT",
		"Sun Nov   6 08:49:37 2094",
		"Sun Nov  x 08:49:37 2094",
		"Sun Nov 31 08:49:37 2094",
		"Sun Nov  6 08:49:37 94",
		"2094-11-06T08:49:37Z",
		"Sun",
		"Sun, ",
	};

	for (size_t i = 0; i < COUNT(values); i++) {
		if (nv_retry_after_field(guarded(values[i]), NOW) != 0)
			fail_msg("%s is taken for a date", values[i]);
	}
}

static void cut_off_dates(void **state)
{
	static const char *const values[] = { "Sun, 06 Nov 2094 08:49:37 GMT",
		                              "Sunday, 06-Nov-30 08:49:37 GMT",
		                              "Sun Nov  6 08:49:37 2094" };

	for (size_t i = 0; i < COUNT(values); i++) {
		char text[64];

		for (size_t len = 0; len < strlen(values[i]); len++) {
			memcpy(text, values[i], len);
			text[len] = '\0';
			assert_int_equal(nv_retry_after_field(guarded(text), NOW), 0);
		}
		assert_int_equal(nv_retry_after_field(guarded(values[i]), NOW), MAX);
	}
}

/* Clocks that were never set. */
static void strange_clocks(void **state)
{
	static const int64_t clocks[] = { INT64_MIN, -1, 0, 253402300800, INT64_MAX };
	static const uint32_t waits[] = { MAX, MAX, MAX, 0, 0 };

	for (size_t i = 0; i < COUNT(clocks); i++) {
		struct nv_bytes date = nv_str("Sun, 06 Nov 2094 08:49:37 GMT");

		assert_int_equal(nv_retry_after_field(date, clocks[i]), waits[i]);
		nv_retry_after_field(nv_str("Sunday, 06-Nov-30 08:49:37 GMT"), clocks[i]);
		assert_int_equal(nv_retry_after_field(nv_str("5"), clocks[i]), 5000);
	}
}

static void reasons(void **state)
{
	static const struct {
		const char *reason;
		uint32_t ms;
	} cases[] = {
		{ "retry_after=2.500", 2500 },
		{ "retry_after=0.001", 1 },
		{ "retry_after=0.0009", 0 },
		{ "retry_after=0.0009999999999999", 0 },
		{ "retry_after=12", 12000 },
		{ "retry_after=1.5", 1500 },
		{ "retry_after=1.25", 1250 },
		{ "retry_after=1.2349", 1234 },
		{ "retry_after=3599.999", 3599999 },
		{ "retry_after=3600", MAX },
		{ "retry_after=3600.001", MAX },
		{ "retry_after=99999999999999999999.5", MAX },
		{ "restarting retry_after=2.5", 2500 },
		{ "restarting; retry_after=2.5; bye", 2500 },
		{ "a,retry_after=1,b", 1000 },
		{ "retry_after=x retry_after=3", 3000 },
		{ "retry_after=0 retry_after=3", 0 },
		{ "retry_after=1 retry_after=3", 1000 },
		{ "  retry_after=4  ", 4000 },
		{ "retry_after=", 0 },
		{ "retry_after= 5", 0 },
		{ "retry_after", 0 },
		{ "retry_after=-1", 0 },
		{ "retry_after=.5", 0 },
		{ "retry_after=5.", 0 },
		{ "retry_after=5.x", 0 },
		{ "retry_after=5s", 0 },
		{ "retry_after=5.5.5", 0 },
		{ "retry_after=1e3", 0 },
		{ "xretry_after=5", 0 },
		{ "Retry_After=5", 0 },
		{ "retry_after:5", 0 },
		{ "", 0 },
		{ " ", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (nv_retry_after_reason(guarded(cases[i].reason)) != cases[i].ms)
			fail_msg("%s", cases[i].reason);
	}
	assert_int_equal(nv_retry_after_reason((struct nv_bytes){ NULL, 0 }), 0);
}

static int make_page(void **state)
{
	guard_page_init(&page, 4096);
	return 0;
}

static int free_page(void **state)
{
	guard_page_deinit(&page);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds),        cmocka_unit_test(known_dates),
		cmocka_unit_test(every_day),      cmocka_unit_test(short_years),
		cmocka_unit_test(no_dates),       cmocka_unit_test(cut_off_dates),
		cmocka_unit_test(strange_clocks), cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, make_page, free_page);
}
