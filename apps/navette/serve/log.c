/* SPDX-License-Identifier: MIT */
/* log.c: lines on standard output and standard error, each by one write. */
#include "serve/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "serve/clock.h"
#include "text/escape.h"

/* What a pipe takes whole or not at all, and what is writable at least when poll(2) says so. */
#define LINE_SIZE 4096
#define PATIENCE_MS 200
#define ELLIPSIS "…"

struct sink {
	const int fd;
	const char *const lost_format;
	unsigned lost;
	bool stuck; /* the last line was lost: the next one waits no more */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sink output = { .fd = STDOUT_FILENO, .lost_format = "%u lignes perdues" };
static struct sink errors = { .fd = STDERR_FILENO, .lost_format = "warning: %u lines lost" };

/* --- One line --- */

__attribute__((format(printf, 2, 0))) static void write_line(int fd, const char *format,
                                                             va_list arguments)
{
	char stamp[NV_STAMP_SIZE];
	char line[LINE_SIZE];
	int head = snprintf(line, sizeof line, "[%s] ", nv_clock_stamp(stamp));
	size_t room = sizeof line - (size_t)head - 1;
	int body = vsnprintf(line + head, room, format, arguments);
	size_t len = (size_t)head;

	if (body < 0)
		return;
	len += (size_t)body < room ? (size_t)body : room - 1;
	line[len++] = '\n';
	/* Nobody is left to be told that the log can't be written. */
	if (write(fd, line, len) < 0)
		return;
}

__attribute__((format(printf, 2, 3))) static void write_note(int fd, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(fd, format, arguments);
	va_end(arguments);
}

static bool is_writable(struct sink *sink)
{
	struct pollfd wait = { .fd = sink->fd, .events = POLLOUT };

	sink->stuck = poll(&wait, 1, sink->stuck ? 0 : PATIENCE_MS) == 0;
	return !sink->stuck;
}

__attribute__((format(printf, 2, 0))) static void put(struct sink *sink, const char *format,
                                                      va_list arguments)
{
	pthread_mutex_lock(&lock);
	if (sink->lost > 0 && is_writable(sink)) {
		write_note(sink->fd, sink->lost_format, sink->lost);
		sink->lost = 0;
	}
	if (is_writable(sink))
		write_line(sink->fd, format, arguments);
	else
		sink->lost++;
	pthread_mutex_unlock(&lock);
}

__attribute__((format(printf, 2, 3))) static void put_note(struct sink *sink, const char *format,
                                                           ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(sink, format, arguments);
	va_end(arguments);
}

void nv_serve_log(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(&output, format, arguments);
	va_end(arguments);
}

void nv_serve_log_library(void *context, enum nv_level level, const char *line)
{
	static const char *const names[] = {
		[NV_LOG_ERROR] = "error",
		[NV_LOG_WARNING] = "warning",
		[NV_LOG_INFO] = "info",
	};

	(void)context;
	put_note(&errors, "%s: %s", names[level], line);
}

void nv_serve_log_problems(void *context, enum nv_level level, const char *line)
{
	if (level != NV_LOG_INFO)
		nv_serve_log_library(context, level, line);
}

/* --- One field --- */

char *nv_serve_log_field(struct nv_bytes text, char field[NV_LOG_FIELD_SIZE])
{
	const size_t most = NV_LOG_FIELD_SIZE - 1;
	size_t len = 0;
	size_t cut = 0; /* where the ellipsis would stand */

	while (text.len > 0) {
		char character[NV_ESCAPE_SIZE];
		size_t size = nv_escape_next(&text, character);

		if (len + size > most) {
			memcpy(field + cut, ELLIPSIS, sizeof ELLIPSIS);
			return field;
		}
		memcpy(field + len, character, size);
		len += size;
		if (len <= most - strlen(ELLIPSIS))
			cut = len;
	}
	field[len] = '\0';
	return field;
}
