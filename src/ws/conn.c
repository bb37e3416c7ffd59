/* SPDX-License-Identifier: MIT */
/* conn.c: what all phases of a connection share: its beginning, its output and its one end. */
#include "ws/conn.h"

#include "base/alloc.h"
#include "net/loop.h"

void nv_conn_owner_complete(struct nv_conn_owner *owner)
{
	nv_session_options_complete(&owner->session);
	owner->deflate.compression = &owner->session.compression;
	nv_set_default(&owner->max_queue, 1048576);
	nv_set_default(&owner->message_timeout_ms, 30000);
	nv_set_default(&owner->ping_interval_ms, 30000);
	nv_set_default(&owner->pong_timeout_ms, 10000);
	nv_set_default(&owner->close_timeout_ms, 5000);
	nv_set_default(&owner->write_timeout_ms, 10000);
}

void nv_conn_init(struct nv_conn *conn, struct nv_conn_owner *owner,
                  const struct nv_conn_phase *phase)
{
	nv_list_init(&conn->link);
	nv_session_init(&conn->session, &owner->session);
	conn->owner = owner;
	conn->phase = phase;
	conn->stream.events = &phase->events;
	conn->cause = NV_CAUSE_SYSTEM;
}

void nv_conn_deinit(struct nv_conn *conn)
{
	nv_list_remove(&conn->link);
	nv_conn_drop_tail(conn);
	nv_session_deinit(&conn->session);
	nv_outq_deinit(&conn->stream.out);
	nv_free(conn->subprotocol);
	conn->subprotocol = NULL;
}

uint32_t nv_conn_now(const struct nv_conn *conn)
{
	return (uint32_t)nv_loop_now(conn->stream.loop);
}

void nv_conn_enter(struct nv_conn *conn, const struct nv_conn_phase *phase)
{
	conn->phase = phase;
	conn->stream.events = &phase->events;
	conn->since = nv_conn_now(conn);
}

void nv_conn_take_close(struct nv_conn *conn)
{
	struct nv_bytes output;

	for (;;) {
		output = nv_session_output(&conn->session);
		if (output.len == 0)
			return;
		if (nv_outq_append(&conn->stream.out, output.data, output.len) < 0) {
			nv_conn_cut(conn, NV_CAUSE_MEMORY);
			return;
		}
		nv_session_consume(&conn->session, output.len);
		nv_stream_flush(&conn->stream);
	}
}

void nv_conn_take_output(struct nv_conn *conn)
{
	if (!nv_stream_is_blocked(&conn->stream))
		nv_conn_take_close(conn);
}

void nv_conn_end(struct nv_conn *conn, const struct nv_close *close)
{
	if (!conn->opened || conn->ended)
		return;
	conn->ended = true;
	if (conn->owner->ended)
		conn->owner->ended(conn, close);
	if (conn->handlers->on_close)
		conn->handlers->on_close(conn, close);
}

void nv_conn_cut(struct nv_conn *conn, enum nv_cause cause)
{
	conn->cause = cause;
	nv_conn_enter(conn, &nv_phase_dead);
	nv_stream_close(&conn->stream, NV_ERR_CLOSED);
}

bool nv_conn_is_stalled(struct nv_conn *conn, uint32_t now_ms)
{
	if (conn->stream.out.len == 0 || conn->stream.written != conn->written) {
		conn->written = conn->stream.written;
		conn->progress = now_ms;
	}
	return nv_conn_expired(now_ms, conn->progress, conn->owner->write_timeout_ms);
}

static enum nv_cause cause_of(const struct nv_conn *conn, int error)
{
	switch (error) {
	case NV_ERR_CLOSED:
		return conn->cause;
	case 0:
		return NV_CAUSE_EOF;
	case NV_ERR_RESET:
		return NV_CAUSE_RESET;
	case NV_ERR_TIMEOUT:
	case NV_ERR_UNREACHABLE:
		return NV_CAUSE_LOST;
	default:
		return NV_CAUSE_SYSTEM;
	}
}

void nv_conn_stream_closed(struct nv_stream *stream, int error)
{
	struct nv_conn *conn = nv_conn_of(stream);
	struct nv_close close = { .status = NV_STATUS_ABNORMAL, .cause = cause_of(conn, error) };

	if (close.cause == NV_CAUSE_SYSTEM)
		close.detail = nv_strerror(error);
	nv_conn_end(conn, &close);
	conn->owner->released(conn, error);
}

static void ignore_stream(struct nv_stream *stream)
{
	(void)stream;
}

static void ignore_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	(void)stream;
	(void)data;
	(void)len;
}

static void ignore_tick(struct nv_conn *conn, uint32_t now_ms)
{
	(void)conn;
	(void)now_ms;
}

const struct nv_conn_phase nv_phase_dead = {
	.events = { ignore_stream, ignore_data, ignore_stream, nv_conn_stream_closed },
	.tick = ignore_tick,
};
