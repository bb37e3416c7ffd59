/* SPDX-License-Identifier: MIT */
/* event_log.c: a list of events; their payloads lie behind each other in one room. */
#include "model/event_log.h"

#include <stdlib.h>

/* The room for `needed` units of `size` bytes, doubled until it is enough. */
static void *grow(void *room, size_t *cap, size_t needed, size_t size)
{
	if (needed <= *cap)
		return room;
	while (*cap < needed)
		*cap = *cap ? *cap * 2 : 64;
	room = realloc(room, *cap * size);
	if (!room)
		abort();
	return room;
}

void event_log_add(struct event_log *log, struct logged_event event, struct nv_bytes payload)
{
	log->events = grow(log->events, &log->cap, log->count + 1, sizeof *log->events);
	log->bytes = grow(log->bytes, &log->bytes_cap, log->len + payload.len, 1);
	event.from = log->len;
	event.len = payload.len;
	if (payload.len > 0)
		memcpy(log->bytes + log->len, payload.data, payload.len);
	log->len += payload.len;
	log->events[log->count++] = event;
}

void event_log_clear(struct event_log *log)
{
	log->count = 0;
	log->len = 0;
}

void event_log_free(struct event_log *log)
{
	free(log->events);
	free(log->bytes);
	*log = (struct event_log){ 0 };
}

static bool same_event(const struct logged_event *a, const struct logged_event *b)
{
	return a->kind == b->kind && a->opcode == b->opcode && a->status == b->status &&
	       a->failed == b->failed && a->len == b->len;
}

bool event_log_starts(const struct event_log *log, const struct event_log *start)
{
	if (log->count < start->count || log->len < start->len)
		return false;
	for (size_t i = 0; i < start->count; i++) {
		if (!same_event(&log->events[i], &start->events[i]))
			return false;
	}
	return start->len == 0 || memcmp(log->bytes, start->bytes, start->len) == 0;
}

bool event_log_same(const struct event_log *a, const struct event_log *b)
{
	return a->count == b->count && a->len == b->len && event_log_starts(a, b);
}

void event_log_print(const struct event_log *log, FILE *out)
{
	static const char *const names[] = { "message",   "ping",       "pong",    "close",
		                             "pong sent", "close sent", "nonsense" };

	for (size_t i = 0; i < log->count; i++) {
		const struct logged_event *event = &log->events[i];

		fprintf(out, "  %s opcode %u status %u%s, %zu bytes:", names[event->kind],
		        event->opcode, event->status, event->failed ? " failed" : "", event->len);
		for (size_t n = 0; n < event->len && n < 64; n++)
			fprintf(out, " %02x", log->bytes[event->from + n]);
		fprintf(out, "%s\n", event->len > 64 ? " ..." : "");
	}
}
