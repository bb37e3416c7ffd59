/* SPDX-License-Identifier: MIT */
/* sessions.h: a server's session, and feeding it bytes that are gone afterwards. */
#ifndef PROTO_SESSIONS_H
#define PROTO_SESSIONS_H

#include <navette/session.h>

#include <stdlib.h>

#include "support/unit.h"

#define KEY 0x37, 0xfa, 0x21, 0x3d
#define NO_KEY 0, 0, 0, 0

static inline struct nv_session *open_server(uint32_t max_message, uint32_t max_fragments,
                                             uint32_t max_empty)
{
	const struct nv_session_options options = { .max_message = max_message,
		                                    .max_fragments = max_fragments,
		                                    .max_empty = max_empty };
	struct nv_session *session = nv_session_new(&options);

	assert_non_null(session);
	return session;
}

/* Feeds a copy; returns the number of events, the last of them in `*event`. Their payload is gone. */
static inline size_t feed(struct nv_session *session, const uint8_t *bytes, size_t len,
                          struct nv_event *event)
{
	uint8_t *copy = malloc(len + 1);
	size_t events = 0;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	nv_session_feed(session, copy, len);
	while (nv_session_next(session, event))
		events++;
	event->data = (struct nv_bytes){ NULL, 0 };
	free(copy);
	return events;
}

#endif
