/* SPDX-License-Identifier: MIT */
/* recorder.h: the owner of one stream, who writes down what happens to it and keeps what it gets. */
#ifndef TEST_NET_RECORDER_H
#define TEST_NET_RECORDER_H

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "net/loop.h"
#include "support/unit.h"

struct recorder {
	struct nv_stream stream;
	char log[512]; /* "open data:5 end drain close:0 " */
	uint8_t *bytes;
	size_t len;
	size_t cap;
	bool silent; /* data is not written to the log */
	/* Run in the event, after it was written down; each may be NULL. */
	void (*opened)(struct recorder *recorder);
	void (*got)(struct recorder *recorder, size_t len);
	void (*drained)(struct recorder *recorder);
	void (*closed)(struct recorder *recorder);
	void *user;
};

static inline struct recorder *recorder_of(struct nv_stream *stream)
{
	return nv_container_of(stream, struct recorder, stream);
}

static inline void recorder_note(struct recorder *recorder, const char *event)
{
	assert_true(strlen(recorder->log) + strlen(event) + 2 < sizeof(recorder->log));
	strcat(recorder->log, event);
	strcat(recorder->log, " ");
}

static inline void recorder_on_open(struct nv_stream *stream)
{
	struct recorder *recorder = recorder_of(stream);

	recorder_note(recorder, "open");
	if (recorder->opened)
		recorder->opened(recorder);
}

static inline void recorder_grow(struct recorder *recorder, size_t size)
{
	if (size <= recorder->cap)
		return;
	recorder->cap = 2 * size;
	recorder->bytes = realloc(recorder->bytes, recorder->cap);
	assert_non_null(recorder->bytes);
}

static inline void recorder_on_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct recorder *recorder = recorder_of(stream);
	char event[32] = "end";

	if (len > 0) {
		snprintf(event, sizeof(event), "data:%zu", len);
		recorder_grow(recorder, recorder->len + len);
		memcpy(recorder->bytes + recorder->len, data, len);
		recorder->len += len;
		memset(data, 0xdd, len);
	}
	if (len == 0 || !recorder->silent)
		recorder_note(recorder, event);
	if (recorder->got)
		recorder->got(recorder, len);
}

static inline void recorder_on_drain(struct nv_stream *stream)
{
	struct recorder *recorder = recorder_of(stream);

	assert_int_equal(stream->out.len, 0);
	assert_false(nv_stream_is_blocked(stream));
	recorder_note(recorder, "drain");
	if (recorder->drained)
		recorder->drained(recorder);
}

static inline void recorder_on_close(struct nv_stream *stream, int error)
{
	struct recorder *recorder = recorder_of(stream);
	char event[32];

	assert_int_equal(stream->out.len, 0);
	snprintf(event, sizeof(event), "close:%d", error);
	recorder_note(recorder, event);
	if (recorder->closed)
		recorder->closed(recorder);
}

static inline void recorder_init(struct recorder *recorder)
{
	static const struct nv_stream_events events = {
		.on_open = recorder_on_open,
		.on_data = recorder_on_data,
		.on_drain = recorder_on_drain,
		.on_close = recorder_on_close,
	};

	memset(recorder, 0, sizeof(*recorder));
	recorder->stream.events = &events;
}

static inline void recorder_deinit(struct recorder *recorder)
{
	free(recorder->bytes);
	recorder->bytes = NULL;
	recorder->len = 0;
	recorder->cap = 0;
}

static inline void recorder_send(struct recorder *recorder, const void *data, size_t len)
{
	assert_int_equal(nv_outq_append(&recorder->stream.out, data, len), 0);
	nv_stream_flush(&recorder->stream);
}

static inline void recorder_send_text(struct recorder *recorder, const char *text)
{
	recorder_send(recorder, text, strlen(text));
}

static inline bool recorder_is_closed(const struct recorder *recorder)
{
	return strstr(recorder->log, "close:") != NULL;
}

#endif
