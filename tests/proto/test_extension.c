/* SPDX-License-Identifier: MIT */
/* test_extension.c: the grammar of Sec-WebSocket-Extensions. */
#include <stdio.h>

#include "proto/extension.h"
#include "proto/heads.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FIELD "Sec-WebSocket-Extensions: "

static struct nv_head *parse_lines(const char *lines)
{
	static char text[20000];

	snprintf(text, sizeof text, "HTTP/1.1 101 x\r\n%s\r\n", lines);
	return parse_head(NV_RESPONSE, text);
}

static void append(char *out, struct nv_bytes bytes)
{
	strncat(out, (const char *)bytes.data, bytes.len);
}

/* Writes "name(parameter=value)(flag)|" for each extension. */
static void describe(const struct nv_head *head, char *out)
{
	struct nv_extension extension;
	struct nv_parameter parameter;
	size_t cursor = 0;

	out[0] = '\0';
	while (nv_extension_next(head, &cursor, &extension)) {
		append(out, extension.name);
		while (nv_parameter_next(&extension.parameters, &parameter)) {
			strcat(out, "(");
			append(out, parameter.name);
			if (parameter.value.data) {
				strcat(out, "=");
				append(out, parameter.value);
			}
			strcat(out, ")");
		}
		strcat(out, "|");
	}
}

static void valid_lists(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ FIELD "permessage-deflate\r\n", "permessage-deflate|" },
		{ FIELD "foo; a=1\r\n", "foo(a=1)|" },
		{ FIELD "a;b;c=d, e ;\tf = g\t\r\n", "a(b)(c=d)|e(f=g)|" },
		{ FIELD "a; bits=\"10\"\r\n", "a(bits=10)|" },
		{ FIELD "a; bits=\"1\\0\"; x\r\n", "a(bits=1\\0)(x)|" },
		{ FIELD ",, a ,,b,\r\n", "a|b|" },
		{ FIELD "a; b\r\nX: y\r\n" FIELD "c\r\n", "a(b)|c|" },
		{ FIELD "a\r\n" FIELD "\r\n", "a|" },
		{ FIELD "a, a; b; b\r\n", "a|a(b)(b)|" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nv_head *head = parse_lines(cases[i][0]);
		char found[128];

		assert_true(nv_extensions_valid(head));
		describe(head, found);
		assert_string_equal(found, cases[i][1]);
		nv_head_free(head);
	}
}

static void malformed_lists(void **state)
{
	static const char *const lists[] = {
		"",
		",",
		";",
		"permessage-deflate;;",
		"permessage-deflate;",
		"=1",
		"a=\"",
		"a=1",
		"a; b=",
		"a; =b",
		"a; b=\"\"",
		"a; b=\"",
		"a; b=\"c",
		"a; b=c\"",
		"a; b=\"c\"d",
		"a; b=\"c d\"",
		"a; b=\" c\"",
		"a; b=\"c,d\"",
		"a; b=\"\\\"",
		"a; b=\"\\\"\"",
		"a; b=\"c\\",
		"a b",
		"a; b c",
		"a; b=c d",
		"\"permessage-deflate\"",
		"a; \"b\"=c",
		"a/b",
		"a; b=c; ",
		"ok, a;;",
		"a;, ok",
		"a; b==c",
		"\xc3\xa9",
		"a; b=\xc3\xa9",
		"(a)",
		"a; b=\"c\";;",
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		char lines[128];
		struct nv_head *head;
		char found[128];

		snprintf(lines, sizeof lines, FIELD "%s\r\n", lists[i]);
		head = parse_lines(lines);
		if (nv_extensions_valid(head))
			fail_msg("accepted: %s", lists[i]);
		describe(head, found);
		nv_head_free(head);
	}
}

static void a_bad_line_spoils_the_good_one(void **state)
{
	struct nv_head *head = parse_lines(FIELD "a; b=\"c\r\n" FIELD "d\"\r\n");

	assert_false(nv_extensions_valid(head));
	nv_head_free(head);
	head = parse_lines(FIELD "a; b=\"c\\\r\nX: y\r\n");
	assert_false(nv_extensions_valid(head));
	nv_head_free(head);
	head = parse_lines(FIELD "good\r\n" FIELD "a;\r\n");
	assert_false(nv_extensions_valid(head));
	nv_head_free(head);
}

/* As many separators as a line can hold are walked once. */
static void long_lists(void **state)
{
	static char lines[9000];
	struct nv_extension extension;
	struct nv_head *head;
	size_t cursor = 0;
	size_t count = 0;

	strcpy(lines, FIELD);
	for (size_t i = 0; i < 4000; i++)
		memcpy(lines + strlen(FIELD) + 2 * i, "a,", 3);
	strcat(lines, "\r\n");
	head = parse_lines(lines);
	assert_true(nv_extensions_valid(head));
	while (nv_extension_next(head, &cursor, &extension))
		count++;
	assert_int_equal(count, 4000);
	nv_head_free(head);
	memset(lines + strlen(FIELD), ';', 8000);
	head = parse_lines(lines);
	assert_false(nv_extensions_valid(head));
	nv_head_free(head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("HS-41 HS-43 HS-44 well-formed lists", valid_lists),
		unit_case("HS-42 malformed lists", malformed_lists),
		unit_case("HS-42 HS-44 a bad line spoils the good one",
		          a_bad_line_spoils_the_good_one),
		unit_case("P-12 HS-42 long lists are walked once", long_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
