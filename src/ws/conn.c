/* SPDX-License-Identifier: MIT */
/* conn.c: what all phases of a connection share: its beginning, its output and its one end. */
#include "ws/conn.h"

#include "base/alloc.h"
#include "net/tls.h"

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

/* xorshift */
uint32_t nv_conn_owner_random(struct nv_conn_owner *owner)
{
	uint32_t x = owner->jitter ? owner->jitter : 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	owner->jitter = x;
	return x;
}

void nv_conn_init(struct nv_conn *conn, struct nv_conn_owner *owner,
                  const struct nv_conn_phase *phase)
{
	nv_session_init(&conn->session, &owner->session);
	conn->owner = owner;
	conn->stream.events = &phase->events;
	conn->cause = (uint8_t)NV_CAUSE_SYSTEM;
}

void nv_conn_deinit(struct nv_conn *conn)
{
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
	conn->stream.events = &phase->events;
	conn->since = nv_conn_now(conn);
}

static void took_output(struct nv_conn *conn, size_t len, int error)
{
	if (error < 0) {
		nv_conn_cut(conn, NV_CAUSE_MEMORY);
		return;
	}
	nv_session_consume(&conn->session, len);
	nv_stream_flush(&conn->stream);
}

void nv_conn_take_control(struct nv_conn *conn, enum nv_opcode opcode)
{
	struct nv_outq *out = &conn->stream.out;
	struct nv_bytes frame = nv_session_output(&conn->session);
	int error;

	if (frame.len == 0)
		return;
	if (nv_stream_is_blocked(&conn->stream))
		error = nv_outq_insert_control(out, frame.data, frame.len, opcode == NV_PONG);
	else
		error = nv_outq_append(out, frame.data, frame.len);
	took_output(conn, frame.len, error);
}

void nv_conn_take_close(struct nv_conn *conn)
{
	struct nv_bytes frame = nv_session_output(&conn->session);

	if (frame.len > 0)
		took_output(conn, frame.len,
		            nv_outq_append(&conn->stream.out, frame.data, frame.len));
}

void nv_conn_end(struct nv_conn *conn, const struct nv_close *close)
{
	if (!conn->opened || conn->ended)
		return;
	conn->ended = true;
	nv_conn_count_sent(conn);
	if (conn->owner->ended)
		conn->owner->ended(conn, close);
	if (conn->handlers->on_close)
		conn->handlers->on_close(conn, close);
	if (conn->owner->forgotten)
		conn->owner->forgotten(conn);
}

void nv_conn_cut(struct nv_conn *conn, enum nv_cause cause)
{
	conn->cause = (uint8_t)cause;
	nv_conn_enter(conn, &nv_phase_dead);
	nv_stream_close(&conn->stream, NV_ERR_CLOSED);
}

bool nv_conn_is_stalled(struct nv_conn *conn, uint32_t now_ms)
{
	if (!nv_stream_has_output(&conn->stream) || conn->stream.written != conn->written) {
		conn->written = conn->stream.written;
		conn->progress = now_ms;
	}
	return nv_conn_expired(now_ms, conn->progress, conn->owner->write_timeout_ms);
}

static enum nv_cause cause_of(const struct nv_conn *conn, int error)
{
	switch (error) {
	case NV_ERR_CLOSED:
		return (enum nv_cause)conn->cause;
	case 0:
		return NV_CAUSE_EOF;
	case NV_ERR_RESET:
		return NV_CAUSE_RESET;
	case NV_ERR_TIMEOUT:
	case NV_ERR_UNREACHABLE:
		return NV_CAUSE_LOST;
	case NV_ERR_TLS:
		return NV_CAUSE_TLS;
	default:
		return NV_CAUSE_SYSTEM;
	}
}

void nv_conn_stream_closed(struct nv_stream *stream, int error)
{
	struct nv_conn *conn = nv_conn_of(stream);
	struct nv_close close = { .status = NV_STATUS_ABNORMAL, .cause = cause_of(conn, error) };

	if (conn->opened)
		nv_conn_enter(conn, &nv_phase_dead);
	if (close.cause == NV_CAUSE_SYSTEM)
		close.detail = nv_strerror(error);
	else if (close.cause == NV_CAUSE_TLS)
		close.detail = nv_tls_problem(stream);
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
	.events = { .on_open = ignore_stream,
	            .on_data = ignore_data,
	            .on_drain = ignore_stream,
	            .on_close = nv_conn_stream_closed },
	.tick = ignore_tick,
};
