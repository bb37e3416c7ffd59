/* SPDX-License-Identifier: MIT */
/* test_commands.c: what a line means that somebody typed. */
#include "connect/commands.h"

#include "support/unit.h"

static const struct nv_command_words all_words = { .quit = true, .commands = true };

static struct nv_command parsed_with(const char *line, struct nv_command_words words)
{
	struct nv_command command;

	nv_command_parse(&command, nv_str(line), words);
	return command;
}

static struct nv_command parsed(const char *line)
{
	return parsed_with(line, all_words);
}

static void assert_parsed(const char *line, enum nv_command_kind kind, const char *data)
{
	struct nv_command command = parsed(line);

	assert_int_equal(command.kind, kind);
	assert_true(nv_bytes_is(command.data, data));
}

static void text_is_sent_as_it_is(void **state)
{
	(void)state;
	assert_parsed("", NV_COMMAND_TEXT, "");
	assert_parsed("a /ping", NV_COMMAND_TEXT, "a /ping");
	assert_parsed(" /ping", NV_COMMAND_TEXT, " /ping");
	assert_parsed("quit ", NV_COMMAND_TEXT, "quit ");
	assert_parsed("Quit", NV_COMMAND_TEXT, "Quit");
}

static void two_slashes_send_one(void **state)
{
	(void)state;
	assert_parsed("//ping", NV_COMMAND_TEXT, "/ping");
	assert_parsed("//", NV_COMMAND_TEXT, "/");
	assert_parsed("///x", NV_COMMAND_TEXT, "//x");
}

static void quit_is_the_whole_line(void **state)
{
	(void)state;
	assert_int_equal(parsed("quit").kind, NV_COMMAND_QUIT);
}

static void commands_have_the_rest_of_the_line(void **state)
{
	(void)state;
	assert_parsed("/ping", NV_COMMAND_PING, "");
	assert_parsed("/ping  a b", NV_COMMAND_PING, "a b");
	assert_parsed("/binary 00 ff", NV_COMMAND_BINARY, "00 ff");
	assert_parsed("/help", NV_COMMAND_HELP, "");
}

static void a_ping_has_125_bytes_at_most(void **state)
{
	char line[160] = "/ping ";

	(void)state;
	memset(line + 6, 'x', 125);
	assert_int_equal(parsed(line).kind, NV_COMMAND_PING);
	line[6 + 125] = 'x';
	assert_int_equal(parsed(line).kind, NV_COMMAND_BAD);
}

static void assert_close(const char *line, uint16_t status, const char *reason)
{
	struct nv_command command = parsed(line);

	assert_int_equal(command.kind, NV_COMMAND_CLOSE);
	assert_int_equal(command.status, status);
	assert_string_equal(command.reason, reason);
}

static void close_has_a_status_and_a_reason(void **state)
{
	(void)state;
	assert_close("/close", 1000, "");
	assert_close("/close 1000", 1000, "");
	assert_close("/close 4999 bis später", 4999, "bis später");
}

static void other_statuses_close_nothing(void **state)
{
	static const char *const lines[] = { "/close x",    "/close 100",  "/close 999",
		                             "/close 0999", "/close 5000", "/close 10000",
		                             "/close -100", "/close 0" };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_int_equal(parsed(lines[i]).kind, NV_COMMAND_BAD);
}

static void a_reason_has_123_bytes_at_most(void **state)
{
	char line[160] = "/close 1000 ";

	(void)state;
	memset(line + 12, 'x', 123);
	assert_close(line, 1000, line + 12);
	line[12 + 123] = 'x';
	assert_int_equal(parsed(line).kind, NV_COMMAND_BAD);
}

static void other_commands_are_refused(void **state)
{
	static const char *const lines[] = { "/", "/pin", "/pings", "/Ping", "/ ping", "/quit" };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(parsed(lines[i]).kind, NV_COMMAND_BAD);
		assert_non_null(parsed(lines[i]).problem);
	}
}

static void assert_text(const char *line, struct nv_command_words words)
{
	struct nv_command command = parsed_with(line, words);

	assert_int_equal(command.kind, NV_COMMAND_TEXT);
	assert_true(nv_bytes_is(command.data, line));
}

static void without_words_all_is_text(void **state)
{
	static const char *const lines[] = { "quit", "/help", "//AA", "/AAA", "/close", "" };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_text(lines[i], (struct nv_command_words){ 0 });
}

static void quit_may_be_text_alone(void **state)
{
	struct nv_command_words no_quit = { .commands = true };

	(void)state;
	assert_text("quit", no_quit);
	assert_int_equal(parsed_with("/help", no_quit).kind, NV_COMMAND_HELP);
}

static bool helps_with(struct nv_command_words words, const char *text)
{
	char help[1000] = "";
	FILE *file = fmemopen(help, sizeof help, "w");

	nv_command_help(file, words);
	fclose(file);
	return strstr(help, text) != NULL;
}

static void the_help_has_the_words(void **state)
{
	struct nv_command_words no_quit = { .commands = true };

	(void)state;
	assert_true(helps_with(all_words, "/ping"));
	assert_true(helps_with(all_words, "quit"));
	assert_true(helps_with(no_quit, "/ping"));
	assert_false(helps_with(no_quit, "quit"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_sent_as_it_is),
		cmocka_unit_test(two_slashes_send_one),
		cmocka_unit_test(quit_is_the_whole_line),
		cmocka_unit_test(commands_have_the_rest_of_the_line),
		cmocka_unit_test(a_ping_has_125_bytes_at_most),
		cmocka_unit_test(close_has_a_status_and_a_reason),
		cmocka_unit_test(other_statuses_close_nothing),
		cmocka_unit_test(a_reason_has_123_bytes_at_most),
		cmocka_unit_test(other_commands_are_refused),
		cmocka_unit_test(without_words_all_is_text),
		cmocka_unit_test(quit_may_be_text_alone),
		cmocka_unit_test(the_help_has_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
