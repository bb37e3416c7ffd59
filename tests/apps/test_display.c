/* SPDX-License-Identifier: MIT */
/* test_display.c: messages as a person sees them, and when in colour. */
#include "connect/display.h"

#include <regex.h>
#include <stdlib.h>

#include "support/unit.h"

static char *displayed(const struct nv_display_options *options, enum nv_opcode opcode,
                       struct nv_bytes message)
{
	FILE *file = tmpfile();
	char *text = calloc(1, 2000);

	nv_display_message(file, options, opcode, message);
	rewind(file);
	(void)!fread(text, 1, 1999, file);
	fclose(file);
	return text;
}

static void assert_displayed(struct nv_display_options options, enum nv_opcode opcode,
                             const char *message, const char *expected)
{
	char *text = displayed(&options, opcode, nv_str(message));

	assert_string_equal(text, expected);
	free(text);
}

static void says_who_speaks(void **state)
{
	struct nv_display_options none = { 0 };

	(void)state;
	assert_displayed(none, NV_TEXT, "été", "Message du serveur : été\n");
	assert_displayed(none, NV_TEXT, "a\n\x1b[2J", "Message du serveur : a\\n\\x1b[2J\n");
	assert_displayed(none, NV_BINARY, "\x1b\xff",
	                 "Message du serveur : <binary, 2 bytes> 1bff\n");
	assert_displayed(none, NV_BINARY, "a", "Message du serveur : <binary, 1 byte> 61\n");
}

static void binary_may_be_base64(void **state)
{
	struct nv_display_options base64 = { .base64 = true };
	uint8_t bytes[257] = { 0 };
	char *text = displayed(&base64, NV_BINARY, (struct nv_bytes){ bytes, 257 });

	(void)state;
	assert_int_equal(strlen(strstr(text, "> ")), 2 + 340 + 4);
	assert_null(strchr(text, '='));
	free(text);
	assert_displayed(base64, NV_BINARY, "\xfb\xff",
	                 "Message du serveur : <binary, 2 bytes> +/8=\n");
	assert_displayed(base64, NV_TEXT, "a", "Message du serveur : a\n");
}

static void a_long_binary_message_is_cut(void **state)
{
	struct nv_display_options none = { 0 };
	uint8_t bytes[257] = { 0 };
	char *text = displayed(&none, NV_BINARY, (struct nv_bytes){ bytes, 257 });

	(void)state;
	assert_non_null(strstr(text, "<binary, 257 bytes> 0000"));
	assert_non_null(strstr(text, "00...\n"));
	assert_int_equal(strlen(strstr(text, "> ")), 2 + 510 + 4);
	free(text);
}

static void json_has_lines_unless_it_is_raw(void **state)
{
	struct nv_display_options none = { 0 };
	struct nv_display_options raw = { .raw = true };

	(void)state;
	assert_displayed(none, NV_TEXT, "{\"a\":1}", "Message du serveur : {\n  \"a\": 1\n}\n");
	assert_displayed(raw, NV_TEXT, "{\"a\":1}", "Message du serveur : {\"a\":1}\n");
	assert_displayed(none, NV_TEXT, "{\"a\":1", "Message du serveur : {\"a\":1\n");
	assert_displayed(none, NV_BINARY, "[]", "Message du serveur : <binary, 2 bytes> 5b5d\n");
}

static void a_stamp_has_milliseconds(void **state)
{
	struct nv_display_options stamped = { .timestamps = true };
	char *text = displayed(&stamped, NV_TEXT, nv_str("a"));
	regex_t pattern;

	(void)state;
	assert_int_equal(regcomp(&pattern,
	                         "^[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3} "
	                         "Message du serveur : a\n$",
	                         REG_EXTENDED),
	                 0);
	assert_int_equal(regexec(&pattern, text, 0, NULL, 0), 0);
	regfree(&pattern);
	free(text);
}

static void always_is_in_color(void **state)
{
	struct nv_display_options always = { .color = NV_COLOR_ALWAYS };

	(void)state;
	assert_displayed(always, NV_TEXT, "a", "\033[36mMessage du serveur : \033[0ma\n");
}

static void a_pipe_is_for_nobody_unless_colors_are_asked_for(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_false(nv_display_is_wanted(file, &(struct nv_display_options){ 0 }));
	assert_false(nv_display_is_wanted(file,
	                                  &(struct nv_display_options){ .color = NV_COLOR_NEVER }));
	assert_true(nv_display_is_wanted(file,
	                                 &(struct nv_display_options){ .color = NV_COLOR_ALWAYS }));
	fclose(file);
}

static bool is_wanted(const char *term, const char *no_color, enum nv_color color, bool terminal)
{
	if (term)
		setenv("TERM", term, 1);
	else
		unsetenv("TERM");
	if (no_color)
		setenv("NO_COLOR", no_color, 1);
	else
		unsetenv("NO_COLOR");
	return nv_color_is_wanted(color, terminal);
}

static void colors_are_for_terminals(void **state)
{
	(void)state;
	assert_true(is_wanted("xterm", NULL, NV_COLOR_AUTO, true));
	assert_false(is_wanted("xterm", NULL, NV_COLOR_AUTO, false));
	assert_false(is_wanted("dumb", NULL, NV_COLOR_AUTO, true));
	assert_false(is_wanted(NULL, NULL, NV_COLOR_AUTO, true));
}

static void no_color_is_heard_unless_it_is_empty(void **state)
{
	(void)state;
	assert_false(is_wanted("xterm", "1", NV_COLOR_AUTO, true));
	assert_false(is_wanted("xterm", "0", NV_COLOR_AUTO, true));
	assert_true(is_wanted("xterm", "", NV_COLOR_AUTO, true));
}

static void an_option_is_stronger(void **state)
{
	(void)state;
	assert_true(is_wanted("dumb", "1", NV_COLOR_ALWAYS, false));
	assert_false(is_wanted("xterm", NULL, NV_COLOR_NEVER, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_who_speaks),
		cmocka_unit_test(a_long_binary_message_is_cut),
		cmocka_unit_test(binary_may_be_base64),
		cmocka_unit_test(a_pipe_is_for_nobody_unless_colors_are_asked_for),
		cmocka_unit_test(json_has_lines_unless_it_is_raw),
		cmocka_unit_test(a_stamp_has_milliseconds),
		cmocka_unit_test(always_is_in_color),
		cmocka_unit_test(colors_are_for_terminals),
		cmocka_unit_test(no_color_is_heard_unless_it_is_empty),
		cmocka_unit_test(an_option_is_stronger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
