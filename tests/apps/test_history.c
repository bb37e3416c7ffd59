/* SPDX-License-Identifier: MIT */
/* test_history.c: the file of the lines that were typed. */
#include "connect/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"

struct place {
	char folder[64];
	char path[80];
};

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->folder, "/tmp/navette_history_XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof place->path, "%s/history", place->folder);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	rmdir(place->folder);
	free(place);
	return 0;
}

static struct nv_history *opened(const struct place *place)
{
	int error = -1;
	struct nv_history *history = nv_history_open(place->path, &error);

	assert_non_null(history);
	assert_int_equal(error, 0);
	return history;
}

static void write_file(const struct place *place, const char *text)
{
	FILE *file = fopen(place->path, "w");

	fputs(text, file);
	fclose(file);
}

static void assert_file(const struct place *place, const char *expected)
{
	static char text[100000];
	FILE *file = fopen(place->path, "r");
	size_t len = fread(text, 1, sizeof text - 1, file);

	text[len] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void join(void *context, struct nv_bytes line)
{
	char *joined = context;

	snprintf(joined + strlen(joined), 100000 - strlen(joined), "%.*s|", (int)line.len,
	         (const char *)line.data);
}

static void assert_lines(struct nv_history *history, const char *expected)
{
	static char joined[100000];

	joined[0] = '\0';
	assert_int_equal(nv_history_each(history, join, joined), 0);
	assert_string_equal(joined, expected);
}

static void lines_are_in_the_file_at_once(void **state)
{
	struct nv_history *history = opened(*state);

	assert_true(nv_history_add(history, nv_str("un")));
	assert_true(nv_history_add(history, nv_str("漢字 é")));
	assert_file(*state, "un\n漢字 é\n");
	assert_lines(history, "un|漢字 é|");
	nv_history_close(history);
	history = opened(*state);
	assert_lines(history, "un|漢字 é|");
	nv_history_close(history);
}

static void only_its_owner_reads_it(void **state)
{
	struct place *place = *state;
	struct stat about;

	nv_history_close(opened(place));
	assert_int_equal(stat(place->path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(chmod(place->path, 0644), 0);
	nv_history_close(opened(place));
	stat(place->path, &about);
	assert_int_equal(about.st_mode & 0777, 0600);
}

static void some_lines_are_not_kept(void **state)
{
	static uint8_t longest[NV_HISTORY_LINE_MAX + 1];
	struct nv_history *history = opened(*state);

	memset(longest, 'x', sizeof longest);
	assert_false(nv_history_add(history, nv_str(" secret")));
	assert_false(nv_history_add(history, nv_str("")));
	assert_false(nv_history_add(history, nv_str("two\nlines")));
	assert_false(nv_history_add(history, (struct nv_bytes){ longest, sizeof longest }));
	assert_file(*state, "");
	assert_true(nv_history_add(history, (struct nv_bytes){ longest, sizeof longest - 1 }));
	nv_history_close(history);
}

static void a_line_twice_in_a_row_is_kept_once(void **state)
{
	struct nv_history *history = opened(*state);

	assert_true(nv_history_add(history, nv_str("a")));
	assert_false(nv_history_add(history, nv_str("a")));
	assert_true(nv_history_add(history, nv_str("b")));
	assert_true(nv_history_add(history, nv_str("a")));
	nv_history_close(history);
	history = opened(*state);
	assert_lines(history, "a|b|a|");
	assert_false(nv_history_add(history, nv_str("a")));
	nv_history_close(history);
	assert_file(*state, "a\nb\na\n");
}

static void add_numbers(struct nv_history *history, int first, int last)
{
	char text[16];

	for (int i = first; i <= last; i++) {
		snprintf(text, sizeof text, "%d", i);
		assert_true(nv_history_add(history, nv_str(text)));
	}
}

static size_t count_lines(const struct place *place, char first[16])
{
	FILE *file = fopen(place->path, "r");
	char line[16];
	size_t count = 0;

	while (fgets(line, sizeof line, file)) {
		if (count++ == 0)
			strcpy(first, line);
	}
	fclose(file);
	return count;
}

/* The end of a run is not held up. */
static void it_is_opened_with_a_thousand_lines(void **state)
{
	struct nv_history *history = opened(*state);
	char first[16] = "";

	add_numbers(history, 1, 1100);
	nv_history_close(history);
	assert_int_equal(count_lines(*state, first), 1100);
	nv_history_close(opened(*state));
	assert_int_equal(count_lines(*state, first), 1000);
	assert_string_equal(first, "101\n");
}

/* So that no run that lasts makes it grow, nor a hundred that were killed. */
static void it_is_cut_while_it_grows(void **state)
{
	struct nv_history *history = opened(*state);
	char first[16] = "";

	add_numbers(history, 1, 5000);
	assert_true(count_lines(*state, first) <= 1200);
	nv_history_close(history);
	nv_history_close(opened(*state));
	assert_int_equal(count_lines(*state, first), 1000);
	assert_string_equal(first, "4001\n");
}

static void what_a_killed_run_left_is_cut_when_it_is_opened(void **state)
{
	static char text[20000];
	struct nv_history *history;
	char first[16] = "";

	for (int i = 1; i <= 1500; i++)
		snprintf(text + strlen(text), 16, "%d\n", i);
	write_file(*state, text);
	history = opened(*state);
	assert_int_equal(count_lines(*state, first), 1000);
	assert_string_equal(first, "501\n");
	nv_history_close(history);
}

static void a_torn_line_takes_nothing_with_it(void **state)
{
	struct nv_history *history;

	write_file(*state, "whole\ntor");
	history = opened(*state);
	assert_lines(history, "whole|tor|");
	nv_history_add(history, nv_str("next"));
	nv_history_close(history);
	assert_file(*state, "whole\ntor\nnext\n");
}

static void two_runs_share_it(void **state)
{
	struct nv_history *one = opened(*state);
	struct nv_history *other = opened(*state);

	nv_history_add(one, nv_str("a"));
	nv_history_add(other, nv_str("b"));
	nv_history_add(one, nv_str("c"));
	nv_history_close(one);
	nv_history_close(other);
	assert_file(*state, "a\nb\nc\n");
}

static int lock_file(const struct place *place)
{
	int fd = open(place->path, O_RDWR | O_CREAT, 0600);

	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	return fd;
}

/* Whoever locks it for long, the terminal does not hang. */
static void a_locked_file_is_left_alone(void **state)
{
	int error = 0;
	int fd = lock_file(*state);
	struct nv_history *history = nv_history_open(((struct place *)*state)->path, &error);

	assert_non_null(history);
	assert_int_equal(error, EWOULDBLOCK);
	assert_lines(history, "");
	assert_true(nv_history_add(history, nv_str("a")));
	nv_history_close(history);
	close(fd);
	assert_file(*state, "");
}

static void so_is_one_that_is_locked_later(void **state)
{
	struct nv_history *history = opened(*state);
	int fd;

	nv_history_add(history, nv_str("a"));
	fd = lock_file(*state);
	assert_true(nv_history_add(history, nv_str("b")));
	assert_false(nv_history_add(history, nv_str("b")));
	nv_history_close(history);
	close(fd);
	assert_file(*state, "a\n");
}

static void without_a_file_nothing_is_kept(void **state)
{
	int error = 0;
	struct nv_history *history = nv_history_open("/proc/none/history", &error);

	(void)state;
	assert_non_null(history);
	assert_int_not_equal(error, 0);
	assert_true(nv_history_add(history, nv_str("a")));
	assert_false(nv_history_add(history, nv_str(" a")));
	nv_history_close(history);
	history = nv_history_open(NULL, &error);
	assert_true(nv_history_add(history, nv_str("a")));
	nv_history_close(history);
}

/* Somebody links it there to keep no history. */
static void a_device_stays_as_it_is(void **state)
{
	struct stat before;
	struct stat after;
	int error;
	struct nv_history *history;

	(void)state;
	stat("/dev/null", &before);
	history = nv_history_open("/dev/null", &error);
	assert_int_equal(error, 0);
	assert_true(nv_history_add(history, nv_str("a")));
	assert_lines(history, "");
	nv_history_close(history);
	stat("/dev/null", &after);
	assert_int_equal(before.st_mode, after.st_mode);
}

#define WITH_A_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_PLACE(lines_are_in_the_file_at_once),
		WITH_A_PLACE(only_its_owner_reads_it),
		WITH_A_PLACE(some_lines_are_not_kept),
		WITH_A_PLACE(a_line_twice_in_a_row_is_kept_once),
		WITH_A_PLACE(it_is_opened_with_a_thousand_lines),
		WITH_A_PLACE(it_is_cut_while_it_grows),
		WITH_A_PLACE(what_a_killed_run_left_is_cut_when_it_is_opened),
		WITH_A_PLACE(a_torn_line_takes_nothing_with_it),
		WITH_A_PLACE(two_runs_share_it),
		WITH_A_PLACE(a_locked_file_is_left_alone),
		WITH_A_PLACE(so_is_one_that_is_locked_later),
		cmocka_unit_test(without_a_file_nothing_is_kept),
		cmocka_unit_test(a_device_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
