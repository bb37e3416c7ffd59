/* SPDX-License-Identifier: MIT */
/* event_log.h: what a receiver told its program and what it answered its peer, in order. */
#ifndef MODEL_EVENT_LOG_H
#define MODEL_EVENT_LOG_H

#include <navette/base.h>
#include <stdio.h>

enum logged {
	LOGGED_MESSAGE,
	LOGGED_PING,
	LOGGED_PONG,
	LOGGED_CLOSE,
	LOGGED_PONG_SENT,
	LOGGED_CLOSE_SENT, /* status 1005: without payload */
	LOGGED_NONSENSE    /* something that no receiver may do */
};

struct logged_event {
	enum logged kind;
	uint8_t opcode;  /* of a message */
	uint16_t status; /* of a Close */
	bool failed;     /* this side failed the connection */
	size_t from;     /* the payload in `bytes` */
	size_t len;
};

/* Starts as {0}. Aborts without memory. */
struct event_log {
	struct logged_event *events;
	size_t count;
	size_t cap;
	uint8_t *bytes;
	size_t len;
	size_t bytes_cap;
};

/* Appends `event` with a copy of its payload. */
void event_log_add(struct event_log *log, struct logged_event event, struct nv_bytes payload);

void event_log_clear(struct event_log *log); /* keeps the memory */
void event_log_free(struct event_log *log);

bool event_log_same(const struct event_log *a, const struct event_log *b);
/* True when `log` begins as `start` does. */
bool event_log_starts(const struct event_log *log, const struct event_log *start);
void event_log_print(const struct event_log *log, FILE *out);

#endif
