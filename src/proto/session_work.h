/* SPDX-License-Identifier: MIT */
/* session_work.h: the part of a session that it needs only while a frame or a message is under way, or
 * output waits, and what its files tell each other. For session*.c. */
#ifndef PROTO_SESSION_WORK_H
#define PROTO_SESSION_WORK_H

#include "base/buf.h"
#include "proto/session.h"

struct nv_pongs;

struct nv_session_work {
	struct nv_buf held; /* the message so far, then what arrived of a control frame within it */
	struct nv_buf out;
	struct nv_pongs *pongs; /* those that wait behind `out`; NULL: none */
	uint64_t left;          /* of the current frame's payload */
	uint32_t message_len;
	uint32_t fragments;
	uint32_t empty;
	uint8_t head[NV_FRAME_HEAD_MAX];
	uint8_t head_len;
	uint8_t key[4];
	uint8_t key_offset;
	uint8_t opcode; /* of the current frame */
	uint8_t utf8;   /* of the text that arrives */
	bool fin;       /* of the current frame */
};

/* The session's work, begun if there is none; NULL without memory. session_life.c */
struct nv_session_work *nv_session_begin(struct nv_session *session);

/* Ends the work when nothing of it is needed any more. Only where none of it is in use: at the end
 * of a call from outside. */
void nv_session_rest(struct nv_session *session);

/* Reads on, whatever there is; as nv_session_next. session_receive.c */
bool nv_session_receive(struct nv_session *session, struct nv_event *event);

/* Ends the session with a status and makes the event, which nv_session_receive tells. Always
 * false. */
bool nv_session_fail(struct nv_session *session, struct nv_event *event, uint16_t status,
                     const char *error);

/* RFC 6455 8.1: text that is not UTF-8 fails the session. The second looks at the message under way,
 * and is true for what is not text. */
bool nv_session_fail_text(struct nv_session *session, struct nv_event *event);
bool nv_session_check_text(struct nv_session *session, struct nv_event *event, struct nv_bytes part,
                           bool last);

/* nv_session_encode for whatever may be sent. session_send.c */
int nv_session_encode_part(struct nv_session *session, const struct nv_outgoing *message,
                           uint8_t *(*reserve)(void *queue, size_t len), void *queue, size_t *size);

/* The answers that the receiving half makes: a pong (NV_ERR_NOMEM), and the Close of a connection
 * that failed or that the peer closes; without memory that Close is lost, not the end.
 * session_send.c */
int nv_session_answer_ping(struct nv_session *session, struct nv_bytes data);
void nv_session_answer_close(struct nv_session *session, uint16_t status, struct nv_bytes reason);

#endif
