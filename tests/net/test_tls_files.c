/* SPDX-License-Identifier: MIT */
/* test_tls_files.c: every way in which a file can become another one is seen, and nothing else is. What is
 * said of files that are no good, net/tls_certificate shows. */
#include "net/tls_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/tls_pair.h"

static char problem[NV_TLS_PROBLEM];
static struct nv_tls_files files;

static void write_text(const char *name, const char *text)
{
	certs_write_bytes(folder_path(name), text, strlen(text));
}

static void read_one(const char *name, const char *expected)
{
	struct nv_buf content = { 0 };

	assert_int_equal(nv_tls_files_read_pem(&files, folder_path(name), &content), 0);
	assert_true(nv_bytes_is(nv_buf_bytes(&content), expected));
	nv_tls_files_wipe(&content);
	assert_null(content.data);
}

/* As if all had happened within one tick of the clock that changes are stamped with. */
static void forget_the_change(void)
{
	struct nv_tls_stamp now;

	assert_int_equal(nv_tls_file_stamp_at(folder_path("a"), &now), 0);
	files.list[0].stamp.changed = now.changed;
	files.list[1].stamp.changed = now.changed; /* the link */
}

/* Back to when it was read, as a copy keeps it. */
static void set_times(const char *name, uint64_t written_ns)
{
	const struct timespec written = { (time_t)(written_ns / 1000000000),
		                          (long)(written_ns % 1000000000) };
	const struct timespec times[2] = { written, written };

	assert_int_equal(utimensat(AT_FDCWD, folder_path(name), times, 0), 0);
}

static void nothing_changes(void)
{
}

static void read_again(void)
{
	char byte;
	const int fd = open(folder_path("a"), O_RDONLY);

	assert_int_equal(read(fd, &byte, 1), 1);
	close(fd);
}

static void append(void)
{
	FILE *file = fopen(folder_path("a"), "a");

	fputc('x', file);
	fclose(file);
	set_times("a", files.list[0].stamp.written);
	forget_the_change();
}

static void write_as_long(void)
{
	write_text("a", "other");
	set_times("a", files.list[0].stamp.written ^ 1);
	forget_the_change();
}

/* As "cp -p" does it: only the time of the change tells. */
static void write_as_long_at_the_same_time(void)
{
	write_text("a", "other");
	set_times("a", files.list[0].stamp.written);
	forget_the_change();
	files.list[0].stamp.changed ^= 1; /* but for this one */
}

static void replace(void)
{
	write_text("new", "other");
	set_times("new", files.list[0].stamp.written);
	assert_int_equal(rename(folder_path("new"), folder_path("a")), 0);
	forget_the_change();
}

static void point_elsewhere(void)
{
	assert_int_equal(unlink(folder_path("link")), 0);
	assert_int_equal(symlink("b", folder_path("link")), 0);
}

static void vanish(void)
{
	assert_int_equal(unlink(folder_path("a")), 0);
}

static void change_the_last(void)
{
	write_text("b", "longer than before");
}

static void changes_are_seen(void **state)
{
	static const struct {
		void (*change)(void);
		bool stale;
	} table[] = {
		{ nothing_changes, false },
		{ read_again, false },
		{ append, true },
		{ write_as_long, true },
		{ write_as_long_at_the_same_time, true },
		{ replace, true },
		{ point_elsewhere, true },
		{ vanish, true },
		{ change_the_last, true },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		write_text("a", "first");
		write_text("b", "second");
		assert_int_equal(symlink("a", folder_path("link")), 0);
		read_one("a", "first");
		read_one("link", "first");
		read_one("b", "second");
		table[i].change();
		assert_int_equal(nv_tls_files_are_stale(&files), table[i].stale);
		nv_tls_files_deinit(&files);
		unlink(folder_path("link"));
	}
}

static void no_files_are_never_stale(void **state)
{
	assert_false(nv_tls_files_are_stale(&files));
}

/* What is refused is remembered all the same: it may be better the next time. */
static void a_refused_file_is_watched(void **state)
{
	struct nv_buf content = { 0 };

	write_text("half", "-----BEGIN X-----\n");
	assert_int_equal(nv_tls_files_read_pem(&files, folder_path("half"), &content), NV_ERR_TLS);
	nv_tls_files_wipe(&content);
	assert_int_equal(files.count, 1);
	assert_false(nv_tls_files_are_stale(&files));
	write_text("half", "-----BEGIN X-----\n-----END X-----\n");
	assert_true(nv_tls_files_are_stale(&files));
}

static void a_passphrase_may_look_like_anything(void **state)
{
	static const char *const texts[] = { "-", "-----BEGIN", "-----BEGIN X-----\n", "---\n" };
	struct nv_buf content = { 0 };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		write_text("passphrase", texts[i]);
		assert_int_equal(nv_tls_files_read(&files, folder_path("passphrase"), &content), 0);
		assert_true(nv_bytes_is(nv_buf_bytes(&content), texts[i]));
		nv_tls_files_wipe(&content);
	}
}

static int set_up(void **state)
{
	folder_make();
	files = (struct nv_tls_files){ .problem = problem };
	return 0;
}

static int tear_down(void **state)
{
	nv_tls_files_deinit(&files);
	folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_are_seen),
		TEST(no_files_are_never_stale),
		TEST(a_refused_file_is_watched),
		TEST(a_passphrase_may_look_like_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
