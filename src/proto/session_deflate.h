/* SPDX-License-Identifier: MIT */
/* session_deflate.h: the part of a session that permessage-deflate adds (RFC 7692), in a block of its
 * own that only sessions have which agreed on it. For session*.c. */
#ifndef PROTO_SESSION_DEFLATE_H
#define PROTO_SESSION_DEFLATE_H

#include "proto/deflate_pool.h"
#include "proto/session.h"

/* RFC 7692 6: the mark of a compressed message, on its first frame. */
#define NV_RSV1 0x40u

struct nv_session_deflate {
	struct nv_deflate agreed;
	struct nv_deflate_pool *pool;
	/* Kept all the time, or for a message that leaves or arrives in several steps; else NULL. */
	struct nv_deflater *deflater;
	struct nv_inflater *inflater;
	size_t charged;      /* to the budget */
	uint8_t window_bits; /* of what is sent */
	bool keeps_sent;     /* the deflater's window lives on after a message */
	bool keeps_received; /* and the inflater's */
	bool sending;        /* the message that leaves in parts is compressed */
	bool receiving;      /* the message under way is compressed, */
	bool fed;            /* and some of its payload has arrived */
};

/* RFC 7692 6.1: a message is compressed as a whole or not at all. The size of one that leaves in
 * parts is not known when it starts. */
static inline bool nv_session_compresses(const struct nv_session *session,
                                         const struct nv_outgoing *message)
{
	if (!session->deflate)
		return false;
	if (message->opcode == NV_CONTINUATION)
		return session->deflate->sending;
	return !message->uncompressed &&
	       (!message->fin || message->data.len >= session->options->compression.threshold);
}

/* Decompresses the payload that has arrived of the message under way into `held` and checks it;
 * `last` with the end of the message. False when the session has failed. session_inflate.c */
bool nv_session_inflate(struct nv_session *session, struct nv_event *event, struct nv_bytes part,
                        bool last);

/* Compresses a message, or one part of it, and tells in `*payload` what is to be sent, which lives
 * until the next call. 0, or NV_ERR_NOMEM or NV_ERR_TOO_BIG: a whole message then leaves as it is.
 * session_deflate.c */
int nv_session_deflate_part(struct nv_session *session, struct nv_bytes data, bool fin,
                            struct nv_bytes *payload);

/* What was compressed last is not sent: later messages must not refer to it. */
void nv_session_deflate_undo(struct nv_session *session);

/* ... and it is sent. */
void nv_session_deflate_done(struct nv_session *session, bool fin);

/* No more of the peer's data is wanted: gives back what an unfinished message had taken. */
void nv_session_inflate_stop(struct nv_session *session);

#endif
