/* SPDX-License-Identifier: MIT */
/* pause.c: a connection whose program does not listen for a while. The stream stands still, and with
 * it the deadlines of the peer, whose silence cannot be told then. What was read behind the message
 * at which a pause began is the tail: it is kept here, and comes before the stream when the program
 * listens again. A connection that has had its share of a turn pauses so for itself. */
#include "base/alloc.h"
#include "net/loop.h"
#include "ws/conn.h"

#define FAR_MS UINT32_MAX

/* The timer runs all the time, far away: to bring it near can't fail, as to start it could. */
struct nv_tail {
	struct nv_timer timer;
	struct nv_conn *conn;
	size_t from; /* of the bytes that are still to be delivered */
	size_t end;
	uint8_t bytes[];
};

static bool has_rest(const struct nv_conn *conn)
{
	return conn->tail && conn->tail->from < conn->tail->end;
}

static void deliver(struct nv_timer *timer)
{
	struct nv_tail *tail = nv_container_of(timer, struct nv_tail, timer);
	struct nv_conn *conn = tail->conn;

	size_t from = tail->from;

	/* Its place in the heap has just become free. */
	(void)nv_loop_start_timer(conn->stream.loop, timer, FAR_MS);
	if (nv_conn_is_in(conn, &nv_phase_paused))
		return;
	tail->from = tail->end;
	conn->stream.events->on_data(&conn->stream, tail->bytes + from, tail->end - from);
	if (nv_conn_is_in(conn, &nv_phase_paused) || has_rest(conn))
		return;
	nv_conn_drop_tail(conn);
	nv_stream_pause(&conn->stream, false);
}

static int keep(struct nv_conn *conn, struct nv_bytes rest)
{
	struct nv_tail *tail = nv_alloc(sizeof *tail + rest.len);
	int error;

	if (!tail)
		return NV_ERR_NOMEM;
	*tail = (struct nv_tail){ .timer.fire = deliver, .conn = conn, .end = rest.len };
	memcpy(tail->bytes, rest.data, rest.len);
	error = nv_loop_start_timer(conn->stream.loop, &tail->timer, FAR_MS);
	if (error < 0)
		nv_free(tail);
	else
		conn->tail = tail;
	return error;
}

/* What the session has not read of what it was lent. The message that it delivered last goes, so that
 * a long one is not held through the pause. */
static struct nv_bytes take_rest(struct nv_session *session)
{
	struct nv_bytes rest = { session->cursor, (size_t)(session->end - session->cursor) };
	struct nv_event none;

	session->cursor = session->end;
	(void)nv_session_next(session, &none);
	return rest;
}

int nv_conn_keep_rest(struct nv_conn *conn)
{
	struct nv_bytes rest = take_rest(&conn->session);

	if (rest.len == 0) {
		nv_conn_drop_tail(conn);
		return 0;
	}
	if (!conn->tail)
		return keep(conn, rest);
	conn->tail->from = conn->tail->end - rest.len;
	return 0;
}

size_t nv_conn_tail_size(const struct nv_conn *conn)
{
	return conn->tail ? sizeof *conn->tail + conn->tail->end : 0;
}

void nv_conn_drop_tail(struct nv_conn *conn)
{
	if (!conn->tail)
		return;
	nv_loop_stop_timer(conn->stream.loop, &conn->tail->timer);
	nv_free(conn->tail);
	conn->tail = NULL;
}

void nv_conn_read_on(struct nv_conn *conn)
{
	if (conn->tail)
		(void)nv_loop_start_timer(conn->stream.loop, &conn->tail->timer, 0);
	else
		nv_stream_pause(&conn->stream, false);
}

int nv_conn_yield(struct nv_conn *conn)
{
	int error = nv_conn_keep_rest(conn);

	if (error < 0 || !conn->tail)
		return error;
	nv_stream_pause(&conn->stream, true);
	nv_conn_read_on(conn);
	return 0;
}

/* The deadlines of the peer go on where they stood. */
static void skip_pause(struct nv_conn *conn)
{
	uint32_t rested = nv_conn_now(conn) - conn->since;

	conn->heard += rested;
	conn->pinged += rested;
	conn->message_since += rested;
}

void nv_conn_pause(struct nv_conn *conn, bool paused)
{
	if (paused && nv_conn_can_send(conn)) {
		if (nv_conn_is_in(conn, &nv_phase_open))
			nv_conn_enter(conn, &nv_phase_paused);
		nv_stream_pause(&conn->stream, true);
	} else if (!paused && nv_conn_is_in(conn, &nv_phase_paused)) {
		skip_pause(conn);
		nv_conn_enter(conn, &nv_phase_open);
		nv_conn_read_on(conn);
	}
}
