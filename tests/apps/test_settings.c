/* SPDX-License-Identifier: MIT */
/* test_settings.c: one table, three sources, and texts that tell about them. */
#include "serve/help.h"
#include "serve/given.h"
#include "serve/options.h"
#include "serve/setting.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

#include <navette/base.h>

static struct nv_serve_options options;
static char told[4096];
static char path[] = "/tmp/navette_settings_XXXXXX";

static void note(const char *line)
{
	strncat(told, line, sizeof told - strlen(told) - 2);
	strcat(told, "\n");
}

static void write_file(const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
}

/* The file, then flags. */
static int load(const char *content, size_t count, const char *const *flags)
{
	struct nv_problems problems = { .tell = note };
	char *arguments[16] = { (char *)"serve", (char *)"--config", path };

	for (size_t i = 0; i < count; i++)
		arguments[3 + i] = (char *)flags[i];
	write_file(content);
	nv_serve_options_free(&options);
	told[0] = '\0';
	return nv_serve_options_load(&options, (int)count + 3, arguments, &problems);
}

#define LOAD(content, ...)                                                                         \
	load(content, sizeof((const char *const[]){ "", ##__VA_ARGS__ }) / sizeof(char *) - 1,     \
	     (const char *const[]){ "", ##__VA_ARGS__ } + 1)

static void stronger_sources_win(void **state)
{
	assert_int_equal(LOAD("rate = 1\nmax-message = 2\nport = 3\n"), 0);
	assert_int_equal(options.rate, 1);
	setenv("NAVETTE_RATE", "11", 1);
	setenv("NAVETTE_MAX_MESSAGE", "12", 1);
	assert_int_equal(LOAD("rate = 1\nmax-message = 2\nport = 3\n", "--rate", "21"), 0);
	assert_int_equal(options.rate, 21);
	assert_int_equal(options.max_message, 12);
	assert_int_equal(options.port, 3);
	assert_int_equal(options.ping_interval_s, 30);
	unsetenv("NAVETTE_RATE");
	unsetenv("NAVETTE_MAX_MESSAGE");
}

static void a_switch_can_be_turned_off_again(void **state)
{
	setenv("NAVETTE_CONTEXT_TAKEOVER", "false", 1);
	assert_int_equal(LOAD("context-takeover = true\n"), 0);
	assert_false(options.context_takeover);
	unsetenv("NAVETTE_CONTEXT_TAKEOVER");
}

static void a_list_takes_the_place_of_a_weaker_one(void **state)
{
	const char *content = "key = { \"\", 'bk' }\ncert = { \"a\", \"b\" }\n"
			      "allow-origin = { \"https://a\", \"https://b\" }\n";

	assert_int_equal(LOAD(content), 0);
	assert_int_equal(options.tls.count, 2);
	assert_null(options.tls.certificates[0].key_file);
	assert_string_equal(options.tls.certificates[1].key_file, "bk");
	assert_int_equal(options.auth.origin_count, 2);
	setenv("NAVETTE_ALLOW_ORIGIN", "https://c,https://d,https://e", 1);
	assert_int_equal(LOAD(content, "--cert", "c"), 0);
	unsetenv("NAVETTE_ALLOW_ORIGIN");
	assert_int_equal(options.tls.count, 1);
	assert_null(options.tls.certificates[0].key_file);
	assert_int_equal(options.auth.origin_count, 3);
	assert_string_equal(options.auth.origins[0], "https://c");
}

static void all_bad_values_are_told_with_their_lines(void **state)
{
	static const struct {
		const char *content;
		const char *told;
	} rows[] = {
		{ "\nrate = x\nport = 70000\n",
		  ":2: rate takes a number from 0 to 1000000, not 'x'\n" },
		{ "\nrate = x\nport = 70000\n",
		  ":3: port takes a number from 0 to 65535, not '70000'\n" },
		{ "rate = 1\nrate = 1\n", ":2: rate is given twice, first in line 1\n" },
		{ "cert = { a }\ncert = { b }\n", ":2: cert is given twice, first in line 1\n" },
		{ "\n\nmax-mesage = 1\n", ":3: max-mesage is no setting; is it max-message?\n" },
		{ "config = x\n", ":1: config is no setting\n" },
		{ "help = true\n", ":1: help is no setting\n" },
		{ "echo = yes\n", ":1: echo takes true or false, not 'yes'\n" },
		{ "log-level = loud\n",
		  ":1: log-level takes one of info, warning, error, not 'loud'\n" },
		{ "allow-origin = { \"x\" }\n", "takes scheme://host" },
		{ "key = { k }\n", "number 1 is missing" },
		{ "port 1\n", ":1: " },
		{ "listen = \"open", ": " },
		{ "echo = true\ntokens = t\n", "--echo lets everybody in" },
		{ "jwt-key = k\n", "--jwt-key needs --jwt-algorithm" },
		{ "jwt-algorithm = ES256\n", "--jwt-algorithm needs --jwt-key" },
		{ "port = 5\nmetrics-port = 5\n", "--metrics-port needs a port of its own" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(LOAD(rows[i].content) < 0);
		if (!strstr(told, rows[i].told))
			fail_msg("row %zu: '%s' without '%s'", i, told, rows[i].told);
		assert_int_equal(LOAD("rate = 7\n"), 0);
		assert_int_equal(options.rate, 7);
	}
}

static void an_unknown_variable_is_a_mistake(void **state)
{
	setenv("NAVETTE_MAX_MESAGE", "1", 1);
	assert_true(LOAD("") < 0);
	assert_string_equal(told, "NAVETTE_MAX_MESAGE is no setting; is it NAVETTE_MAX_MESSAGE?\n");
	unsetenv("NAVETTE_MAX_MESAGE");
	setenv("NAVETTE_HELP", "true", 1);
	assert_true(LOAD("") < 0);
	unsetenv("NAVETTE_HELP");
	setenv("NAVETTE_RATE", "", 1);
	assert_true(LOAD("") < 0);
	assert_non_null(strstr(told, "NAVETTE_RATE takes a number"));
	unsetenv("NAVETTE_RATE");
}

static void an_address_loses_its_brackets_each_time(void **state)
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(LOAD("", "--listen", "[::1]"), 0);
		assert_string_equal(options.address, "::1");
	}
}

/* "--name" is in the text, and not only as the beginning of another. */
static bool names(const char *text, const char *before, const char *name)
{
	char wanted[80];

	snprintf(wanted, sizeof wanted, "%s%s", before, name);
	for (const char *at = text; (at = strstr(at, wanted)); at++) {
		char next = at[strlen(wanted)];

		if (!isalnum((unsigned char)next) && next != '-')
			return true;
	}
	return false;
}

static void assert_all_are_known(const char *text, const char *before)
{
	for (const char *at = text; (at = strstr(at, before)); at++) {
		char name[64] = "";

		sscanf(at + strlen(before), "%63[a-z-]", name);
		if (*name && !nv_setting_find(name))
			fail_msg("'%s%s' is no setting", before, name);
	}
}

static void help_tells_of_every_setting_and_no_other(void **state)
{
	char text[16384] = "";
	FILE *file = fmemopen(text, sizeof text - 1, "w");

	nv_serve_help(file);
	fclose(file);
	for (size_t i = 0; i < nv_setting_count; i++)
		if (!names(text, "--", nv_settings[i].name))
			fail_msg("the help is without --%s", nv_settings[i].name);
	assert_all_are_known(text, "  --");
}

static void the_page_tells_of_every_setting(void **state)
{
	char text[32768] = "";
	FILE *file = fopen("docs/configuration.md", "r");

	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	for (size_t i = 0; i < nv_setting_count; i++)
		if (!names(text, "`", nv_settings[i].name))
			fail_msg("the page is without `%s`", nv_settings[i].name);
	assert_all_are_known(text, "\n| `");
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 || close(fd) < 0;
}

static int remove_file(void **state)
{
	nv_serve_options_free(&options);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("a flag, a variable, the file, a default", stronger_sources_win),
		unit_case("a switch can be turned off again", a_switch_can_be_turned_off_again),
		unit_case("lists replace lists", a_list_takes_the_place_of_a_weaker_one),
		unit_case("bad files, line by line", all_bad_values_are_told_with_their_lines),
		unit_case("unknown variables", an_unknown_variable_is_a_mistake),
		unit_case("an address in brackets", an_address_loses_its_brackets_each_time),
		unit_case("--help and the table", help_tells_of_every_setting_and_no_other),
		unit_case("docs/configuration.md and the table", the_page_tells_of_every_setting),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
