/* SPDX-License-Identifier: MIT */
/* phase_response.c: a client's connection until it is open: ask, and read the answer, which is an open
 * WebSocket, a redirect, or a refusal whose body is worth showing. */
#include <stdio.h>

#include "base/alloc.h"
#include "net/random.h"
#include "ws/client_try.h"

/* What there is of a head that will not become whole; false when that has ended the try. */
static bool trace_part(struct nv_try *attempt)
{
	const struct nv_answer *answer = &attempt->answer;

	if (attempt->over || answer->whole || answer->text.len == 0)
		return !attempt->over;
	return nv_try_trace(attempt, NV_TRACE_ANSWER, nv_buf_bytes(&answer->text));
}

static void fail(struct nv_try *attempt, int error, const char *text)
{
	const struct nv_answer *answer = &attempt->answer;

	if (!trace_part(attempt))
		return;
	nv_try_fail(attempt, &(struct nv_failure){
				     .stage = NV_STAGE_HANDSHAKE,
				     .error = error,
				     .status = nv_answer_status(answer),
				     .text = text,
				     .body = nv_buf_bytes(&answer->body),
				     .head = answer->whole ? answer->head : NULL,
			     });
}

static void ignore(struct nv_stream *stream)
{
	(void)stream;
}

/* --- The body of a refusal --- */

static void tell_refusal(struct nv_try *attempt)
{
	char text[NV_REFUSAL_TEXT];

	fail(attempt, NV_ERR_PROTOCOL, nv_answer_refusal(&attempt->answer, "server", text));
}

static void body_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_try *attempt = nv_try_of(nv_conn_of(stream));

	if (nv_answer_add_body(&attempt->answer, data, len))
		tell_refusal(attempt);
}

static void body_tick(struct nv_conn *conn, uint32_t now_ms)
{
	(void)now_ms;
	tell_refusal(nv_try_of(conn));
}

/* The client is told before the stream is gone, or it would be told that it broke. */
static void body_closed(struct nv_stream *stream, int error)
{
	tell_refusal(nv_try_of(nv_conn_of(stream)));
	nv_conn_stream_closed(stream, error);
}

static const struct nv_conn_phase phase_body = {
	.events = { .on_open = ignore,
	            .on_data = body_data,
	            .on_drain = ignore,
	            .on_close = body_closed },
	.tick = body_tick,
};

/* --- The answer --- */

/* What the answer chose, for as long as the connection lives. */
static int take_agreement(struct nv_conn *conn, struct nv_bytes subprotocol,
                          const struct nv_deflate *deflate)
{
	if (subprotocol.data) {
		conn->subprotocol = nv_copy(subprotocol);
		if (!conn->subprotocol)
			return NV_ERR_NOMEM;
	}
	if (!deflate->agreed)
		return 0;
	return nv_session_compress(&conn->session, deflate, &conn->owner->deflate);
}

/* False when that has failed the try. */
static bool agree(struct nv_try *attempt)
{
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;
	struct nv_problem problem =
		nv_handshake_verify(attempt->answer.head, &attempt->offer, &subprotocol, &deflate);

	if (problem.text)
		fail(attempt, NV_ERR_PROTOCOL, problem.text);
	else if (nv_client_of_try(attempt)->options.require_subprotocol && !subprotocol.data)
		fail(attempt, NV_ERR_PROTOCOL, "the server chose none of the subprotocols offered");
	else if (take_agreement(&attempt->conn, subprotocol, &deflate) < 0)
		fail(attempt, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
	return !attempt->over;
}

static void open_socket(struct nv_try *attempt, uint8_t *rest, size_t len)
{
	struct nv_conn *conn = &attempt->conn;

	if (!agree(attempt))
		return;
	nv_try_opened(attempt);
	nv_conn_open(conn);
	if (len > 0 && nv_conn_is_open(conn))
		conn->stream.events->on_data(&conn->stream, rest, len);
}

static bool expect_head(struct nv_try *attempt)
{
	if (nv_answer_expect(&attempt->answer) < 0)
		fail(attempt, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
	return !attempt->over;
}

static void read_refusal(struct nv_try *attempt, uint8_t *rest, size_t len)
{
	nv_conn_enter(&attempt->conn, &phase_body);
	nv_try_deadline(attempt, NV_REFUSAL_MS);
	if (!nv_answer_has_body(&attempt->answer))
		tell_refusal(attempt);
	else if (len > 0)
		body_data(&attempt->conn.stream, rest, len);
}

static void read_answer(struct nv_try *attempt, uint8_t *rest, size_t len)
{
	nv_client_of_try(attempt)->timing.handshake_us = nv_try_lap_us(attempt);
	if (nv_answer_status(&attempt->answer) == 101)
		open_socket(attempt, rest, len);
	else if (!nv_try_follow(attempt))
		read_refusal(attempt, rest, len);
}

/* A server of TLS 1.3 looks at the client's certificate when the client has begun to ask. */
static void fail_early(struct nv_try *attempt)
{
	const struct nv_stream *stream = &attempt->conn.stream;
	const char *problem = nv_stream_is_tls(stream) ? nv_tls_problem(stream) : NULL;

	if (problem)
		nv_try_fail_tls(attempt, NV_ERR_TLS, problem);
	else
		fail(attempt, NV_ERR_EOF, "the server closed the connection without an answer");
}

/* The head is whole; true when another one follows it. */
static bool take_head(struct nv_try *attempt, uint8_t *rest, size_t len)
{
	struct nv_answer *answer = &attempt->answer;

	if (!nv_try_trace(attempt, NV_TRACE_ANSWER, nv_buf_bytes(&answer->text)))
		return false;
	if (nv_answer_is_interim(answer))
		return expect_head(attempt);
	read_answer(attempt, rest, len);
	return false;
}

static void response_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_try *attempt = nv_try_of(nv_conn_of(stream));
	size_t used;
	int complete;

	if (len == 0)
		fail_early(attempt);
	for (; len > 0; data += used, len -= used) {
		complete = nv_answer_feed(&attempt->answer, data, len, &used);
		if (complete < 0)
			fail(attempt, complete, nv_head_problem(attempt->answer.head).text);
		if (complete <= 0 || !take_head(attempt, data + used, len - used))
			return;
	}
}

static void response_closed(struct nv_stream *stream, int error)
{
	(void)trace_part(nv_try_of(nv_conn_of(stream)));
	nv_conn_stream_closed(stream, error);
}

static void response_tick(struct nv_conn *conn, uint32_t now_ms)
{
	(void)now_ms;
	fail(nv_try_of(conn), NV_ERR_TIMEOUT, "the server did not answer the handshake in time");
}

const struct nv_conn_phase nv_phase_response = {
	.events = { .on_open = ignore,
	            .on_data = response_data,
	            .on_drain = ignore,
	            .on_close = response_closed },
	.tick = response_tick,
};

/* --- The request --- */

static bool trace_tls(struct nv_try *attempt)
{
	struct nv_tls_info info;
	char text[128];

	if (!nv_conn_tls(&attempt->conn, &info))
		return true;
	nv_client_of_try(attempt)->timing.tls_us = nv_try_lap_us(attempt);
	snprintf(text, sizeof text, "%s %s", info.version, info.cipher);
	return nv_try_trace(attempt, NV_TRACE_TLS, nv_str(text));
}

/* The request is all that the queue holds. */
static bool trace_request(struct nv_try *attempt)
{
	struct nv_bytes request = { NULL, 0 };

	(void)nv_outq_peek(&attempt->conn.stream.out, &request, 1);
	return nv_try_trace(attempt, NV_TRACE_REQUEST, request);
}

static int ask(struct nv_try *attempt)
{
	struct nv_conn *conn = &attempt->conn;
	int error = nv_random(attempt->offer.nonce, sizeof attempt->offer.nonce);

	memcpy(&conn->owner->jitter, attempt->offer.nonce, sizeof conn->owner->jitter);
	return error < 0 ? error : nv_try_write_request(attempt, &conn->stream.out);
}

static void connect_open(struct nv_stream *stream)
{
	struct nv_try *attempt = nv_try_of(nv_conn_of(stream));
	int error;

	nv_conn_enter(&attempt->conn, &nv_phase_response);
	if (!trace_tls(attempt) || !expect_head(attempt))
		return;
	error = ask(attempt);
	if (error < 0) {
		fail(attempt, error,
		     error == NV_ERR_INVALID || error == NV_ERR_TOO_BIG
		             ? "the request's fields, subprotocols or target are not valid"
		             : nv_strerror(error));
		return;
	}
	if (!trace_request(attempt))
		return;
	nv_stream_flush(stream);
	nv_try_deadline(attempt, nv_client_of_try(attempt)->options.handshake_timeout_ms);
}

static void connect_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	(void)stream;
	(void)data;
	(void)len;
}

const struct nv_conn_phase nv_phase_connect = {
	.events = { .on_open = connect_open,
	            .on_data = connect_data,
	            .on_drain = ignore,
	            .on_close = nv_conn_stream_closed },
	.tick = nv_try_connect_tick,
};
