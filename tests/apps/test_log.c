/* SPDX-License-Identifier: MIT */
/* test_log.c: what a client's text may look like in the log. */
#include "serve/log.h"

#include "support/unit.h"

static char field[NV_LOG_FIELD_SIZE];

static void assert_field(struct nv_bytes text, const char *expected)
{
	memset(field, '#', sizeof(field));
	assert_ptr_equal(nv_serve_log_field(text, field), field);
	assert_string_equal(field, expected);
}

/* `count` times `unit`; the same for what is expected, then `end`. */
static void assert_repeated(const char *unit, size_t count, const char *shown, size_t times,
                            const char *end)
{
	static char text[8192];
	static char expected[8192];

	text[0] = expected[0] = '\0';
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * strlen(unit), unit, strlen(unit) + 1);
	for (size_t i = 0; i < times; i++)
		memcpy(expected + i * strlen(shown), shown, strlen(shown) + 1);
	strcat(expected, end);
	assert_true(strlen(expected) < NV_LOG_FIELD_SIZE);
	assert_field(nv_str(text), expected);
}

static void shows_text_as_it_is(void **state)
{
	assert_field(nv_str(""), "");
	assert_field((struct nv_bytes){ NULL, 0 }, "");
	assert_field(nv_str("Bonjour \"à tous\" \\ \u20AC \U0001F600 %s"),
	             "Bonjour \"à tous\" \\ \u20AC \U0001F600 %s");
}

static void escapes_controls(void **state)
{
	assert_field(nv_str("a\t\n\r\x1b\x7f"), "a\\t\\n\\r\\x1b\\x7f");
	assert_field((struct nv_bytes){ (const uint8_t *)"\0\1", 2 }, "\\x00\\x01");
	assert_field(nv_str("\xC2\x80\xC2\x85\xC2\x9F\u00A0"), "\\u0080\\u0085\\u009f\u00A0");
	assert_field(nv_str("\u2028\u202E\u2069"), "\\u2028\\u202e\\u2069");
}

static void escapes_bytes_that_are_not_utf8(void **state)
{
	assert_field(nv_str("\xFFz\xC3"), "\\xffz\\xc3");
}

static void cuts_at_1_kib_between_characters(void **state)
{
	assert_repeated("x", 1024, "x", 1024, "");
	assert_repeated("x", 1025, "x", 1021, "…");
	assert_repeated("\u00E9", 512, "\u00E9", 512, "");
	assert_repeated("\u00E9", 513, "\u00E9", 510, "…");
	assert_repeated("\U0001F600", 256, "\U0001F600", 256, "");
	assert_repeated("\U0001F600", 257, "\U0001F600", 255, "…");
	assert_repeated("\x01", 257, "\\x01", 255, "…");
	assert_repeated("\n", 1000, "\\n", 510, "…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_text_as_it_is),
		cmocka_unit_test(escapes_controls),
		cmocka_unit_test(escapes_bytes_that_are_not_utf8),
		cmocka_unit_test(cuts_at_1_kib_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
