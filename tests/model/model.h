/* SPDX-License-Identifier: MIT */
/* model.h: a WebSocket receiver to compare the session with: slow, obvious, and written from the text
 * of RFC 6455 and RFC 7692 without a line of src/proto. It has the whole stream before it and reads it from the
 * first byte to the last; it knows no splits. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <navette/session.h>

#include "model/event_log.h"

#define MODEL_NEVER SIZE_MAX

struct model_input {
	enum nv_role role; /* of the receiver */
	/* As in nv_session_options, but none is 0, which would mean a default. */
	uint32_t max_message;
	uint32_t max_fragments;
	uint32_t max_empty;
	struct nv_deflate deflate; /* as the opening handshake agreed on it */
	struct nv_bytes stream;    /* of the peer */
	size_t close_at; /* our own Close, 1000, leaves when so many bytes were read, or MODEL_NEVER */
};

/* What a receiver does with this input, appended to `log`. */
void model_receive(const struct model_input *input, struct event_log *log);

#endif
