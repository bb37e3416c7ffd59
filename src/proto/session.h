/* SPDX-License-Identifier: MIT */
/* session.h: the session's state, for owners that embed one. What it does stands in
 * <navette/session.h>. */
#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

#include <navette/session.h>

#include "proto/frame.h"

struct nv_session_deflate;
struct nv_session_work;
struct nv_deflate_pool;
struct nv_outq;

enum nv_session_phase {
	NV_SESSION_FIRST = 0, /* reading the first byte of a frame's head */
	NV_SESSION_SECOND,
	NV_SESSION_LENGTH, /* the extended length, if any */
	NV_SESSION_KEY,    /* the masking key, if any */
	NV_SESSION_PAYLOAD,
	NV_SESSION_FAILED, /* the close event is made and still to be told */
	NV_SESSION_DONE    /* whatever else arrives is dropped */
};

/* As small as can be: every connection has one, and hardly any is at work. */
struct nv_session {
	const struct nv_session_options *options;
	uint8_t *cursor; /* the lent bytes that are still to be read */
	uint8_t *end;
	struct nv_session_work *work; /* session_work.h; NULL: nothing is under way or waits */
	struct nv_session_deflate *deflate; /* NULL: not agreed on */
	union {
		struct {
			uint8_t phase;
			uint8_t message; /* opcode of the message under way, 0: none */
			bool delivered; /* the last event showed what the work holds, which goes at the next */
			bool special; /* a client's, or not even every small message is allowed */
			bool close_sent;
			bool close_received;
			uint8_t sent_opcode; /* of the message that leaves in parts, 0: none */
			uint8_t sent_utf8;   /* of the text that leaves in parts */
		};
		uint64_t busy; /* 0: between two messages, either way, and nothing is special */
	};
};

/* Fills in the defaults. */
void nv_session_options_complete(struct nv_session_options *options);

/* `options` is complete and outlives the session. */
void nv_session_init(struct nv_session *session, const struct nv_session_options *options);
void nv_session_deinit(struct nv_session *session);

/* Turns on permessage-deflate, before the first frame. The pool outlives the session. 0, or
 * NV_ERR_NOMEM: then the extension has to be declined. */
int nv_session_compress(struct nv_session *session, const struct nv_deflate *agreed,
                        struct nv_deflate_pool *pool);

/* Turns it off again; does nothing when it is not on. */
void nv_session_uncompress(struct nv_session *session);

/* What was agreed on, or NULL. */
const struct nv_deflate *nv_session_agreed(const struct nv_session *session);

/* One message, or one part of it. */
struct nv_outgoing {
	enum nv_opcode opcode;
	struct nv_bytes data;
	bool fin;
	bool uncompressed;
};

/* Writes its frame into the room that `reserve` finds in the owner's queue, NULL for want of memory.
 * 0 and the size, which the owner commits, or an error of nv_session_send_part. */
int nv_session_encode(struct nv_session *session, const struct nv_outgoing *message,
                      uint8_t *(*reserve)(void *queue, size_t len), void *queue, size_t *size);

/* The same at the end of a queue, and there for a whole message, compressed if that was agreed on. */
int nv_session_queue_part(struct nv_session *session, const struct nv_outgoing *message,
                          struct nv_outq *queue);
int nv_session_queue(struct nv_session *session, enum nv_opcode opcode, struct nv_bytes data,
                     struct nv_outq *queue);

/* How many bytes of output wait, without the pongs behind them. */
size_t nv_session_unsent(const struct nv_session *session);

/* Bytes of memory that it holds of a message that arrives, and as output. */
size_t nv_session_memory(const struct nv_session *session);

/* True between the first part of a message that is sent in parts and its last. */
static inline bool nv_session_in_parts(const struct nv_session *session)
{
	return session->sent_opcode != 0;
}

/* True while a message or a frame has begun and not ended: its sender may be slow on purpose. */
bool nv_session_in_message(const struct nv_session *session);

#endif
