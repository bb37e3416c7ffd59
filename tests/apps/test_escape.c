/* SPDX-License-Identifier: MIT */
/* test_escape.c: what strangers write, as a terminal and a log get to see it. */
#include "text/escape.h"

#include <stdlib.h>

#include "support/unit.h"

static void assert_shown(struct nv_bytes text, const char *expected)
{
	char *shown = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&shown, &size);

	nv_escape(file, text);
	fclose(file);
	assert_string_equal(shown, expected);
	free(shown);
}

static void text_stays(void **state)
{
	(void)state;
	assert_shown(nv_str(""), "");
	assert_shown(nv_str("a\tb \\ é 漢 \U0001F600"), "a\tb \\ é 漢 \U0001F600");
}

static void controls_and_reordering_marks_are_shown(void **state)
{
	(void)state;
	assert_shown((struct nv_bytes){ (const uint8_t *)"a\0b", 3 }, "a\\x00b");
	assert_shown(nv_str("\r\n\x1b[2J\x7f"), "\\r\\n\\x1b[2J\\x7f");
	assert_shown(nv_str("\xc2\x9b\u2028\u202e\u2066"), "\\u009b\\u2028\\u202e\\u2066");
}

static void what_is_not_utf8_is_shown_byte_by_byte(void **state)
{
	(void)state;
	assert_shown(nv_str("\x85\xc3(\xe2\x82"), "\\x85\\xc3(\\xe2\\x82");
}

static void the_longest_escape_fits(void **state)
{
	struct nv_bytes text = nv_str("\u2069x");
	char out[NV_ESCAPE_SIZE];

	(void)state;
	assert_int_equal(nv_escape_next(&text, out), 6);
	assert_true(nv_bytes_is(text, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays),
		cmocka_unit_test(controls_and_reordering_marks_are_shown),
		cmocka_unit_test(what_is_not_utf8_is_shown_byte_by_byte),
		cmocka_unit_test(the_longest_escape_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
