/* SPDX-License-Identifier: MIT */
/* session.h: the session's state, for owners that embed one. What it does stands in
 * <navette/session.h>. */
#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

#include <navette/session.h>

#include "base/buf.h"
#include "proto/frame.h"

struct nv_pongs;
struct nv_session_deflate;
struct nv_deflate_pool;

enum nv_session_phase {
	NV_SESSION_FIRST, /* reading the first byte of a frame's head */
	NV_SESSION_SECOND,
	NV_SESSION_LENGTH, /* the extended length, if any */
	NV_SESSION_KEY,    /* the masking key, if any */
	NV_SESSION_PAYLOAD,
	NV_SESSION_FAILED, /* the close event is still to be told */
	NV_SESSION_DONE    /* whatever else arrives is dropped */
};

struct nv_session {
	const struct nv_session_options *options;
	uint8_t *cursor; /* the lent bytes that are still to be read */
	uint8_t *end;
	struct nv_buf held; /* the message so far, then what arrived of a control frame within it */
	struct nv_buf out;
	struct nv_pongs *pongs;             /* those that wait behind `out`; NULL: none */
	struct nv_session_deflate *deflate; /* NULL: not agreed on */
	const char *error;
	uint64_t left; /* of the current frame's payload */
	uint32_t message_len;
	uint32_t fragments;
	uint32_t empty;
	uint16_t status; /* of the failure */
	uint8_t head[NV_FRAME_HEAD_MAX];
	uint8_t head_len;
	uint8_t phase;
	uint8_t key[4];
	uint8_t key_offset;
	uint8_t opcode;      /* of the current frame */
	uint8_t message;     /* opcode of the message under way, 0: none */
	uint8_t utf8;        /* of the text that arrives */
	uint8_t sent_utf8;   /* of the text that leaves in parts */
	uint8_t sent_opcode; /* of the message that leaves in parts, 0: none */
	bool fin;            /* of the current frame */
	bool delivered; /* the last event showed `held`, which goes when the next is asked for */
	bool close_sent;
	bool close_received;
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

/* The answers that the receiving half makes: a pong (NV_ERR_NOMEM), and the Close of a connection
 * that failed or that the peer closes; without memory that Close is lost, not the end. */
int nv_session_answer_ping(struct nv_session *session, struct nv_bytes data);
void nv_session_answer_close(struct nv_session *session, uint16_t status, struct nv_bytes reason);

/* True while a message or a frame has begun and not ended: its sender may be slow on purpose. */
bool nv_session_in_message(const struct nv_session *session);

#endif
