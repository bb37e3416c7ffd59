/* SPDX-License-Identifier: MIT */
/* conn.h: a WebSocket connection, of a server or a client: what happens on it, and what can be done with it.
 * It is included by server.h and client.h. */
#ifndef NAVETTE_CONN_H
#define NAVETTE_CONN_H

#include <navette/deflate.h>
#include <navette/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nv_server;
struct nv_conn;
struct nv_request;
struct nv_loop;

/* --- What happens on a connection --- */

/* Why a connection ended; what lies behind a 1006 (RFC 6455 7.1.5). X(name, text). */
#define NV_CAUSES(X)                                                                               \
	X(NV_CAUSE_CLOSED, "closing handshake")                                                    \
	X(NV_CAUSE_PROTOCOL, "protocol error of the peer")                                         \
	X(NV_CAUSE_LIMIT, "a limit was exceeded")                                                  \
	X(NV_CAUSE_EOF, "the peer ended the connection without a Close")                           \
	X(NV_CAUSE_RESET, "the peer reset the connection")                                         \
	X(NV_CAUSE_LOST, "the network lost the peer")                                              \
	X(NV_CAUSE_TLS, "TLS failed")                                                              \
	X(NV_CAUSE_MESSAGE_TIMEOUT, "a message did not arrive in time")                            \
	X(NV_CAUSE_PING_TIMEOUT, "no answer to a ping")                                            \
	X(NV_CAUSE_CLOSE_TIMEOUT, "no answer to a Close")                                          \
	X(NV_CAUSE_SLOW, "the peer did not read")                                                  \
	X(NV_CAUSE_DRAIN, "the server was drained")                                                \
	X(NV_CAUSE_ABORTED, "aborted by this side")                                                \
	X(NV_CAUSE_MEMORY, "out of memory")                                                        \
	X(NV_CAUSE_SYSTEM, "system error")

enum nv_cause {
#define NV_CAUSE_ENUM(name, text) name,
	NV_CAUSES(NV_CAUSE_ENUM)
#undef NV_CAUSE_ENUM
	NV_CAUSE_COUNT
};

NV_API const char *nv_cause_text(enum nv_cause cause);

struct nv_close {
	/* The peer's; 1005 when it gave none; ours when this side failed the connection; 1006 when it
	 * ended without any of these. */
	uint16_t status;
	struct nv_bytes reason; /* that came with the status */
	bool clean;             /* a Close went each way */
	enum nv_cause cause;
	const char *detail; /* more than the cause says, a constant; or NULL */
};

/* All may be NULL. */
struct nv_handlers {
	/* A client asks for this route: nv_request_accept or nv_request_reply. Accepted when neither is
	 * called, refused with 500 when the last of such calls failed. Servers only. */
	void (*on_upgrade)(struct nv_request *request);
	void (*on_open)(struct nv_conn *conn);
	/* NV_TEXT, which is valid UTF-8, or NV_BINARY; whole. */
	void (*on_message)(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
	void (*on_ping)(struct nv_conn *conn, struct nv_bytes data); /* answered already */
	void (*on_pong)(struct nv_conn *conn, struct nv_bytes data);
	/* Everything queued has left, after the peer had made it wait or reading was paused, by
	 * nv_conn_pause or for a moment because it had brought too much at once. */
	void (*on_drain)(struct nv_conn *conn);
	/* Last, once, for each on_open; `conn` is dead when it returns. */
	void (*on_close)(struct nv_conn *conn, const struct nv_close *close);
	/* So many published messages were dropped by its policy (enum nv_slow) since the last time; when
	 * there is room again, before on_drain. Servers only. */
	void (*on_missed)(struct nv_conn *conn, uint64_t count);
};

/* --- A connection --- */

/* Queue one message. NV_ERR_FULL when the queue has reached its limit, NV_ERR_CLOSED once a Close
 * was sent or received, NV_ERR_UTF8 for text that is not, NV_ERR_STATE inside a message in parts,
 * NV_ERR_INVALID for another opcode, NV_ERR_NOMEM. A message is taken whenever the queue is below its
 * limit, whatever its own size. */
NV_API int nv_conn_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
NV_API int nv_conn_send_text(struct nv_conn *conn, const char *text);
/* One part of a message: NV_TEXT or NV_BINARY first, then NV_CONTINUATION; `fin` with the last. The
 * same errors, NV_ERR_STATE for parts out of order. */
NV_API int nv_conn_send_part(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes data,
                             bool fin);
/* As nv_conn_send, but never compressed: for a secret beside text that somebody else chose, which
 * compression would let him guess (RFC 7692 8). */
NV_API int nv_conn_send_uncompressed(struct nv_conn *conn, enum nv_opcode opcode,
                                     struct nv_bytes message);
/* At most 125 bytes, else NV_ERR_TOO_BIG; NV_ERR_FULL, NV_ERR_CLOSED, NV_ERR_NOMEM. */
NV_API int nv_conn_ping(struct nv_conn *conn, struct nv_bytes data);

/* Starts the closing handshake behind what is queued. Status 0 gives none; reason NULL or at most 123
 * bytes of UTF-8. NV_ERR_INVALID, NV_ERR_TOO_BIG, NV_ERR_UTF8 for what can't be sent, NV_ERR_NOMEM;
 * NV_ERR_CLOSED after another Close. */
NV_API int nv_conn_close(struct nv_conn *conn, uint16_t status, const char *reason);
/* Ends the connection at once and without a Close; on_close follows when this turn ends. */
NV_API void nv_conn_abort(struct nv_conn *conn);

/* While paused nothing of the peer is delivered, not even its Close: from the end of the running
 * callback on, to come later and in order. The peer's deadlines rest, but not that for reading what is
 * queued; if anything is, on_drain follows. Calls no handler. nv_conn_close ends the pause.
 * With nothing queued not even the peer's death is noticed until it ends: whoever pauses needs a
 * deadline of his own. */
NV_API void nv_conn_pause(struct nv_conn *conn, bool paused);

NV_API size_t nv_conn_unsent(const struct nv_conn *conn); /* bytes queued */
NV_API void *nv_conn_user(const struct nv_conn *conn);    /* the route's or client's until set */
NV_API void nv_conn_set_user(struct nv_conn *conn, void *user);
/* The agreed subprotocol, or NULL. Lives as long as the connection. */
NV_API const char *nv_conn_subprotocol(const struct nv_conn *conn);
/* What was agreed on of permessage-deflate, or NULL when it is not in use. Lives as long as the
 * connection. */
NV_API const struct nv_deflate *nv_conn_deflate(const struct nv_conn *conn);
/* "127.0.0.1:50312", "[::1]:50312" into `text` of at least NV_PEER_TEXT bytes; returns it. */
#define NV_PEER_TEXT 72
NV_API char *nv_conn_peer(const struct nv_conn *conn, char *text);
NV_API struct nv_loop *nv_conn_loop(const struct nv_conn *conn);
/* What TLS agreed on; false when there is none. */
NV_API bool nv_conn_tls(const struct nv_conn *conn, struct nv_tls_info *info);
/* The subject of the peer's certificate, which was verified, zero-terminated and as RFC 4514 writes it
 * ("CN=anna,O=Example"): its length; NV_ERR_NOT_FOUND without one; NV_ERR_TOO_BIG; NV_ERR_INVALID
 * for one that nobody can print. */
NV_API int nv_conn_tls_subject(const struct nv_conn *conn, char *out, size_t size);
/* Its server, or NULL of a client's. */
NV_API struct nv_server *nv_conn_server(const struct nv_conn *conn);
/* The request that opened it, in a server, until on_open returns; then NULL. */
NV_API struct nv_request *nv_conn_request(const struct nv_conn *conn);

#ifdef __cplusplus
}
#endif

#endif
