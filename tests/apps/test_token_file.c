/* SPDX-License-Identifier: MIT */
/* test_token_file.c: what a file of tokens may hold, what is said of one that is no good, and who is
 * found. */
#include "serve/token_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/unit.h"

static char problem[512];
static char path[] = "/tmp/navette-tokens-XXXXXX";

static struct nv_token_set *parse_bytes(struct nv_bytes text)
{
	problem[0] = '\0';
	return nv_token_set_parse("FILE", text, problem, sizeof problem);
}

static struct nv_token_set *parse(const char *text)
{
	return parse_bytes(nv_str(text));
}

static void assert_name(const struct nv_token_set *set, const char *token, const char *name)
{
	const char *found = nv_token_set_find(set, nv_str(token));

	if (!name) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, name);
}

static void assert_refused(const char *text, const char *expected)
{
	assert_null(parse(text));
	if (!strstr(problem, expected))
		fail_msg("'%s' is not in '%s'", expected, problem);
}

static void finds_tokens_with_their_names(void **state)
{
	struct nv_token_set *set = parse("# a comment\n"
	                                 "\n"
	                                 "alpha-12345678\n"
	                                 "bravo-12345678 Bob\r\n"
	                                 " \t \n"
	                                 "  charlie-12345 \t Ch\xC3\xA9ri du 14 \n"
	                                 "delta#1234567 D");

	assert_non_null(set);
	assert_int_equal(nv_token_set_count(set), 4);
	assert_name(set, "alpha-12345678", "");
	assert_name(set, "bravo-12345678", "Bob");
	assert_name(set, "charlie-12345", "Ch\xC3\xA9ri du 14");
	assert_name(set, "delta#1234567", "D");
	nv_token_set_free(set);
}

static void finds_nobody_else(void **state)
{
	struct nv_token_set *set = parse("alpha-12345678 Bob\n#bravo-12345678\n");
	char zero[] = "alpha-12345678\0x";

	assert_name(set, "", NULL);
	assert_name(set, "alpha-1234567", NULL);
	assert_name(set, "alpha-123456789", NULL);
	assert_name(set, "ALPHA-12345678", NULL);
	assert_name(set, "alpha-12345678 Bob", NULL);
	assert_name(set, "#bravo-12345678", NULL);
	assert_null(nv_token_set_find(set, (struct nv_bytes){ (uint8_t *)zero, 16 }));
	nv_token_set_free(set);
}

static void takes_an_empty_file_and_a_mark(void **state)
{
	struct nv_token_set *set = parse("");

	assert_non_null(set);
	assert_name(set, "alpha-12345678", NULL);
	assert_name(set, "", NULL);
	nv_token_set_free(set);
	set = parse("\xEF\xBB\xBF"
	            "alpha-12345678");
	assert_name(set, "alpha-12345678", "");
	nv_token_set_free(set);
}

static void has_the_limits_of_a_token(void **state)
{
	static char text[NV_TOKEN_MOST + 2];
	struct nv_token_set *set;

	memset(text, 'x', NV_TOKEN_MOST);
	set = parse(text);
	assert_name(set, text, "");
	nv_token_set_free(set);
	text[NV_TOKEN_MOST] = 'x';
	assert_refused(text, "FILE: line 1: a token has 8 to 8192 characters");
	set = parse("12345678");
	assert_name(set, "12345678", "");
	assert_null(nv_token_set_find(set, nv_str(text)));
	nv_token_set_free(set);
	assert_refused("\n1234567 Secretive\n", "FILE: line 2: a token has 8 to 8192 characters");
	assert_refused("12345678\nsecret\xC3\xA9secret", "line 2: a token has");
	assert_null(parse_bytes((struct nv_bytes){ (const uint8_t *)"12345678\0x", 10 }));
}

static void never_tells_the_token(void **state)
{
	assert_null(parse("hushhus"));
	assert_null(strstr(problem, "hush"));
	assert_null(parse("hush-12345678 \x1b[2J\n"));
	assert_null(strstr(problem, "hush"));
	assert_null(strchr(problem, '\x1b'));
	assert_null(parse("hush-12345678\nhush-12345678\n"));
	assert_null(strstr(problem, "hush"));
}

static void refuses_names_that_none_may_have(void **state)
{
	assert_refused("alpha-12345678 A\nbravo-12345678 Syst\xC3\xA8me\n",
	               "line 2: a name has up to 32 characters");
	assert_refused("alpha-12345678 abcdefghijklmnopqrstuvwxyzabcdefg", "line 1: a name");
	assert_refused("alpha-12345678 a\x01", "line 1: a name");
	assert_refused("alpha-12345678 \xFF", "line 1: a name");
}

static void refuses_a_token_that_is_there_twice(void **state)
{
	assert_refused("# x\nalpha-12345678 A\nbravo-12345678\nalpha-12345678 B\n",
	               "FILE: line 4: the token of line 2 again");
}

static void write_file(mode_t mode, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void reads_files_that_are_private(void **state)
{
	static const mode_t good[] = { 0600, 0400, 0640, 0440 };
	static const mode_t bad[] = { 0644, 0604, 0602, 0620, 0660, 0601, 0666 };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct nv_token_set *set;

		write_file(0600, "alpha-12345678 A\n");
		assert_int_equal(chmod(path, good[i]), 0);
		set = nv_token_set_read(path, problem, sizeof problem);
		assert_name(set, "alpha-12345678", "A");
		nv_token_set_free(set);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_file(bad[i], "alpha-12345678 A\n");
		assert_null(nv_token_set_read(path, problem, sizeof problem));
		assert_non_null(strstr(problem, "0640 at most is allowed"));
		assert_non_null(strstr(problem, path));
	}
}

static void refuses_what_is_no_file(void **state)
{
	static char big[NV_TOKEN_FILE_MOST + 2];

	assert_null(nv_token_set_read("/nonexistent/tokens", problem, sizeof problem));
	assert_string_equal(problem, "/nonexistent/tokens: No such file or directory");
	assert_null(nv_token_set_read("/tmp", problem, sizeof problem));
	assert_string_equal(problem, "/tmp: it is no regular file");
	memset(big, '\n', sizeof big - 1);
	write_file(0600, big);
	assert_null(nv_token_set_read(path, problem, sizeof problem));
	assert_non_null(strstr(problem, "1048576 at most are allowed"));
}

/* --- Time --- */

#define TOKENS 2000
#define ROUNDS 400

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t time_of(const struct nv_token_set *set, const char *token)
{
	uint64_t start = now_ns();

	(void)nv_token_set_find(set, nv_str(token));
	return now_ns() - start;
}

/* The medians of a token that is not there, and of the first and last in the file, taken in turn. A loop that
 * ended where it finds one would halve the time of most. */
static void is_as_slow_for_every_token(void **state)
{
	static char text[TOKENS * 16 + 1];
	static uint64_t times[3][ROUNDS];
	static const char *const tokens[] = { "token-00000", "token-01999", "token-xxxxx" };
	struct nv_token_set *set;
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;
	size_t used = 0;

	for (int i = 0; i < TOKENS; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "token-%05d\n", i);
	set = parse(text);
	assert_non_null(set);
	for (size_t i = 0; i < 3 * ROUNDS; i++)
		times[i % 3][i / 3] = time_of(set, tokens[i % 3]);
	for (size_t i = 0; i < 3; i++) {
		qsort(times[i], ROUNDS, sizeof times[i][0], compare);
		least = times[i][ROUNDS / 2] < least ? times[i][ROUNDS / 2] : least;
		most = times[i][ROUNDS / 2] > most ? times[i][ROUNDS / 2] : most;
	}
	nv_token_set_free(set);
	assert_in_range(most, least, least + least / 2);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("finds tokens with their names", finds_tokens_with_their_names),
		unit_case("finds nobody else", finds_nobody_else),
		unit_case("takes an empty file and a byte order mark",
		          takes_an_empty_file_and_a_mark),
		unit_case("has the limits of a token", has_the_limits_of_a_token),
		unit_case("never tells the token", never_tells_the_token),
		unit_case("refuses names that none may have", refuses_names_that_none_may_have),
		unit_case("refuses a token that is there twice",
		          refuses_a_token_that_is_there_twice),
		unit_case("reads files that are private", reads_files_that_are_private),
		unit_case("refuses what is no file", refuses_what_is_no_file),
		unit_case("is as slow for every token", is_as_slow_for_every_token),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
