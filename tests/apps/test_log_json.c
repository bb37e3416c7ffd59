/* SPDX-License-Identifier: MIT */
/* test_log_json.c: every line is JSON, whatever bytes it is about. Jansson, which the program does not
 * write it with, reads it. */
#include "serve/log_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static json_t *read_line(const struct nv_log_record *record)
{
	char line[NV_LOG_JSON_SIZE];
	size_t len = nv_log_json(record, line);
	json_t *json;

	assert_true(len > 1 && len <= sizeof line);
	assert_ptr_equal(memchr(line, '\n', len), line + len - 1);
	json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static const char *text_of(json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void assert_shown(const char *text, const char *expected)
{
	const struct nv_log_field fields[] = { { .key = "name", .text = text }, { .key = NULL } };
	json_t *json = read_line(&(struct nv_log_record){ "info", "named", text, fields });

	assert_string_equal(text_of(json, "message"), expected);
	assert_string_equal(text_of(json, "name"), expected);
	json_decref(json);
}

static void has_its_fields(void **state)
{
	const struct nv_log_field fields[] = { { .key = "peer", .text = "[::1]:50312" },
		                               { .key = "detail", .text = "" },
		                               { .key = "status", .number = 1006 },
		                               { .key = "bytes", .number = 0 },
		                               { .key = NULL } };
	json_t *json = read_line(&(struct nv_log_record){ "warning", "left", "é", fields });
	const char *time = text_of(json, "time");

	assert_int_equal(json_object_size(json), 7);
	assert_int_equal(strlen(time), strlen("2026-11-23T13:05:09.042Z"));
	assert_int_equal(time[10], 'T');
	assert_int_equal(time[19], '.');
	assert_int_equal(time[23], 'Z');
	assert_string_equal(text_of(json, "level"), "warning");
	assert_string_equal(text_of(json, "event"), "left");
	assert_string_equal(text_of(json, "message"), "é");
	assert_string_equal(text_of(json, "peer"), "[::1]:50312");
	assert_int_equal(json_integer_value(json_object_get(json, "status")), 1006);
	assert_true(json_is_integer(json_object_get(json, "bytes")));
	json_decref(json);
}

static void shows_text_as_it_is(void **state)
{
	assert_shown("Zoé \"à tous\" \\ / %s {}", "Zoé \"à tous\" \\ / %s {}");
	assert_shown("\U0001F600\u20AC", "\U0001F600\u20AC");
}

static void escapes_what_is_dangerous(void **state)
{
	assert_shown("a\r\n\t\x1b[2J\x7f", "a\\r\\n\\t\\x1b[2J\\x7f");
	assert_shown("\u202E\u2028\xC2\x85", "\\u202e\\u2028\\u0085");
	assert_shown("\xFFz\xC3", "\\xffz\\xc3");
	/* A surrogate, an overlong zero, and what is beyond Unicode. */
	assert_shown("\xED\xA0\x80\xC0\x80\xF4\x90\x80\x80",
	             "\\xed\\xa0\\x80\\xc0\\x80\\xf4\\x90\\x80\\x80");
}

static void cuts_a_field_at_1_kib(void **state)
{
	char text[4001] = { 0 };
	const struct nv_log_field fields[] = { { .key = "name", .text = text }, { .key = NULL } };
	json_t *json;

	memset(text, 'x', sizeof text - 1);
	json = read_line(&(struct nv_log_record){ "info", "named", text, fields });
	assert_int_equal(strlen(text_of(json, "name")), 1024 + strlen("…"));
	assert_int_equal(strlen(text_of(json, "message")), 2048 + strlen("…"));
	json_decref(json);
}

/* The first fields are there, and the line is whole. */
static void leaves_out_what_does_not_fit(void **state)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
	struct nv_log_field fields[10] = { { .key = NULL } };
	char text[2001] = { 0 };
	json_t *json;

	memset(text, '"', sizeof text - 1);
	for (size_t i = 0; i < 9; i++)
		fields[i] = (struct nv_log_field){ .key = keys[i], .text = text };
	json = read_line(&(struct nv_log_record){ "info", "named", "m", fields });
	assert_int_equal(strlen(text_of(json, "a")), 1024 + strlen("…"));
	assert_null(text_of(json, "i"));
	assert_int_equal(json_object_size(json), 4 + 3);
	json_decref(json);
}

static void takes_any_bytes(void **state)
{
	unsigned seed = 7;
	char text[200];

	for (int round = 0; round < 20000; round++) {
		const struct nv_log_field fields[] = { { .key = "name", .text = text },
			                               { .key = NULL } };
		size_t len = (size_t)rand_r(&seed) % (sizeof text - 1);

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(1 + rand_r(&seed) % 255);
		text[len] = '\0';
		json_decref(read_line(&(struct nv_log_record){ "info", "named", text, fields }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("has its fields", has_its_fields),
		unit_case("shows text as it is", shows_text_as_it_is),
		unit_case("escapes what is dangerous", escapes_what_is_dangerous),
		unit_case("cuts a field at 1 KiB", cuts_a_field_at_1_kib),
		unit_case("leaves out what does not fit", leaves_out_what_does_not_fit),
		unit_case("takes any bytes", takes_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
