/* SPDX-License-Identifier: MIT */
/* log.c: who gets which line, and in which form. People get the events on standard output and the
 * library's lines on standard error; programs get all of them on standard output. */
#include "serve/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/clock.h"
#include "serve/log_quota.h"
#include "serve/log_sink.h"
#include "text/escape.h"

#define LINE_SIZE 4096
#define BODY_SIZE (LINE_SIZE - 64)
#define PATIENCE_MS 1000
#define ELLIPSIS "…"

static const struct {
	const char *name;
	enum nv_serve_log_level level;
} events[] = {
#define EVENT(constant, name, level) [constant] = { (name), (level) },
	NV_LOG_EVENTS(EVENT)
#undef EVENT
};

static const char *const levels[] = {
	[NV_SERVE_LOG_INFO] = "info",
	[NV_SERVE_LOG_WARNING] = "warning",
	[NV_SERVE_LOG_ERROR] = "error",
};

static struct {
	bool json;
	atomic_int least;
	/* NULL while it is closed. */
	struct nv_log_sink *output;
	struct nv_log_sink *errors;
} out;

static bool is_wanted(enum nv_serve_log_level level)
{
	return (int)level >= atomic_load_explicit(&out.least, memory_order_relaxed);
}

void nv_serve_log_set_level(enum nv_serve_log_level least)
{
	atomic_store_explicit(&out.least, (int)least, memory_order_relaxed);
}

/* --- One line --- */

static void put(int fd, const char *line, size_t len)
{
	struct nv_log_sink *sink = fd == STDOUT_FILENO ? out.output : out.errors;

	if (sink)
		nv_log_sink_put(sink, line, len);
	/* Nobody is left to be told that the log can't be written. */
	else if (write(fd, line, len) < 0)
		return;
}

/* The line's length: "[date time] ", what stands before the body, the body. */
static size_t format_text(char *line, size_t size, const char *before, const char *body)
{
	char stamp[NV_STAMP_SIZE];
	int len = snprintf(line, size, "[%s] %s%s", nv_clock_stamp(stamp), before, body);
	size_t end = (size_t)len < size - 1 ? (size_t)len : size - 2;

	line[end] = '\n';
	return end + 1;
}

static void put_text(int fd, const char *before, const char *body)
{
	char line[LINE_SIZE];

	put(fd, line, format_text(line, sizeof line, before, body));
}

static void put_json(enum nv_serve_log_level level, enum nv_log_event event, const char *body,
                     const struct nv_log_field *fields)
{
	const struct nv_log_record record = { levels[level], events[event].name, body, fields };
	char line[NV_LOG_JSON_SIZE];

	put(STDOUT_FILENO, line, nv_log_json(&record, line));
}

void nv_serve_log(enum nv_log_event event, const struct nv_log_field *fields, const char *format,
                  ...)
{
	enum nv_serve_log_level level = events[event].level;
	char body[BODY_SIZE];
	va_list arguments;

	if (!is_wanted(level))
		return;
	va_start(arguments, format);
	vsnprintf(body, sizeof body, format, arguments);
	va_end(arguments);
	if (out.json)
		put_json(level, event, body, fields);
	else
		put_text(STDOUT_FILENO, "", body);
}

void nv_serve_log_hint(const char *format, ...)
{
	char body[BODY_SIZE];
	va_list arguments;

	if (out.json || !is_wanted(NV_SERVE_LOG_INFO))
		return;
	va_start(arguments, format);
	vsnprintf(body, sizeof body, format, arguments);
	va_end(arguments);
	put_text(STDOUT_FILENO, "", body);
}

/* --- What peers can cause any number of --- */

/* What the library repeats of a request has no space, so that no peer can write the words of a kind. */
static const struct {
	const char *name;
	enum nv_serve_log_level level;
	int fd;              /* of its lines for people */
	const char *library; /* words of the library's lines; NULL: they are ours */
	const char *more;    /* behind a number */
} kinds[] = {
	[NV_LOG_TOKENS] = { "token", NV_SERVE_LOG_INFO, STDOUT_FILENO, NULL,
	                    "autres clients refusés : token" },
	[NV_LOG_ORIGINS] = { "origin", NV_SERVE_LOG_INFO, STDOUT_FILENO, NULL,
	                     "autres clients refusés : origine" },
	[NV_LOG_REQUESTS] = { "request", NV_SERVE_LOG_INFO, STDERR_FILENO, ": refused with ",
	                      "more requests were refused" },
	[NV_LOG_ENDS] = { "end", NV_SERVE_LOG_INFO, STDERR_FILENO, ": ended with ",
	                  "more connections ended like that" },
	[NV_LOG_ARRIVALS] = { "arrival", NV_SERVE_LOG_ERROR, STDERR_FILENO,
	                      ": not admitted: ", "more connections were not admitted" },
};

#define KINDS (sizeof kinds / sizeof *kinds)

static struct {
	pthread_mutex_t lock;
	struct nv_log_quota quotas[KINDS];
} busy = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void put_prefixed(int fd, enum nv_serve_log_level level, const char *body)
{
	char before[16];

	snprintf(before, sizeof before, "%s: ", levels[level]);
	put_text(fd, fd == STDERR_FILENO ? before : "", body);
}

static void tell_more(enum nv_log_kind kind, uint64_t more)
{
	char body[128];

	if (more == 0)
		return;
	snprintf(body, sizeof body, "%llu %s", (unsigned long long)more, kinds[kind].more);
	if (out.json)
		put_json(kinds[kind].level, NV_LOGGED_LEFT_OUT, body,
		         NV_FIELDS(NV_FIELD_TEXT("kind", kinds[kind].name),
		                   NV_FIELD_NUMBER("lines", more)));
	else
		put_prefixed(kinds[kind].fd, kinds[kind].level, body);
}

bool nv_serve_log_may(enum nv_log_kind kind)
{
	uint64_t now_ns = nv_clock_ns();
	uint64_t more;
	bool allowed;

	if (!is_wanted(kinds[kind].level))
		return false;
	pthread_mutex_lock(&busy.lock);
	more = nv_log_quota_over(&busy.quotas[kind], now_ns);
	allowed = nv_log_quota_allows(&busy.quotas[kind], now_ns);
	pthread_mutex_unlock(&busy.lock);
	tell_more(kind, more);
	return allowed;
}

void nv_serve_log_fact(enum nv_log_kind kind, enum nv_log_event event,
                       const struct nv_log_field *fields, const char *message)
{
	if (out.json && is_wanted(events[event].level) && nv_serve_log_may(kind))
		put_json(events[event].level, event, message, fields);
}

static void tell_all(uint64_t now_ns)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		uint64_t more;

		pthread_mutex_lock(&busy.lock);
		more = nv_log_quota_over(&busy.quotas[kind], now_ns);
		pthread_mutex_unlock(&busy.lock);
		tell_more((enum nv_log_kind)kind, more);
	}
}

void nv_serve_log_tick(void)
{
	tell_all(nv_clock_ns());
}

/* --- What the library says --- */

/* KINDS: none of those. */
static size_t kind_of(const char *line)
{
	size_t kind = 0;

	while (kind < KINDS && !(kinds[kind].library && strstr(line, kinds[kind].library)))
		kind++;
	return kind;
}

static void put_library(enum nv_serve_log_level level, const char *line)
{
	if (out.json)
		put_json(level, NV_LOGGED_SERVER, line, NULL);
	else
		put_prefixed(STDERR_FILENO, level, line);
}

static const enum nv_serve_log_level level_of[] = {
	[NV_LOG_ERROR] = NV_SERVE_LOG_ERROR,
	[NV_LOG_WARNING] = NV_SERVE_LOG_WARNING,
	[NV_LOG_INFO] = NV_SERVE_LOG_INFO,
};

void nv_serve_log_library(void *context, enum nv_level level, const char *line)
{
	size_t kind = kind_of(line);

	(void)context;
	/* "disconnected" tells it with all that belongs to it. */
	if (!is_wanted(level_of[level]) || (out.json && kind == NV_LOG_ENDS))
		return;
	if (kind == KINDS || nv_serve_log_may((enum nv_log_kind)kind))
		put_library(level_of[level], line);
}

void nv_serve_log_operator(enum nv_level level, bool always, const char *line)
{
	if (always || is_wanted(level_of[level]))
		put_library(level_of[level], line);
}

void nv_serve_log_problems(void *context, enum nv_level level, const char *line)
{
	if (level != NV_LOG_INFO)
		nv_serve_log_library(context, level, line);
}

/* --- Opening and closing --- */

static size_t tell_lost_output(uint64_t lost, char note[NV_LOG_NOTE_SIZE])
{
	char body[64];

	snprintf(body, sizeof body, "%llu lignes perdues", (unsigned long long)lost);
	return format_text(note, NV_LOG_NOTE_SIZE, "", body);
}

static size_t tell_lost_errors(uint64_t lost, char note[NV_LOG_NOTE_SIZE])
{
	char body[64];

	snprintf(body, sizeof body, "%llu lines lost", (unsigned long long)lost);
	return format_text(note, NV_LOG_NOTE_SIZE, "warning: ", body);
}

static size_t tell_lost_json(uint64_t lost, char note[NV_LOG_NOTE_SIZE])
{
	const struct nv_log_field fields[] = { { .key = "lines", .number = (int64_t)lost },
		                               { .key = NULL } };
	const struct nv_log_record record = { levels[NV_SERVE_LOG_WARNING],
		                              events[NV_LOGGED_LINES_LOST].name,
		                              "des lignes ont été perdues", fields };
	char line[NV_LOG_JSON_SIZE];
	size_t len = nv_log_json(&record, line);

	memcpy(note, line, len);
	return len;
}

static bool is_json(enum nv_serve_log_format format)
{
	if (format == NV_SERVE_LOG_AUTO)
		return !isatty(STDOUT_FILENO);
	return format == NV_SERVE_LOG_JSON;
}

static bool is_one_file(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

/* Where both streams are one, a terminal for example, one thread keeps their lines in order. */
static int open_errors(void)
{
	if (out.json || is_one_file(STDOUT_FILENO, STDERR_FILENO))
		out.errors = out.output;
	else
		out.errors = nv_log_sink_new(STDERR_FILENO, tell_lost_errors);
	return out.errors ? 0 : NV_ERR_LIMIT;
}

int nv_serve_log_open(const struct nv_serve_log *options)
{
	bool json = is_json(options->format);

	nv_serve_log_set_level(options->level);
	out.output = nv_log_sink_new(STDOUT_FILENO, json ? tell_lost_json : tell_lost_output);
	if (!out.output)
		return NV_ERR_LIMIT;
	out.json = json;
	if (open_errors() == 0)
		return 0;
	nv_serve_log_close();
	return NV_ERR_LIMIT;
}

void nv_serve_log_close(void)
{
	tell_all(UINT64_MAX);
	nv_log_sink_free(out.output, PATIENCE_MS);
	if (out.errors != out.output)
		nv_log_sink_free(out.errors, PATIENCE_MS);
	out.output = out.errors = NULL;
	out.json = false;
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
