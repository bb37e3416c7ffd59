/* SPDX-License-Identifier: MIT */
/* session.h: the WebSocket protocol as a pure function of bytes (RFC 6455, with the extension of
 * RFC 7692), for both roles.
 *
 * After the opening handshake, lend the session the peer's bytes and pull events until there are
 * none; then send what its output holds. It makes no system call, reads no clock and takes no lock.
 * What the peer does wrong is a close event with its status, never a return value. The session
 * answers pings and closes by itself, into its own output. One session belongs to one thread at a
 * time. */
#ifndef NAVETTE_SESSION_H
#define NAVETTE_SESSION_H

#include <navette/deflate.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nv_session;

enum nv_role {
	NV_SERVER,
	NV_CLIENT
};

/* Zero means the default; NV_OFF turns a limit off. */
struct nv_session_options {
	enum nv_role role;
	/* Bytes of one message, all fragments together and uncompressed: 65,536. */
	uint32_t max_message;
	uint32_t
		max_fragments; /* frames of one message: the larger of 4,096 and max_message / 16 */
	uint32_t max_empty;    /* fragments without payload in a row: 64 */
	bool unchecked_text;   /* do not verify the UTF-8 of text that is sent */
	/* A client's next masking key: four bytes that nobody can predict (RFC 6455 5.3); 0, or a
	 * negative error that fails the send. NULL in a client makes nv_session_new answer NULL. */
	int (*masking_key)(void *context, uint8_t key[4]);
	void *context;
	struct nv_deflate deflate;         /* as the opening handshake agreed on it */
	struct nv_compression compression; /* how to compress then; it sets limits, `deflate` too */
};

enum nv_event_type {
	NV_EVENT_MESSAGE, /* opcode NV_TEXT (valid UTF-8) or NV_BINARY, whole, in `data` */
	NV_EVENT_PING,    /* answered already; `data` is its payload */
	NV_EVENT_PONG,
	NV_EVENT_CLOSE /* the last event: status, and the reason in `data` */
};

struct nv_event {
	enum nv_event_type type;
	enum nv_opcode opcode;
	uint16_t status; /* of a close: the peer's (1005: it gave none), or ours when it failed */
	struct nv_bytes data; /* dies at the next nv_session_next or nv_session_feed */
	/* Close only: why the session failed the connection, NULL when the peer closed it. A constant. */
	const char *error;
};

/* NULL without memory or with options that make no sense. The options are copied. */
NV_API struct nv_session *nv_session_new(const struct nv_session_options *options);
NV_API void nv_session_free(struct nv_session *session);

/* Lends bytes of the peer, which are unmasked in place and must stay until nv_session_next has
 * answered false. Feeding before that is a mistake of the caller and loses the rest. */
NV_API void nv_session_feed(struct nv_session *session, uint8_t *data, size_t len);

/* The next event; false when the lent bytes are used up. */
NV_API bool nv_session_next(struct nv_session *session, struct nv_event *event);

/* What is to be sent to the peer; stays until the next call that appends or consumes. While output
 * waits, at most four pongs wait behind it, the newest of them (RFC 6455 5.5.3): take the output
 * after every event to answer every ping. */
NV_API struct nv_bytes nv_session_output(struct nv_session *session);
NV_API void nv_session_consume(struct nv_session *session, size_t len);

/* Append one message, or one part of a message, to the output. A message in parts starts with
 * NV_TEXT or NV_BINARY and goes on with NV_CONTINUATION; `fin` marks its last part. NV_ERR_CLOSED
 * after a Close was sent or received, NV_ERR_STATE for parts out of order, NV_ERR_UTF8 for bad text,
 * NV_ERR_INVALID for another opcode, NV_ERR_TOO_BIG for a part of more than 1 GiB of a message that is
 * compressed, NV_ERR_NOMEM, or what the masking key failed with. */
NV_API int nv_session_send(struct nv_session *session, enum nv_opcode opcode, struct nv_bytes data);
NV_API int nv_session_send_part(struct nv_session *session, enum nv_opcode opcode,
                                struct nv_bytes data, bool fin);

/* The same as nv_session_send, but never compressed: for a secret beside text that somebody else
 * chose, which compression would let him guess (RFC 7692 8). */
NV_API int nv_session_send_uncompressed(struct nv_session *session, enum nv_opcode opcode,
                                        struct nv_bytes data);

/* At most 125 bytes (RFC 6455 5.5), else NV_ERR_TOO_BIG. */
NV_API int nv_session_ping(struct nv_session *session, struct nv_bytes data);
NV_API int nv_session_pong(struct nv_session *session, struct nv_bytes data);

/* Starts the closing handshake, or fails the connection, with a status that may be on the wire
 * (RFC 6455 7.4) and a reason of at most 123 bytes of UTF-8; status 0 sends an empty Close. The
 * first Close wins, a second call is NV_ERR_CLOSED. After any other error none was sent, and the
 * session goes on. */
NV_API int nv_session_close(struct nv_session *session, uint16_t status, struct nv_bytes reason);

/* What happened of the closing handshake. The TCP connection ends when both are true, or at once
 * when the session failed (RFC 6455 7.1.1, 7.1.7). */
NV_API bool nv_session_close_sent(const struct nv_session *session);
NV_API bool nv_session_close_received(const struct nv_session *session);

#ifdef __cplusplus
}
#endif

#endif
