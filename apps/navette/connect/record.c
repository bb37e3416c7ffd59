/* SPDX-License-Identifier: MIT */
/* record.c: writes a conversation down.
 *
 * Lines are made in memory and written whole, so that what ends the program ends the file behind one of
 * them. Before the first opening nothing is written. */
#include "connect/record.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connect/clock.h"
#include "connect/report.h"
#include "text/encoding.h"

#define FLUSH_SIZE 65536u
#define LINE_START_MAX 100

struct nv_record {
	const char *path;
	int fd;
	bool opened;
	bool failed;
	uint64_t opened_us;
	char *lines; /* whole ones, not yet written */
	size_t len;
	size_t capacity;
};

/* --- The file --- */

static bool is_same_file(int a, int b)
{
	struct stat of_a;
	struct stat of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

/* A file that is standard output, too, is written where that is. */
static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);

	for (int own = STDOUT_FILENO; fd >= 0 && own <= STDERR_FILENO; own++) {
		if (is_same_file(fd, own)) {
			close(fd);
			return fcntl(own, F_DUPFD_CLOEXEC, 0);
		}
	}
	return fd;
}

/* What is no file, as a pipe, or is standard output, stays as it is. */
static int empty_file(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode) || is_same_file(fd, STDOUT_FILENO) ||
	    is_same_file(fd, STDERR_FILENO))
		return 0;
	return fchmod(fd, S_IRUSR | S_IWUSR) < 0 ? -1 : ftruncate(fd, 0);
}

struct nv_record *nv_record_open(const char *path)
{
	struct nv_record *record = calloc(1, sizeof *record);

	if (!record)
		return NULL;
	record->path = path;
	record->fd = open_file(path);
	if (record->fd >= 0)
		return record;
	free(record);
	return NULL;
}

static void fail(struct nv_record *record, int error)
{
	if (record->failed)
		return;
	record->failed = true;
	record->len = 0;
	nv_report("%s: %s", record->path, strerror(error));
}

void nv_record_opened(struct nv_record *record)
{
	if (!record)
		return;
	record->opened = true;
	record->opened_us = nv_clock_us();
	if (empty_file(record->fd) < 0)
		fail(record, errno);
}

/* --- Writing --- */

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t count = write(fd, data, len);

		if (count < 0 && errno != EINTR)
			return -1;
		if (count > 0) {
			data += count;
			len -= (size_t)count;
		}
	}
	return 0;
}

void nv_record_flush(struct nv_record *record)
{
	if (!record || !record->opened || record->len == 0)
		return;
	if (write_all(record->fd, record->lines, record->len) < 0)
		fail(record, errno);
	record->len = 0;
}

bool nv_record_close(struct nv_record *record)
{
	bool whole;

	if (!record)
		return true;
	nv_record_flush(record);
	if (close(record->fd) < 0)
		fail(record, errno);
	whole = !record->failed;
	free(record->lines);
	free(record);
	return whole;
}

/* --- A line --- */

static int append(struct nv_record *record, const char *data, size_t len)
{
	size_t needed = record->len + len;

	if (needed > record->capacity) {
		char *lines = realloc(record->lines, needed * 2);

		if (!lines)
			return -1;
		record->lines = lines;
		record->capacity = needed * 2;
	}
	memcpy(record->lines + record->len, data, len);
	record->len = needed;
	return 0;
}

/* The time is "12.000345", whatever the locale writes for the point. */
static int append_start(struct nv_record *record, bool sent, enum nv_opcode opcode)
{
	uint64_t us = record->opened ? nv_clock_us() - record->opened_us : 0;
	char text[LINE_START_MAX];
	int len = snprintf(text, sizeof text,
	                   "{\"time\":%llu.%06llu,\"direction\":\"%s\",\"type\":\"%s\",\"%s\":",
	                   (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000),
	                   sent ? "sent" : "received", opcode == NV_TEXT ? "text" : "binary",
	                   opcode == NV_TEXT ? "data" : "base64");

	return append(record, text, (size_t)len);
}

static json_t *base64_string(struct nv_bytes bytes)
{
	size_t len = NV_BASE64_SIZE(bytes.len);
	char *encoded = malloc(len + 1);
	json_t *string;

	if (!encoded)
		return NULL;
	nv_base64_string(bytes, encoded);
	string = json_stringn(encoded, len);
	free(encoded);
	return string;
}

static json_t *json_of(enum nv_opcode opcode, struct nv_bytes message)
{
	if (opcode == NV_BINARY)
		return base64_string(message);
	return json_stringn(message.len > 0 ? (const char *)message.data : "", message.len);
}

static int append_data(const char *data, size_t len, void *record)
{
	return append(record, data, len);
}

static int append_line(struct nv_record *record, bool sent, enum nv_opcode opcode,
                       const json_t *data)
{
	if (append_start(record, sent, opcode) < 0)
		return -1;
	if (json_dump_callback(data, append_data, record, JSON_ENCODE_ANY) < 0)
		return -1;
	return append(record, "}\n", 2);
}

void nv_record_message(struct nv_record *record, bool sent, enum nv_opcode opcode,
                       struct nv_bytes message)
{
	json_t *data;
	size_t before;

	if (!record || record->failed)
		return;
	before = record->len;
	data = json_of(opcode, message);
	if (!data || append_line(record, sent, opcode, data) < 0) {
		record->len = before;
		nv_record_flush(record);
		fail(record, ENOMEM);
	}
	json_decref(data);
	if (record->len >= FLUSH_SIZE)
		nv_record_flush(record);
}
