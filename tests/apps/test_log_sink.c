/* SPDX-License-Identifier: MIT */
/* test_log_sink.c: lines and a pipe whose reader reads, does not, and has gone. */
#include "serve/log_sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/clock.h"
#include "support/unit.h"

#define LINE_LEN 100u
#define FOREVER_MS 60000u

static atomic_bool disk_is_full;
static atomic_uint failures;

/* The sink's own. */
ssize_t write(int fd, const void *bytes, size_t len)
{
	if (!atomic_load(&disk_is_full))
		return syscall(SYS_write, fd, bytes, len);
	errno = ENOSPC;
	atomic_fetch_add(&failures, 1);
	return -1;
}

struct fixture {
	int reader;
	int writer;
	struct nv_log_sink *sink;
	FILE *lines;
};

static size_t tell_lost(uint64_t lost, char note[NV_LOG_NOTE_SIZE])
{
	return (size_t)snprintf(note, NV_LOG_NOTE_SIZE, "lost %llu\n", (unsigned long long)lost);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	f->reader = ends[0];
	f->writer = ends[1];
	f->lines = fdopen(f->reader, "r");
	f->sink = nv_log_sink_new(f->writer, tell_lost);
	assert_non_null(f->sink);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->lines)
		fclose(f->lines);
	nv_log_sink_free(f->sink, FOREVER_MS);
	close(f->writer);
	free(f);
	return 0;
}

static void put_number(struct fixture *f, unsigned number)
{
	char line[LINE_LEN + 1];

	snprintf(line, sizeof line, "%0*u\n", (int)LINE_LEN - 1, number);
	nv_log_sink_put(f->sink, line, LINE_LEN);
}

static unsigned read_number(struct fixture *f)
{
	char line[LINE_LEN + 2];

	assert_non_null(fgets(line, sizeof line, f->lines));
	return (unsigned)strtoul(line, NULL, 10);
}

static void writes_in_order(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2000; i++)
		put_number(f, i);
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(read_number(f), i);
}

/* Each note comes in its place, and without another line. */
static void never_waits_and_counts_what_is_lost(void **state)
{
	struct fixture *f = *state;
	const unsigned count = 4 * NV_LOG_SINK_SIZE / LINE_LEN;
	uint64_t start = nv_clock_ns();
	char line[LINE_LEN + 2];
	unsigned next = 0, lost = 0;

	for (unsigned i = 0; i < count; i++)
		put_number(f, i);
	assert_true(nv_clock_ns() - start < 5000000000u);
	while (next < count) {
		assert_non_null(fgets(line, sizeof line, f->lines));
		if (sscanf(line, "lost %u", &lost) == 1)
			next += lost;
		else
			assert_int_equal(strtoul(line, NULL, 10), next++);
	}
	assert_true(lost > 0);
	assert_int_equal(next, count);
	put_number(f, count);
	assert_int_equal(read_number(f), count);
}

static void writes_the_rest_at_the_end(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 500; i++)
		put_number(f, i);
	nv_log_sink_free(f->sink, FOREVER_MS);
	f->sink = NULL;
	for (unsigned i = 0; i < 500; i++)
		assert_int_equal(read_number(f), i);
}

static unsigned count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned count = 0;

	assert_non_null(tasks);
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count;
}

/* The thread frees the sink when its write ends: what a sanitizer would see. */
static void ends_although_nobody_reads(void **state)
{
	struct fixture *f = *state;
	unsigned with_sink = count_threads();
	uint64_t start;

	for (unsigned i = 0; i < NV_LOG_SINK_SIZE / LINE_LEN; i++)
		put_number(f, i);
	start = nv_clock_ns();
	nv_log_sink_free(f->sink, 50);
	f->sink = NULL;
	assert_true(nv_clock_ns() - start < 5000000000u);
	assert_int_equal(read_number(f), 0);
	fclose(f->lines);
	f->lines = NULL;
	/* The descriptor's number must not be another's before. */
	while (count_threads() == with_sink)
		sched_yield();
}

static void goes_on_when_the_reader_has_gone(void **state)
{
	struct fixture *f = *state;

	fclose(f->lines);
	f->lines = NULL;
	for (unsigned i = 0; i < 4 * NV_LOG_SINK_SIZE / LINE_LEN; i++)
		put_number(f, i);
}

/* A program that shares the descriptor may make it so. */
static void waits_where_the_descriptor_does_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fcntl(f->writer, F_SETFL, O_NONBLOCK), 0);
	for (unsigned i = 0; i < 2000; i++)
		put_number(f, i);
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(read_number(f), i);
}

/* What a full disk takes away is told when there is room again. */
static void counts_what_could_not_be_written(void **state)
{
	struct fixture *f = *state;
	char line[LINE_LEN + 2];
	unsigned lost = 0, seen = 0;

	atomic_store(&disk_is_full, true);
	for (unsigned i = 0; i < 10; i++)
		put_number(f, i);
	while (atomic_load(&failures) == 0)
		sched_yield();
	atomic_store(&disk_is_full, false);
	/* The first that succeeds brings the note on all that did not. */
	put_number(f, 10);
	while (seen + lost < 11) {
		assert_non_null(fgets(line, sizeof line, f->lines));
		if (sscanf(line, "lost %u", &lost) != 1)
			seen++;
	}
	assert_true(lost > 0);
	assert_int_equal(seen + lost, 11);
}

#define TEST(title, function)                                                                      \
	{                                                                                          \
		(title), (function), setup, teardown, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("writes in order", writes_in_order),
		TEST("never waits and counts what is lost",
		     never_waits_and_counts_what_is_lost),
		TEST("writes the rest at the end", writes_the_rest_at_the_end),
		TEST("ends although nobody reads", ends_although_nobody_reads),
		TEST("goes on when the reader has gone", goes_on_when_the_reader_has_gone),
		TEST("waits where the descriptor does not", waits_where_the_descriptor_does_not),
		TEST("counts what could not be written", counts_what_could_not_be_written),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
