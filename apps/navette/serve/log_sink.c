/* SPDX-License-Identifier: MIT */
/* log_sink.c: two batches of lines, one that fills and one that is written; the thread swaps them. The
 * lock is held to copy a line and never while something is written. */
#include "serve/log_sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct batch {
	char *lines;
	size_t len;
	uint64_t told; /* lost lines that its first line tells of */
};

struct nv_log_sink {
	int fd;
	size_t (*tell_lost)(uint64_t lost, char note[NV_LOG_NOTE_SIZE]);
	pthread_t thread;
	struct batch writing; /* the thread's alone */
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct batch filling;
	uint64_t lost;
	bool broken; /* the last write failed: nobody could be told of what is lost */
	bool closing;
	bool ended;     /* the thread will not touch it any more */
	bool abandoned; /* the thread frees it */
};

/* --- Its memory --- */

static void sink_delete(struct nv_log_sink *sink)
{
	free(sink->filling.lines);
	free(sink->writing.lines);
	pthread_cond_destroy(&sink->changed);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
}

static struct nv_log_sink *sink_make(void)
{
	struct nv_log_sink *sink = calloc(1, sizeof *sink);
	pthread_condattr_t monotonic;

	if (!sink)
		return NULL;
	pthread_mutex_init(&sink->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&sink->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sink->filling.lines = malloc(NV_LOG_SINK_SIZE);
	sink->writing.lines = malloc(NV_LOG_SINK_SIZE);
	if (sink->filling.lines && sink->writing.lines)
		return sink;
	sink_delete(sink);
	return NULL;
}

/* --- The thread --- */

/* What could be written of it; somebody may have made the descriptor one that does not block. */
static size_t write_all(int fd, const char *bytes, size_t len)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	size_t written = 0;

	while (written < len) {
		ssize_t size = write(fd, bytes + written, len - written);

		if (size >= 0)
			written += (size_t)size;
		else if (errno == EAGAIN)
			(void)poll(&wait, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return written;
}

static uint64_t count_lines(const char *bytes, size_t len)
{
	const char *end = bytes + len;
	uint64_t count = 0;

	while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		bytes++;
		count++;
	}
	return count;
}

/* The lines of this batch that nobody will see, and those that it would have told of. */
static uint64_t batch_lost(const struct batch *batch, size_t written)
{
	uint64_t lost = count_lines(batch->lines + written, batch->len - written);

	return written == 0 && batch->told > 0 ? lost - 1 + batch->told : lost;
}

static void add(struct batch *batch, const char *line, size_t len)
{
	memcpy(batch->lines + batch->len, line, len);
	batch->len += len;
}

/* What comes from now on stands behind the note on what was lost before it. */
static void swap(struct nv_log_sink *sink)
{
	struct batch full = sink->filling;
	char note[NV_LOG_NOTE_SIZE];

	sink->filling = sink->writing;
	sink->writing = full;
	sink->filling.len = 0;
	sink->filling.told = 0;
	if (sink->lost == 0 || sink->broken)
		return;
	add(&sink->filling, note, sink->tell_lost(sink->lost, note));
	sink->filling.told = sink->lost;
	sink->lost = 0;
}

static bool has_work(const struct nv_log_sink *sink)
{
	return sink->filling.len > 0 || (sink->lost > 0 && !sink->broken);
}

/* Waits for something to write; false: that was all. */
static bool wait_for_work(struct nv_log_sink *sink)
{
	while (!has_work(sink) && !sink->closing)
		pthread_cond_wait(&sink->changed, &sink->lock);
	return has_work(sink) && !sink->abandoned;
}

static void *write_batches(void *context)
{
	struct nv_log_sink *sink = context;
	bool abandoned;

	pthread_mutex_lock(&sink->lock);
	while (wait_for_work(sink)) {
		size_t written;

		swap(sink);
		pthread_mutex_unlock(&sink->lock);
		written = write_all(sink->fd, sink->writing.lines, sink->writing.len);
		pthread_mutex_lock(&sink->lock);
		sink->lost += batch_lost(&sink->writing, written);
		sink->broken = written < sink->writing.len;
	}
	sink->ended = true;
	abandoned = sink->abandoned;
	pthread_cond_broadcast(&sink->changed);
	pthread_mutex_unlock(&sink->lock);
	if (abandoned)
		sink_delete(sink);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int start(struct nv_log_sink *sink)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&sink->thread, NULL, write_batches, sink);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* --- On other threads --- */

struct nv_log_sink *nv_log_sink_new(int fd,
                                    size_t (*tell_lost)(uint64_t lost, char note[NV_LOG_NOTE_SIZE]))
{
	struct nv_log_sink *sink = sink_make();

	if (!sink)
		return NULL;
	sink->fd = fd;
	sink->tell_lost = tell_lost;
	if (start(sink) == 0)
		return sink;
	sink_delete(sink);
	return NULL;
}

void nv_log_sink_put(struct nv_log_sink *sink, const char *line, size_t len)
{
	pthread_mutex_lock(&sink->lock);
	if (len > NV_LOG_SINK_SIZE - sink->filling.len) {
		sink->lost++;
	} else {
		add(&sink->filling, line, len);
		pthread_cond_signal(&sink->changed);
	}
	pthread_mutex_unlock(&sink->lock);
}

static struct timespec moment_in(uint32_t ms)
{
	struct timespec moment;

	clock_gettime(CLOCK_MONOTONIC, &moment);
	moment.tv_nsec += (long)(ms % 1000) * 1000000;
	moment.tv_sec += ms / 1000 + (moment.tv_nsec >= 1000000000);
	moment.tv_nsec %= 1000000000;
	return moment;
}

void nv_log_sink_free(struct nv_log_sink *sink, uint32_t patience_ms)
{
	struct timespec deadline = moment_in(patience_ms);
	int error = 0;

	if (!sink)
		return;
	pthread_mutex_lock(&sink->lock);
	sink->closing = true;
	pthread_cond_broadcast(&sink->changed);
	while (!sink->ended && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&sink->changed, &sink->lock, &deadline);
	if (!sink->ended) {
		sink->abandoned = true;
		pthread_detach(sink->thread);
		pthread_mutex_unlock(&sink->lock);
		return;
	}
	pthread_mutex_unlock(&sink->lock);
	pthread_join(sink->thread, NULL);
	sink_delete(sink);
}
