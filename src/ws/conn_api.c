/* SPDX-License-Identifier: MIT */
/* conn_api.c: what a program calls on a connection. Nothing here writes to a socket or calls back:
 * frames are queued, and the loop writes them when the turn ends. */
#include "ws/conn.h"

#include "proto/session_small.h"
#include "ws/reader.h"
#include "ws/request.h"

static const char *const cause_texts[] = {
#define CAUSE_TEXT(name, text) [name] = (text),
	NV_CAUSES(CAUSE_TEXT)
#undef CAUSE_TEXT
};

const char *nv_cause_text(enum nv_cause cause)
{
	size_t index = (size_t)cause;

	return index < sizeof cause_texts / sizeof *cause_texts ? cause_texts[index]
	                                                        : "unknown cause";
}

/* --- Sending --- */

static int queued(struct nv_conn *conn, int error, bool message)
{
	if (error < 0)
		return error;
	nv_stream_flush(&conn->stream);
	nv_count_add(&conn->owner->sent, message);
	return 0;
}

int nv_conn_queue(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	return queued(conn, nv_session_queue(&conn->session, opcode, message, &conn->stream.out),
	              true);
}

/* Whether a message may be queued now, behind what was published. */
static int may_queue(struct nv_conn *conn)
{
	if (!nv_conn_can_send(conn))
		return NV_ERR_CLOSED;
	nv_conn_catch_up(conn);
	return conn->stream.out.len >= conn->owner->max_queue ? NV_ERR_FULL : 0;
}

static int send_part(struct nv_conn *conn, const struct nv_outgoing *message)
{
	int error = may_queue(conn);

	if (error < 0)
		return error;
	return queued(conn, nv_session_queue_part(&conn->session, message, &conn->stream.out),
	              message->fin);
}

int nv_conn_send_part(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes data, bool fin)
{
	int error = send_part(conn, &(struct nv_outgoing){ opcode, data, fin, false });

	if (error == 0 && fin && opcode == NV_CONTINUATION)
		nv_reader_send_aside(conn);
	return error;
}

int nv_conn_send_uncompressed(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	if (opcode == NV_CONTINUATION)
		return NV_ERR_INVALID;
	return send_part(conn, &(struct nv_outgoing){ opcode, message, true, true });
}

NV_NOINLINE static int send_any(struct nv_conn *conn, enum nv_opcode opcode,
                                struct nv_bytes message)
{
	int error = may_queue(conn);

	if (opcode == NV_CONTINUATION)
		return NV_ERR_INVALID;
	return error < 0 ? error : nv_conn_queue(conn, opcode, message);
}

/* Nothing has to be asked or told before it sends one message more: if it is one more, the stream knows
 * already that something waits. */
static inline bool is_sending(const struct nv_conn *conn)
{
	return nv_conn_is_in(conn, &nv_phase_open) && !conn->reader &&
	       conn->stream.out.len < conn->owner->max_queue &&
	       !nv_stream_is_blocked(&conn->stream);
}

/* The way of most messages calls nothing. */
int nv_conn_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	if (is_sending(conn) &&
	    nv_session_queue_small(&conn->session, opcode, message, &conn->stream.out)) {
		conn->sent++;
		return 0;
	}
	return send_any(conn, opcode, message);
}

int nv_conn_send_text(struct nv_conn *conn, const char *text)
{
	return nv_conn_send(conn, NV_TEXT, nv_str(text));
}

int nv_conn_ping(struct nv_conn *conn, struct nv_bytes data)
{
	int error;

	if (!nv_conn_can_send(conn))
		return NV_ERR_CLOSED;
	if (nv_conn_unsent(conn) >= conn->owner->max_queue)
		return NV_ERR_FULL;
	error = nv_session_ping(&conn->session, data);
	if (error == 0)
		nv_conn_take_control(conn, NV_PING);
	return error;
}

/* --- Ending --- */

int nv_conn_close(struct nv_conn *conn, uint16_t status, const char *reason)
{
	int error;

	if (!nv_conn_can_send(conn))
		return NV_ERR_CLOSED;
	nv_conn_catch_up(conn);
	error = nv_session_close(&conn->session, status, nv_str(reason));
	if (error < 0)
		return error;
	nv_conn_enter(conn, &nv_phase_closing);
	nv_conn_take_close(conn);
	/* A pause ends here, or the peer's Close would not be seen. */
	nv_conn_read_on(conn);
	return 0;
}

void nv_conn_abort(struct nv_conn *conn)
{
	if (!nv_conn_is_in(conn, &nv_phase_dead))
		nv_conn_cut(conn, NV_CAUSE_ABORTED);
}

/* --- Looking --- */

NV_NOINLINE static size_t unsent_at_work(const struct nv_conn *conn)
{
	return conn->stream.out.len + nv_session_unsent(&conn->session);
}

size_t nv_conn_unsent(const struct nv_conn *conn)
{
	return conn->session.work ? unsent_at_work(conn) : conn->stream.out.len;
}

void *nv_conn_user(const struct nv_conn *conn)
{
	return conn->user;
}

void nv_conn_set_user(struct nv_conn *conn, void *user)
{
	conn->user = user;
}

const char *nv_conn_subprotocol(const struct nv_conn *conn)
{
	return conn->subprotocol;
}

const struct nv_deflate *nv_conn_deflate(const struct nv_conn *conn)
{
	return nv_session_agreed(&conn->session);
}

char *nv_conn_peer(const struct nv_conn *conn, char *text)
{
	_Static_assert(NV_PEER_TEXT == NV_ADDRESS_TEXT, "a peer is an address");
	nv_address_format(&conn->peer, text);
	return text;
}

struct nv_loop *nv_conn_loop(const struct nv_conn *conn)
{
	return conn->stream.loop;
}

struct nv_server *nv_conn_server(const struct nv_conn *conn)
{
	return conn->owner->server;
}

struct nv_request *nv_conn_request(const struct nv_conn *conn)
{
	return conn->request;
}
