/* SPDX-License-Identifier: MIT */
/* conn.h: one connection of a server or a client, from its first byte to its last.
 *
 * A phase is a table of what the stream's events and the passing of time mean; going on is swapping
 * the table. The opening handshake is its maker's phase; then come open, closing, linger. */
#ifndef WS_CONN_H
#define WS_CONN_H

#include <navette/navette.h>

#include "base/count.h"
#include "base/list.h"
#include "net/address.h"
#include "net/stream.h"
#include "proto/deflate_pool.h"
#include "proto/session.h"

/* What the connections of one server or one client share. Once it is complete no zero means a
 * default any more; NV_OFF means never. */
struct nv_conn_owner {
	struct nv_session_options session;
	struct nv_deflate_pool
		deflate; /* ended by whoever embeds the owner, after the last connection */
	uint32_t max_queue;
	uint32_t message_timeout_ms;
	uint32_t ping_interval_ms;
	uint32_t pong_timeout_ms;
	uint32_t close_timeout_ms;
	uint32_t write_timeout_ms;
	uint32_t jitter;            /* state of the generator that spreads pings and returns */
	_Atomic(uint64_t) received; /* messages */
	_Atomic(uint64_t) sent;
	bool draining;            /* who does not answer our Close now is cut for that */
	struct nv_server *server; /* NULL: a client's */
	/* Before on_close of the handlers: for the count and the log. NULL: a client's, as below. */
	void (*ended)(struct nv_conn *conn, const struct nv_close *close);
	/* And after it: nothing but the stream's end happens to it any more. */
	void (*forgotten)(struct nv_conn *conn);
	/* The stream is closed with this error: the last call, in which the owner frees the
	 * connection after nv_conn_deinit. */
	void (*released)(struct nv_conn *conn, int error);
};

struct nv_conn_phase {
	struct nv_stream_events events;
	void (*tick)(struct nv_conn *conn, uint32_t now_ms);
	void (*goodbye)(struct nv_conn *conn); /* the server stops; NULL: it is leaving anyway */
};

struct nv_conn {
	struct nv_stream stream; /* its events are those of the phase */
	struct nv_session session;
	struct nv_conn_owner *owner;
	const struct nv_handlers *handlers;
	void *user;
	char *subprotocol;
	struct nv_request *request; /* until on_open has returned; the owner's */
	struct nv_tail *tail;       /* read, and not delivered because of a pause; or NULL */
	struct nv_reader *reader;   /* of who subscribes, and a few others; or NULL */
	struct nv_address peer;
	/* Loop times in ms, wrapping; only differences are used. */
	uint32_t since;         /* this phase began */
	uint32_t heard;         /* the peer's last byte arrived */
	uint32_t pinged;        /* our unanswered ping left */
	uint32_t ping_after;    /* that much silence */
	uint32_t message_since; /* the message under way began */
	uint32_t progress;      /* output last moved, */
	uint32_t written;       /* and stood at */
	uint32_t drained;       /* bytes dropped while lingering */
	uint32_t slot;          /* in the slab of its worker */
	uint32_t sent; /* messages that its owner has not counted yet: that is done for many */
	uint8_t cause; /* enum nv_cause, of an end that this side decides */
	bool pinging;
	bool opened;   /* on_open was called */
	bool ended;    /* on_close was called */
	bool admitted; /* counts among its server's connections */
};

static inline struct nv_conn *nv_conn_of(struct nv_stream *stream)
{
	return nv_container_of(stream, struct nv_conn, stream);
}

static inline const struct nv_conn_phase *nv_conn_phase(const struct nv_conn *conn)
{
	return (const void *)((const char *)conn->stream.events -
	                      offsetof(struct nv_conn_phase, events));
}

static inline bool nv_conn_is_in(const struct nv_conn *conn, const struct nv_conn_phase *phase)
{
	return conn->stream.events == &phase->events;
}

/* The phases after the opening handshake; those before it are of who makes connections. */
extern const struct nv_conn_phase nv_phase_open;    /* phase_open.c */
extern const struct nv_conn_phase nv_phase_paused;  /* nothing of the peer is wanted for now */
extern const struct nv_conn_phase nv_phase_closing; /* our Close is sent, the peer's awaited */
extern const struct nv_conn_phase nv_phase_linger;  /* phase_linger.c */
extern const struct nv_conn_phase nv_phase_dead;    /* cut: nothing happens but the stream's end */

static inline void nv_set_default(uint32_t *option, uint32_t value)
{
	if (*option == 0)
		*option = value;
}

/* Fills in the defaults. */
void nv_conn_owner_complete(struct nv_conn_owner *owner);

/* The next number of a generator that spreads things over time, which needs no secrecy. */
uint32_t nv_conn_owner_random(struct nv_conn_owner *owner);

/* Embed or allocate it zeroed. `handlers` is set by the owner and outlives it. */
void nv_conn_init(struct nv_conn *conn, struct nv_conn_owner *owner,
                  const struct nv_conn_phase *phase);
void nv_conn_deinit(struct nv_conn *conn);

/* The loop's time in ms, wrapping. */
uint32_t nv_conn_now(const struct nv_conn *conn);
void nv_conn_enter(struct nv_conn *conn, const struct nv_conn_phase *phase);

static inline void nv_conn_count_sent(struct nv_conn *conn)
{
	nv_count_add(&conn->owner->sent, conn->sent);
	conn->sent = 0;
}

/* The opening handshake is done: on_open. The caller then gives what the peer sent behind the
 * handshake to on_data of the phase in which that left the connection. */
void nv_conn_open(struct nv_conn *conn);

/* Moves the session's output to the stream: a ping or a pong, which overtakes what waits there while the
 * peer does not read. Of pongs the newest four wait then. */
void nv_conn_take_control(struct nv_conn *conn, enum nv_opcode opcode);

/* A Close, which goes behind what is queued. */
void nv_conn_take_close(struct nv_conn *conn);

/* The WebSocket connection is over: on_close, if it was ever open, and once. */
void nv_conn_end(struct nv_conn *conn, const struct nv_close *close);

/* Queues a whole message, whatever the limit. 0 or an error of nv_conn_send. */
int nv_conn_queue(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);

/* Fails an open connection: a Close with that status and constant text, behind what is queued. */
void nv_conn_fail(struct nv_conn *conn, uint16_t status, const char *error);

/* What pausing and resuming consist of (pause.c). The first keeps what the session has not read of
 * what it was lent: 0 or NV_ERR_NOMEM. The last makes it arrive again, in a later step of the loop and
 * in the phase of then, and the stream go on behind it. */
int nv_conn_keep_rest(struct nv_conn *conn);
size_t nv_conn_tail_size(const struct nv_conn *conn); /* bytes of memory */
void nv_conn_drop_tail(struct nv_conn *conn);
void nv_conn_read_on(struct nv_conn *conn);

/* What the session has not read waits for the next turn: 0 or NV_ERR_NOMEM. */
int nv_conn_yield(struct nv_conn *conn);

/* Nothing more to say: sends what is queued, then FIN, and drops what still arrives until the peer
 * has ended too, for 2 s or 64 KiB, so that no reset destroys our last bytes in flight. */
void nv_conn_linger(struct nv_conn *conn);

/* Ends the connection without another byte; on_close follows with the stream's end. */
void nv_conn_cut(struct nv_conn *conn, enum nv_cause cause);

/* True when queued output has not moved for write_timeout_ms. To be asked at every tick. */
bool nv_conn_is_stalled(struct nv_conn *conn, uint32_t now_ms);

/* The on_close of every phase. */
void nv_conn_stream_closed(struct nv_stream *stream, int error);

static inline bool nv_conn_can_send(const struct nv_conn *conn)
{
	return nv_conn_is_in(conn, &nv_phase_open) || nv_conn_is_in(conn, &nv_phase_paused);
}

static inline bool nv_conn_is_open(const struct nv_conn *conn)
{
	return nv_conn_can_send(conn) || nv_conn_is_in(conn, &nv_phase_closing);
}

/* True when `limit_ms` is not NV_OFF and that long has passed. */
static inline bool nv_conn_expired(uint32_t now_ms, uint32_t since_ms, uint32_t limit_ms)
{
	return limit_ms != NV_OFF && now_ms - since_ms >= limit_ms;
}

#endif
