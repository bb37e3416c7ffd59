/* SPDX-License-Identifier: MIT */
/* phase_open.c: a connection between its opening and its closing handshake. The stream's bytes
 * become handler calls; silence becomes pings, and no answer an end. The closing phase differs only
 * in what it waits for. */
#include "net/tls.h"
#include "proto/session_small.h"
#include "ws/conn.h"
#include "ws/reader.h"

#define SHARE_OF_A_TURN 1048576u /* bytes delivered */
#define LATE_MS 500u             /* two ticks: for the ping, and for the pong that does not come */

/* The ping interval give or take a fifth, so that clients that came together part. With what ticks are
 * late at most, nobody is gone for longer than that and the pong's deadline before it is noticed. */
static uint32_t spread_ping(struct nv_conn_owner *owner)
{
	uint32_t interval = owner->ping_interval_ms;
	uint32_t fifth = interval / 5;
	uint32_t late = fifth > LATE_MS ? LATE_MS : 0;
	uint64_t spread = (uint64_t)interval - fifth +
	                  nv_conn_owner_random(owner) % (2 * (uint64_t)fifth + 1 - late);

	return interval == NV_OFF || spread >= NV_OFF ? interval : (uint32_t)spread;
}

/* --- The end --- */

static enum nv_cause cause_of_status(uint16_t status)
{
	switch (status) {
	case NV_STATUS_TOO_BIG:
	case NV_STATUS_POLICY:
		return NV_CAUSE_LIMIT;
	case NV_STATUS_INTERNAL:
		return NV_CAUSE_MEMORY;
	case NV_STATUS_TRY_LATER:
		return NV_CAUSE_SLOW;
	default:
		return NV_CAUSE_PROTOCOL;
	}
}

/* Our Close, or the answer to the peer's, goes out before the connection lingers. */
static void end_behind_close(struct nv_conn *conn, const struct nv_close *close)
{
	nv_conn_catch_up(conn);
	nv_conn_take_close(conn);
	if (nv_conn_is_in(conn, &nv_phase_dead))
		return;
	nv_conn_linger(conn);
	nv_conn_end(conn, close);
}

static void end_by_event(struct nv_conn *conn, const struct nv_event *event)
{
	struct nv_close close = {
		.status = event->status,
		.reason = event->data,
		.clean = !event->error,
		.cause = event->error ? cause_of_status(event->status) : NV_CAUSE_CLOSED,
		.detail = event->error,
	};

	end_behind_close(conn, &close);
}

/* RFC 6455 7.1.5: without a Close of the peer the status is 1006. */
static void end_by_eof(struct nv_conn *conn)
{
	struct nv_close close = { .status = NV_STATUS_ABNORMAL, .cause = NV_CAUSE_EOF };

	if (conn->stream.error == NV_ERR_TLS) {
		close.cause = NV_CAUSE_TLS;
		close.detail = nv_tls_problem(&conn->stream);
	}
	nv_conn_linger(conn);
	nv_stream_shutdown(&conn->stream);
	nv_conn_end(conn, &close);
}

static void fail(struct nv_conn *conn, const struct nv_close *close)
{
	nv_conn_catch_up(conn);
	(void)nv_session_close(&conn->session, close->status, close->reason);
	end_behind_close(conn, close);
}

void nv_conn_fail(struct nv_conn *conn, uint16_t status, const char *error)
{
	fail(conn, &(struct nv_close){
			   .status = status,
			   .reason = nv_str(error),
			   .cause = cause_of_status(status),
			   .detail = error,
		   });
}

/* No fault like others: most often it is the network that has been lost. */
static void fail_late_message(struct nv_conn *conn)
{
	fail(conn, &(struct nv_close){
			   .status = NV_STATUS_POLICY,
			   .reason = nv_str("a message that took too long to arrive"),
			   .cause = NV_CAUSE_MESSAGE_TIMEOUT,
		   });
}

/* --- Events --- */

static void deliver(struct nv_conn *conn, const struct nv_event *event)
{
	const struct nv_handlers *handlers = conn->handlers;

	if (!conn->session.message)
		conn->message_since = conn->heard;
	switch (event->type) {
	case NV_EVENT_MESSAGE:
		nv_count_add(&conn->owner->received, 1);
		if (handlers->on_message)
			handlers->on_message(conn, event->opcode, event->data);
		break;
	case NV_EVENT_PING:
		nv_conn_take_control(conn, NV_PONG);
		if (handlers->on_ping)
			handlers->on_ping(conn, event->data);
		break;
	case NV_EVENT_PONG:
		if (handlers->on_pong)
			handlers->on_pong(conn, event->data);
		break;
	case NV_EVENT_CLOSE:
		end_by_event(conn, event);
		break;
	}
}

/* What most messages are, as many as come one behind the other, until a handler changes the phase. The
 * time at which the next one began stands already: it is that at which this one has arrived. */
NV_NOINLINE static void deliver_small(struct nv_conn *conn)
{
	const struct nv_stream_events *phase = conn->stream.events;
	const struct nv_handlers *handlers = conn->handlers;
	unsigned int opcode;
	uint32_t count = 0;
	uint8_t *data;
	size_t len;

	if (!handlers->on_message)
		return;
	do {
		opcode = nv_session_take_small(&conn->session, &data, &len);
		if (!opcode)
			break;
		count++;
		handlers->on_message(conn, opcode, (struct nv_bytes){ data, len });
	} while (conn->stream.events == phase);
	nv_count_add(&conn->owner->received, count);
}

NV_NOINLINE static bool deliver_next(struct nv_conn *conn, size_t *delivered)
{
	struct nv_event event;

	if (!nv_session_next(&conn->session, &event))
		return false;
	*delivered += event.data.len;
	deliver(conn, &event);
	return true;
}

static bool wants_more(const struct nv_conn *conn)
{
	return !nv_conn_is_in(conn, &nv_phase_paused) && nv_conn_is_open(conn);
}

/* A handler may have paused or ended the connection: nothing more is delivered then. What little was
 * received can be much when it is decompressed: the rest of that lets the other connections go first. */
static void pump(struct nv_conn *conn)
{
	size_t delivered = 0;
	int error = 0;

	while (wants_more(conn)) {
		deliver_small(conn);
		if (nv_session_is_through(&conn->session) || !wants_more(conn) ||
		    delivered >= SHARE_OF_A_TURN || !deliver_next(conn, &delivered))
			break;
	}
	if (nv_conn_is_in(conn, &nv_phase_paused))
		error = nv_conn_keep_rest(conn);
	else if (delivered >= SHARE_OF_A_TURN && nv_conn_is_open(conn))
		error = nv_conn_yield(conn);
	if (error < 0)
		nv_conn_fail(conn, NV_STATUS_INTERNAL, "out of memory for what is read later");
}

static void open_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_conn *conn = nv_conn_of(stream);

	if (len == 0) {
		end_by_eof(conn);
		return;
	}
	conn->heard = nv_conn_now(conn);
	conn->pinging = false;
	if (!nv_session_in_message(&conn->session))
		conn->message_since = conn->heard;
	nv_session_feed(&conn->session, data, len);
	pump(conn);
	nv_conn_count_sent(conn);
}

static void open_drain(struct nv_stream *stream)
{
	struct nv_conn *conn = nv_conn_of(stream);

	nv_reader_tell_missed(conn);
	if (conn->handlers->on_drain && nv_conn_is_open(conn))
		conn->handlers->on_drain(conn);
}

void nv_conn_open(struct nv_conn *conn)
{
	uint32_t now = nv_conn_now(conn);

	nv_conn_enter(conn, &nv_phase_open);
	conn->heard = now;
	conn->progress = now;
	conn->written = conn->stream.written;
	conn->ping_after = spread_ping(conn->owner);
	conn->opened = true;
	/* Nothing overtakes the answer to the handshake. */
	nv_outq_begin(&conn->stream.out);
	if (conn->handlers->on_open)
		conn->handlers->on_open(conn);
}

/* --- Time --- */

static void send_ping(struct nv_conn *conn, uint32_t now_ms)
{
	if (nv_session_ping(&conn->session, (struct nv_bytes){ NULL, 0 }) < 0)
		return;
	conn->pinging = true;
	conn->pinged = now_ms;
	conn->ping_after = spread_ping(conn->owner);
	nv_conn_take_control(conn, NV_PING);
}

/* While a write is blocked our ping may not have left; who takes nothing at all is cut as stalled. */
static void watch_silence(struct nv_conn *conn, uint32_t now_ms)
{
	if (nv_stream_is_blocked(&conn->stream))
		conn->pinged = now_ms;
	if (!conn->pinging && nv_conn_expired(now_ms, conn->heard, conn->ping_after))
		send_ping(conn, now_ms);
	else if (conn->pinging &&
	         nv_conn_expired(now_ms, conn->pinged, conn->owner->pong_timeout_ms))
		nv_conn_cut(conn, NV_CAUSE_PING_TIMEOUT);
}

/* Of what was dropped within a turn, to one who does not make us wait: no on_drain follows. */
static void tell_missed(struct nv_conn *conn)
{
	if (!nv_stream_is_blocked(&conn->stream) && nv_conn_is_open(conn))
		nv_reader_tell_missed(conn);
}

static void open_tick(struct nv_conn *conn, uint32_t now_ms)
{
	if (nv_session_in_message(&conn->session) &&
	    nv_conn_expired(now_ms, conn->message_since, conn->owner->message_timeout_ms))
		fail_late_message(conn);
	else if (nv_conn_is_stalled(conn, now_ms))
		nv_conn_cut(conn, NV_CAUSE_SLOW);
	else
		watch_silence(conn, now_ms);
	tell_missed(conn);
}

static void paused_tick(struct nv_conn *conn, uint32_t now_ms)
{
	if (nv_conn_is_stalled(conn, now_ms))
		nv_conn_cut(conn, NV_CAUSE_SLOW);
	tell_missed(conn);
}

static void closing_tick(struct nv_conn *conn, uint32_t now_ms)
{
	if (nv_conn_expired(now_ms, conn->since, conn->owner->close_timeout_ms))
		nv_conn_cut(conn, conn->owner->draining ? NV_CAUSE_DRAIN : NV_CAUSE_CLOSE_TIMEOUT);
	else if (nv_conn_is_stalled(conn, now_ms))
		nv_conn_cut(conn, NV_CAUSE_SLOW);
}

static void say_goodbye(struct nv_conn *conn)
{
	(void)nv_conn_close(conn, NV_STATUS_GOING_AWAY, NULL);
}

static void ignore_open(struct nv_stream *stream)
{
	(void)stream;
}

const struct nv_conn_phase nv_phase_open = {
	.events = { .on_open = ignore_open,
	            .on_data = open_data,
	            .on_drain = open_drain,
	            .on_close = nv_conn_stream_closed },
	.tick = open_tick,
	.goodbye = say_goodbye,
};

/* Data come only when on_open has paused: what was read behind the handshake. */
const struct nv_conn_phase nv_phase_paused = {
	.events = { .on_open = ignore_open,
	            .on_data = open_data,
	            .on_drain = open_drain,
	            .on_close = nv_conn_stream_closed },
	.tick = paused_tick,
	.goodbye = say_goodbye,
};

const struct nv_conn_phase nv_phase_closing = {
	.events = { .on_open = ignore_open,
	            .on_data = open_data,
	            .on_drain = open_drain,
	            .on_close = nv_conn_stream_closed },
	.tick = closing_tick,
};
