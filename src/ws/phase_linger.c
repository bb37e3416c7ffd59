/* SPDX-License-Identifier: MIT */
/* phase_linger.c: a connection that has said its last word. A server ends its side first and a
 * client waits for that (RFC 6455 7.1.1); what still arrives is dropped. A close() while bytes of the
 * peer are unread would send a reset, which can destroy our Close or answer on its way. */
#include "ws/conn.h"

#define LINGER_MS 2000u
#define LINGER_BYTES 65536u
#define ANSWER_MS 60000u /* for a plain answer, however slowly it is read */

void nv_conn_linger(struct nv_conn *conn)
{
	nv_conn_enter(conn, &nv_phase_linger);
	conn->heard = conn->since;
	conn->progress = conn->since;
	conn->written = conn->stream.written;
	nv_stream_pause(&conn->stream, false);
	if (conn->session.options->role == NV_SERVER)
		nv_stream_shutdown(&conn->stream);
}

static void linger_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_conn *conn = nv_conn_of(stream);

	(void)data;
	conn->drained += (uint32_t)len;
	if (len == 0)
		nv_stream_shutdown(stream);
	else if (conn->drained > LINGER_BYTES)
		nv_stream_close(stream, 0);
}

static void ignore(struct nv_stream *stream)
{
	(void)stream;
}

/* LINGER_MS from when our last byte was taken. What is unsent must keep moving, and a Close must be
 * out in close_timeout_ms. */
static void linger_tick(struct nv_conn *conn, uint32_t now_ms)
{
	uint32_t limit = conn->opened ? conn->owner->close_timeout_ms : ANSWER_MS;

	if (nv_stream_has_output(&conn->stream))
		conn->heard = now_ms;
	if (now_ms - conn->heard >= LINGER_MS || nv_conn_is_stalled(conn, now_ms) ||
	    nv_conn_expired(now_ms, conn->since, limit))
		nv_stream_close(&conn->stream, 0);
}

const struct nv_conn_phase nv_phase_linger = {
	.events = { .on_open = ignore,
	            .on_data = linger_data,
	            .on_drain = ignore,
	            .on_close = nv_conn_stream_closed },
	.tick = linger_tick,
};
