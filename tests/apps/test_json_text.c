/* SPDX-License-Identifier: MIT */
/* test_json_text.c: JSON for reading, and what is none. */
#include "connect/json_text.h"

#include <stdlib.h>

#include "support/unit.h"

static char *written(const char *text, bool colored)
{
	char *out = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&out, &size);

	nv_json_text_write(file, nv_str(text), colored);
	fclose(file);
	return out;
}

static void assert_written(const char *text, const char *expected)
{
	char *out = written(text, false);

	assert_true(nv_json_text_is(nv_str(text)));
	assert_string_equal(out, expected);
	free(out);
}

static void each_value_has_its_line(void **state)
{
	(void)state;
	assert_written("{\"b\":1,\"a\":[true,null,{}],\"c\":{\"d\":[]}}", "{\n"
	                                                                  "  \"b\": 1,\n"
	                                                                  "  \"a\": [\n"
	                                                                  "    true,\n"
	                                                                  "    null,\n"
	                                                                  "    {}\n"
	                                                                  "  ],\n"
	                                                                  "  \"c\": {\n"
	                                                                  "    \"d\": []\n"
	                                                                  "  }\n"
	                                                                  "}");
}

static void white_space_does_not_matter(void **state)
{
	(void)state;
	assert_written(" \r\n[ 1 ,\t\"a\" , { } ] \n", "[\n  1,\n  \"a\",\n  {}\n]");
	assert_written("[]", "[]");
	assert_written("{ }", "{}");
}

static void numbers_keep_their_digits(void **state)
{
	(void)state;
	assert_written("[0.1,1.10,1E5,-0,12345678901234567890123,1e-7]",
	               "[\n  0.1,\n  1.10,\n  1E5,\n  -0,\n  12345678901234567890123,\n  1e-7\n]");
}

static void keys_keep_their_order_and_their_number(void **state)
{
	(void)state;
	assert_written("{\"z\":1,\"a\":2,\"z\":3}", "{\n  \"z\": 1,\n  \"a\": 2,\n  \"z\": 3\n}");
}

static void strings_are_left_alone(void **state)
{
	(void)state;
	assert_written("[\"a\\\"]{,:\",\"\\\\\",\"é \\u00e9\",\"\\u0000\"]",
	               "[\n  \"a\\\"]{,:\",\n  \"\\\\\",\n  \"é \\u00e9\",\n  \"\\u0000\"\n]");
}

static void no_string_drives_the_terminal(void **state)
{
	(void)state;
	assert_written("[\"\x7f\xc2\x9b\u202e\"]", "[\n  \"\\x7f\\u009b\\u202e\"\n]");
}

static void colors_stand_around_tokens(void **state)
{
	char *out = written("{\"a\":[\"b\",1]}", true);

	(void)state;
	assert_string_equal(out, "{\n  \033[34m\"a\"\033[0m: [\n    \033[32m\"b\"\033[0m,\n"
	                         "    \033[35m1\033[0m\n  ]\n}");
	free(out);
}

static void other_texts_are_none(void **state)
{
	static const char *const texts[] = { "",        "1",          "\"a\"",  "null",
		                             "{",       "[1,]",       "{a:1}",  "[1] x",
		                             "[1e999]", "[\"\x01\"]", "{\"a\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(nv_json_text_is(nv_str(texts[i])));
}

static void a_huge_one_stays_as_it_is(void **state)
{
	char *text = malloc(NV_JSON_TEXT_MAX + 2);
	struct nv_bytes bytes = { (const uint8_t *)text, NV_JSON_TEXT_MAX };

	(void)state;
	memset(text, ' ', NV_JSON_TEXT_MAX + 1);
	text[0] = '[';
	text[NV_JSON_TEXT_MAX - 1] = ']';
	assert_true(nv_json_text_is(bytes));
	text[NV_JSON_TEXT_MAX - 1] = ' ';
	text[NV_JSON_TEXT_MAX] = ']';
	bytes.len++;
	assert_false(nv_json_text_is(bytes));
	free(text);
}

/* 2,000 brackets would be 4 MB of spaces otherwise. */
static void a_deep_one_stays_small(void **state)
{
	char text[2001] = "";
	char *out;

	(void)state;
	memset(text, '[', 1000);
	memset(text + 1000, ']', 1000);
	assert_true(nv_json_text_is(nv_str(text)));
	out = written(text, false);
	assert_true(strlen(out) < 2000 * 70);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_has_its_line),
		cmocka_unit_test(white_space_does_not_matter),
		cmocka_unit_test(numbers_keep_their_digits),
		cmocka_unit_test(keys_keep_their_order_and_their_number),
		cmocka_unit_test(strings_are_left_alone),
		cmocka_unit_test(no_string_drives_the_terminal),
		cmocka_unit_test(colors_stand_around_tokens),
		cmocka_unit_test(other_texts_are_none),
		cmocka_unit_test(a_huge_one_stays_as_it_is),
		cmocka_unit_test(a_deep_one_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
