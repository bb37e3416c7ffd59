/* SPDX-License-Identifier: MIT */
/* history.c: one line of the file for each line typed.
 *
 * A line is appended as soon as it is there, so a run that is killed loses none. The file is cut by
 * moving its end to its front and then making it shorter: whenever that is interrupted, nothing of the
 * end is lost. A lock on the file keeps runs apart; nobody waits for one that is held for long. */
#include "connect/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file that somebody else filled is not read as a whole. */
#define FILE_MAX ((off_t)16 << 20)
/* So that a file at its limit is not written anew for every line. */
#define SLACK 200u
/* Another run has the lock for less than that. */
#define LOCK_TRIES 20
#define LOCK_PAUSE_NS 1000000L

struct nv_history {
	int fd;       /* -1: there is no file, and every call with it fails */
	size_t count; /* of lines in the file, as far as this run knows */
	char last[NV_HISTORY_LINE_MAX];
	size_t last_len;
};

struct content {
	char *data;
	size_t len;
};

static void close_file(struct nv_history *history)
{
	if (history->fd >= 0)
		close(history->fd);
	history->fd = -1;
}

/* When somebody else keeps the lock, this run does without the file: -1 and errno. */
static int lock(struct nv_history *history)
{
	struct timespec pause = { 0, LOCK_PAUSE_NS };
	int error = 0;

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(history->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		error = errno;
		if (error != EWOULDBLOCK && error != EINTR)
			break;
		nanosleep(&pause, NULL);
	}
	close_file(history);
	errno = error;
	return -1;
}

static void unlock(const struct nv_history *history)
{
	flock(history->fd, LOCK_UN);
}

/* Of a device that somebody put there to keep no history, nothing is changed. */
static void make_private(int fd)
{
	struct stat about;

	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid())
		(void)!fchmod(fd, S_IRUSR | S_IWUSR);
}

static off_t size_of(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) ? about.st_size : 0;
}

/* The end of the file from the beginning of a line on. */
static int read_end(const struct nv_history *history, struct content *content)
{
	off_t size = size_of(history->fd);
	off_t start = size > FILE_MAX ? size - FILE_MAX : 0;
	char *newline;
	ssize_t count;

	*content = (struct content){ .data = malloc((size_t)(size - start) + 1) };
	if (!content->data)
		return NV_ERR_NOMEM;
	count = pread(history->fd, content->data, (size_t)(size - start), start);
	if (count < 0) {
		free(content->data);
		return NV_ERR_SYSTEM;
	}
	content->len = (size_t)count;
	newline = start > 0 ? memchr(content->data, '\n', content->len) : NULL;
	if (newline) {
		content->len -= (size_t)(newline + 1 - content->data);
		memmove(content->data, newline + 1, content->len);
	}
	return 0;
}

static size_t count_lines(const struct content *content)
{
	size_t count = content->len > 0 && content->data[content->len - 1] != '\n';

	for (size_t i = 0; i < content->len; i++)
		count += content->data[i] == '\n';
	return count;
}

static size_t skip_lines(const struct content *content, size_t count)
{
	size_t at = 0;

	while (count > 0 && at < content->len)
		count -= content->data[at++] == '\n';
	return at;
}

/* Moves the newest lines to the front; with the lock. */
static void cut(struct nv_history *history)
{
	struct content content;
	size_t count;
	size_t start;

	if (read_end(history, &content) == 0) {
		count = count_lines(&content);
		start = count > NV_HISTORY_LINES ? skip_lines(&content, count - NV_HISTORY_LINES)
		                                 : 0;
		history->count = count < NV_HISTORY_LINES ? count : NV_HISTORY_LINES;
		content.len -= start;
		if (start > 0 && pwrite(history->fd, content.data + start, content.len, 0) ==
		                         (ssize_t)content.len)
			(void)!ftruncate(history->fd, (off_t)content.len);
		free(content.data);
	}
}

static int open_file(struct nv_history *history, const char *path)
{
	history->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (history->fd < 0)
		return errno;
	make_private(history->fd);
	if (lock(history) < 0)
		return errno;
	cut(history);
	unlock(history);
	return 0;
}

struct nv_history *nv_history_open(const char *path, int *error)
{
	struct nv_history *history = calloc(1, sizeof *history);

	if (!history)
		return NULL;
	history->fd = -1;
	if (path)
		*error = open_file(history, path);
	return history;
}

void nv_history_close(struct nv_history *history)
{
	if (!history)
		return;
	close_file(history);
	free(history);
}

static void note_last(struct nv_history *history, struct nv_bytes line)
{
	memcpy(history->last, line.data, line.len);
	history->last_len = line.len;
}

static bool is_worth_keeping(struct nv_bytes line)
{
	return line.len > 0 && line.len <= NV_HISTORY_LINE_MAX && line.data[0] != ' ' &&
	       !memchr(line.data, '\n', line.len) && !memchr(line.data, '\0', line.len);
}

int nv_history_each(struct nv_history *history, void (*each)(void *context, struct nv_bytes line),
                    void *context)
{
	struct content content;
	size_t at = 0;
	int error;

	if (history->fd < 0 || lock(history) < 0)
		return 0;
	error = read_end(history, &content);
	unlock(history);
	if (error)
		return error;
	while (at < content.len) {
		char *end = memchr(content.data + at, '\n', content.len - at);
		size_t len = (end ? (size_t)(end - content.data) : content.len) - at;
		struct nv_bytes line = { (const uint8_t *)content.data + at, len };

		if (is_worth_keeping(line)) {
			each(context, line);
			note_last(history, line);
		}
		at += len + 1;
	}
	free(content.data);
	return 0;
}

/* What a run that was killed has begun gets its end here. */
static bool is_in_a_line(const struct nv_history *history, off_t size)
{
	char last;

	return size > 0 && pread(history->fd, &last, 1, size - 1) == 1 && last != '\n';
}

static void append(struct nv_history *history, struct nv_bytes line)
{
	char text[NV_HISTORY_LINE_MAX + 2];
	size_t len = 0;
	off_t size;

	if (history->fd < 0 || lock(history) < 0)
		return;
	size = size_of(history->fd);
	if (is_in_a_line(history, size))
		text[len++] = '\n';
	memcpy(text + len, line.data, line.len);
	len += line.len;
	text[len++] = '\n';
	/* Without room on the disk the run goes on without a history. */
	if (pwrite(history->fd, text, len, size) == (ssize_t)len)
		history->count++;
	if (history->count >= NV_HISTORY_LINES + SLACK)
		cut(history);
	unlock(history);
}

bool nv_history_add(struct nv_history *history, struct nv_bytes line)
{
	if (!is_worth_keeping(line))
		return false;
	if (line.len == history->last_len && memcmp(line.data, history->last, line.len) == 0)
		return false;
	note_last(history, line);
	append(history, line);
	return true;
}
