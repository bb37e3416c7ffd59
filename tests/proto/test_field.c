/* SPDX-License-Identifier: MIT */
/* test_field.c: tokens, white space and lists of HTTP fields. */
#include "proto/field.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void token_characters(void **state)
{
	static const char tokens[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (int c = 0; c < 256; c++)
		assert_int_equal(nv_is_tchar((uint8_t)c), c != 0 && strchr(tokens, c) != NULL);
	assert_true(nv_is_token(nv_str("permessage-deflate")));
	assert_false(nv_is_token(nv_str("")));
	assert_false(nv_is_token(nv_str("a b")));
	assert_false(nv_is_token((struct nv_bytes){ (const uint8_t *)"a\0b", 3 }));
}

static void value_and_target_characters(void **state)
{
	for (int c = 0; c < 256; c++) {
		assert_int_equal(nv_is_value_char((uint8_t)c), c == '\t' || (c >= 32 && c != 127));
		assert_int_equal(nv_is_target_char((uint8_t)c), c > 32 && c < 127 && c != '#');
	}
}

static void letter_case(void **state)
{
	assert_true(nv_bytes_is_caseless(nv_str("WebSocket"), "websocket"));
	assert_true(nv_bytes_is_caseless(nv_str("websocket"), "WEBSOCKET"));
	assert_true(nv_bytes_is_caseless(nv_str(""), ""));
	assert_false(nv_bytes_is_caseless(nv_str("websocke"), "websocket"));
	assert_false(nv_bytes_is_caseless(nv_str("websockets"), "websocket"));
	assert_false(nv_bytes_is_caseless(nv_str("["), "{"));
	assert_false(nv_bytes_is_caseless(nv_str("\xc9"), "\xe9"));
	assert_false(nv_bytes_is_caseless((struct nv_bytes){ (const uint8_t *)"a\0", 2 }, "a"));
	assert_true(nv_bytes_equal(nv_str("a"), nv_str("a")));
	assert_true(nv_bytes_equal(nv_str(""), nv_str(NULL)));
	assert_false(nv_bytes_equal(nv_str("a"), nv_str("A")));
	assert_false(nv_bytes_equal(nv_str("a"), nv_str("ab")));
}

static void trimming(void **state)
{
	assert_true(nv_bytes_is(nv_trim(nv_str(" \t a b\t ")), "a b"));
	assert_true(nv_bytes_is(nv_trim(nv_str("a")), "a"));
	assert_int_equal(nv_trim(nv_str(" \t ")).len, 0);
	assert_int_equal(nv_trim(nv_str("")).len, 0);
	assert_true(nv_bytes_is(nv_trim(nv_str("\va\n")), "\va\n"));
}

static void lists(void **state)
{
	static const struct {
		const char *list;
		const char *joined; /* the elements, each with a '|' behind it */
	} cases[] = {
		{ "", "" },     { ",", "" },       { " ,\t, ", "" },
		{ "a", "a|" },  { "a,b", "a|b|" }, { " a ,, b c\t,", "a|b c|" },
		{ ",a", "a|" }, { "a,", "a|" },
	};
	struct guard_page page;

	guard_page_init(&page, 64);
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].list);
		struct nv_bytes rest = { guard_page_copy(&page, cases[i].list, len), len };
		struct nv_bytes element;
		char joined[64] = "";

		while (nv_element_next(&rest, &element)) {
			strncat(joined, (const char *)element.data, element.len);
			strcat(joined, "|");
		}
		assert_string_equal(joined, cases[i].joined);
	}
	guard_page_deinit(&page);
}

static void extra_fields(void **state)
{
	static const char *const good[] = { "",
		                            "A: b\r\n",
		                            "A:\r\n",
		                            "A:b\r\nC: d e\t\r\n",
		                            "Cookie: a=\"b\"; c\r\n",
		                            "Sec-Fetch-Mode: websocket\r\n" };
	static const char *const bad[] = { "A",
		                           "A: b",
		                           "A: b\n",
		                           "A: b\r",
		                           "\r\n",
		                           "A\r\n",
		                           "A : b\r\n",
		                           "A: b\r\n\r\n",
		                           "A: b\nC: d\r\n",
		                           "A: \x7f\r\n",
		                           "HOST: a\r\n",
		                           "upgrade: a\r\n",
		                           "Sec-WebSocket-: a\r\n" };

	assert_true(nv_is_extra_fields(NULL));
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(nv_is_extra_fields(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(nv_is_extra_fields(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_characters),
		cmocka_unit_test(value_and_target_characters),
		cmocka_unit_test(letter_case),
		cmocka_unit_test(trimming),
		cmocka_unit_test(lists),
		cmocka_unit_test(extra_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
