/* SPDX-License-Identifier: MIT */
/* test_recording.c: what --record writes, and what replay reads of it. Standard error goes to a file. */
#include "replay/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connect/clock.h"
#include "connect/record.h"
#include "support/unit.h"

static char path[] = "/tmp/test_recording_XXXXXX";
static char told[512];

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

static void fill(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
}

/* Standard error goes to a file from here to its end, which is put into `told`. */
static int aside(FILE *file)
{
	int before = dup(STDERR_FILENO);

	assert_non_null(file);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	return before;
}

static void back(FILE *file, int before)
{
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	told[fread(told, 1, sizeof told - 1, file)] = '\0';
	fclose(file);
}

static struct nv_source *read_recording(double speed)
{
	FILE *file = tmpfile();
	int before = aside(file);
	struct nv_source *source = nv_recording_open(path, speed);

	back(file, before);
	return source;
}

static void expect_offer(struct nv_source *source, enum nv_offer_kind kind, struct nv_bytes data,
                         uint64_t number)
{
	struct nv_offer offer;

	assert_true(source->ops->offer(source, &offer));
	assert_int_equal(offer.kind, kind);
	assert_int_equal(offer.data.len, data.len);
	assert_memory_equal(offer.data.data, data.data, data.len);
	assert_int_equal(offer.number, number);
	assert_false(source->ended);
	source->ops->take(source);
}

static void test_there_and_back(void **state)
{
	static const uint8_t bytes[] = { 0, 255, '\n', '"' };
	const struct nv_bytes binary = { bytes, sizeof bytes };
	const struct nv_bytes text = { (const uint8_t *)"a\0\"\n\xc3\xa9", 6 };
	struct nv_record *record = nv_record_open(path);
	struct nv_source *source;

	assert_non_null(record);
	nv_record_message(record, true, NV_TEXT, text);
	nv_record_opened(record);
	nv_record_message(record, false, NV_TEXT, nv_str("not this"));
	nv_record_message(record, true, NV_BINARY, binary);
	nv_record_message(record, true, NV_TEXT, (struct nv_bytes){ NULL, 0 });
	nv_record_message(record, true, NV_BINARY, (struct nv_bytes){ NULL, 0 });
	assert_true(nv_record_close(record));
	source = read_recording(0);
	assert_string_equal(told, "");
	assert_non_null(source);
	source->ops->opened(source);
	expect_offer(source, NV_OFFER_TEXT, text, 1);
	expect_offer(source, NV_OFFER_BINARY, binary, 3);
	expect_offer(source, NV_OFFER_TEXT, nv_str(""), 4);
	expect_offer(source, NV_OFFER_BINARY, nv_str(""), 5);
	assert_true(source->ended);
	assert_false(source->holds);
	nv_recording_free(source);
}

/* What the file holds now. */
static const char *content(void)
{
	static char text[512];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static unsigned mode(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void test_before_the_opening(void **state)
{
	struct nv_record *record;

	fill("earlier\n");
	assert_int_equal(chmod(path, 0644), 0);
	record = nv_record_open(path);
	assert_non_null(record);
	nv_record_message(record, true, NV_TEXT, nv_str("x"));
	nv_record_flush(record);
	assert_string_equal(content(), "earlier\n");
	assert_int_equal(mode(), 0644);
	assert_true(nv_record_close(record));
	assert_string_equal(content(), "earlier\n");
}

static void test_the_opening(void **state)
{
	struct nv_record *record;

	fill("earlier\nand longer than what comes, which is a line, too, but a shorter one\n");
	assert_int_equal(chmod(path, 0644), 0);
	record = nv_record_open(path);
	assert_non_null(record);
	nv_record_message(record, true, NV_TEXT, nv_str("x"));
	nv_record_opened(record);
	assert_int_equal(mode(), 0600);
	assert_string_equal(content(), "");
	nv_record_flush(record);
	assert_string_equal(content(), "{\"time\":0.000000,\"direction\":\"sent\","
	                               "\"type\":\"text\",\"data\":\"x\"}\n");
	assert_true(nv_record_close(record));
}

/* However much is said in one turn, the file ends behind a line at any time. */
static void test_whole_lines(void **state)
{
	static char text[1000];
	struct nv_record *record = nv_record_open(path);
	struct stat status;
	off_t line = 0;

	memset(text, 'a', sizeof text);
	assert_non_null(record);
	nv_record_opened(record);
	for (int i = 0; i < 300; i++) {
		nv_record_message(record, true, NV_TEXT,
		                  (struct nv_bytes){ (const uint8_t *)text, sizeof text });
		if (i == 0) {
			nv_record_flush(record);
			assert_int_equal(stat(path, &status), 0);
			line = status.st_size;
		}
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size % line, 0);
	}
	assert_true(nv_record_close(record));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 300 * line);
}

static void test_full_disk(void **state)
{
	struct nv_record *record = nv_record_open("/dev/full");
	FILE *file = tmpfile();
	int before;

	assert_non_null(record);
	before = aside(file);
	nv_record_opened(record);
	nv_record_message(record, true, NV_TEXT, nv_str("x"));
	nv_record_flush(record);
	nv_record_message(record, true, NV_TEXT, nv_str("y"));
	nv_record_flush(record);
	assert_false(nv_record_close(record));
	back(file, before);
	assert_string_equal(told, "navette connect: /dev/full: No space left on device\n");
}

static void test_times(void **state)
{
	struct nv_source *source;
	struct nv_offer offer;
	uint64_t before;
	uint64_t due;

	fill("{\"time\":0,\"direction\":\"sent\",\"type\":\"text\",\"data\":\"a\"}\n"
	     "{\"time\":100,\"direction\":\"sent\",\"type\":\"text\",\"data\":\"b\"}\n");
	source = read_recording(10);
	assert_non_null(source);
	assert_int_equal(source->ops->due(source), UINT64_MAX);
	assert_false(source->ops->offer(source, &offer));
	before = nv_clock_ms();
	source->ops->opened(source);
	expect_offer(source, NV_OFFER_TEXT, nv_str("a"), 1);
	assert_false(source->ops->offer(source, &offer));
	due = source->ops->due(source);
	assert_in_range(due, before + 10000, nv_clock_ms() + 10000);
	assert_true(source->holds);
	nv_recording_free(source);
}

#define SENT "{\"direction\":\"sent\""
#define GOOD SENT ",\"time\":1,\"type\":\"text\",\"data\":\"a\"}\n"

static void test_bad_lines(void **state)
{
	static const struct {
		const char *line;
		const char *said;
	} cases[] = {
		{ "nonsense", ": line 2: it is not JSON:" },
		{ "[]", ": line 2: \"direction\" is neither" },
		{ "{\"direction\":\"Sent\"}", ": line 2: \"direction\" is neither" },
		{ "{\"direction\":\"sent\",\"direction\":\"sent\"}", "duplicate" },
		{ SENT "}", ": line 2: \"time\" is not a number of seconds" },
		{ SENT ",\"time\":-1,\"type\":\"text\",\"data\":\"\"}", ": line 2: \"time\" is" },
		{ SENT ",\"time\":1,\"data\":\"\"}", ": line 2: \"type\" is neither" },
		{ SENT ",\"time\":1,\"type\":\"t\",\"data\":\"\"}",
		  ": line 2: \"type\" is neither" },
		{ SENT ",\"time\":1,\"type\":\"text\"}", ": line 2: the text has no \"data\"" },
		{ SENT ",\"time\":1,\"type\":\"text\",\"data\":1}", ": line 2: the text has no" },
		{ SENT ",\"time\":1,\"type\":\"text\",\"base64\":\"\"}", ": line 2: the text has" },
		{ SENT ",\"time\":1,\"type\":\"binary\",\"data\":\"\"}",
		  ": line 2: the binary message has no \"base64\"" },
		{ SENT ",\"time\":1,\"type\":\"binary\",\"base64\":\"?\"}",
		  ": line 2: \"base64\" is not base64" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];

		snprintf(text, sizeof text, "{\"direction\":\"received\"}\n%s\n", cases[i].line);
		fill(text);
		assert_null(read_recording(1));
		assert_non_null(strstr(told, path));
		assert_non_null(strstr(told, cases[i].said));
	}
}

static void test_cut_off(void **state)
{
	static const char *const rests[] = { "{\"direc", "nonsense", "{" };

	for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
		struct nv_source *source;
		char text[200];

		snprintf(text, sizeof text, GOOD "%s", rests[i]);
		fill(text);
		source = read_recording(0);
		assert_non_null(source);
		assert_non_null(strstr(told, ": line 2: the recording was cut off; "
		                             "its last line is left out\n"));
		source->ops->opened(source);
		expect_offer(source, NV_OFFER_TEXT, nv_str("a"), 1);
		assert_true(source->ended);
		nv_recording_free(source);
	}
}

static void test_empty_lines(void **state)
{
	struct nv_source *source;

	fill("\n" GOOD "\r\n \t\n" GOOD "\n ");
	source = read_recording(0);
	assert_non_null(source);
	assert_string_equal(told, "");
	source->ops->opened(source);
	expect_offer(source, NV_OFFER_TEXT, nv_str("a"), 2);
	expect_offer(source, NV_OFFER_TEXT, nv_str("a"), 5);
	assert_true(source->ended);
	nv_recording_free(source);
}

static void test_no_file(void **state)
{
	assert_null(nv_record_open("/nonexistent/file"));
	assert_null(nv_recording_open("/nonexistent/file", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("what was sent comes back, whatever its bytes", test_there_and_back),
		unit_case("an earlier recording stays until the first opening",
		          test_before_the_opening),
		unit_case("the opening empties the file, and only its owner can read it",
		          test_the_opening),
		unit_case("lines are written whole", test_whole_lines),
		unit_case("a full disk is told once", test_full_disk),
		unit_case("messages are due at their times, by the speed", test_times),
		unit_case("a line that is no good is named", test_bad_lines),
		unit_case("a last line that was cut off is left out", test_cut_off),
		unit_case("empty lines are nothing", test_empty_lines),
		unit_case("a file that is not there", test_no_file),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
