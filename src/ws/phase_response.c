/* SPDX-License-Identifier: MIT */
/* phase_response.c: a client's connection until it is open: connect, ask, and read the answer, which
 * is an open WebSocket or a refusal whose body is worth showing. */
#include <stdio.h>

#include "base/alloc.h"
#include "net/random.h"
#include "ws/client.h"
#include "ws/log.h"

#define REQUEST_ROOM 16384u
#define BODY_MAX 4096u
#define BODY_MS 1000u /* a refusal is told with what there is of its body by then */

static void fail(struct nv_client *client, int error, const char *text)
{
	struct nv_failure failure = {
		.stage = NV_STAGE_HANDSHAKE,
		.error = error,
		.status = client->head ? nv_head_status(client->head) : 0,
		.text = text,
		.body = nv_buf_bytes(&client->body),
	};

	nv_client_fail(client, &failure);
}

static void ignore(struct nv_stream *stream)
{
	(void)stream;
}

/* --- The body of a refusal --- */

static void tell_refusal(struct nv_client *client)
{
	char reason[128], text[192];

	nv_log_escape(nv_head_reason(client->head), reason, sizeof reason);
	snprintf(text, sizeof text, "the server answered %d %s", nv_head_status(client->head),
	         reason);
	fail(client, NV_ERR_PROTOCOL, text);
}

static bool has_no_body(const struct nv_head *head)
{
	int status = nv_head_status(head);

	return status == 204 || status == 304 || nv_head_field(head, "Transfer-Encoding").data;
}

/* How much of the body is wanted: what was announced, up to what is shown. One in chunks is not. */
static size_t body_size(const struct nv_client *client)
{
	struct nv_bytes text = nv_head_field(client->head, "Content-Length");
	size_t size = 0;

	if (has_no_body(client->head))
		return 0;

	if (!text.data)
		return BODY_MAX;
	for (size_t i = 0; i < text.len && size < BODY_MAX; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return BODY_MAX;
		size = size * 10 + (size_t)(text.data[i] - '0');
	}
	return size < BODY_MAX ? size : BODY_MAX;
}

static void body_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_client *client = nv_client_of(nv_conn_of(stream));
	size_t missing = body_size(client) - client->body.len;
	size_t take = len < missing ? len : missing;
	bool complete = len == 0 || take == missing;

	/* Without memory, what there is of it is told. */
	if (nv_buf_append(&client->body, data, take) < 0 || complete)
		tell_refusal(client);
}

static void body_tick(struct nv_conn *conn, uint32_t now_ms)
{
	(void)now_ms;
	tell_refusal(nv_client_of(conn));
}

static void body_closed(struct nv_stream *stream, int error)
{
	tell_refusal(nv_client_of(nv_conn_of(stream)));
	nv_conn_stream_closed(stream, error);
}

static const struct nv_conn_phase phase_body = {
	.events = { ignore, body_data, ignore, body_closed },
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

static void open_socket(struct nv_conn *conn, uint8_t *rest, size_t len)
{
	struct nv_client *client = nv_client_of(conn);
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;
	struct nv_problem problem =
		nv_handshake_verify(client->head, &client->offer, &subprotocol, &deflate);

	if (problem.text) {
		fail(client, NV_ERR_PROTOCOL, problem.text);
		return;
	}
	if (client->options.require_subprotocol && !subprotocol.data) {
		fail(client, NV_ERR_PROTOCOL, "the server chose none of the subprotocols offered");
		return;
	}
	if (take_agreement(conn, subprotocol, &deflate) < 0) {
		fail(client, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
		return;
	}
	nv_head_free(client->head);
	client->head = NULL;
	nv_client_opened(client);
	if (client->failed)
		return;
	nv_conn_open(conn);
	if (len > 0 && nv_conn_is_open(conn))
		conn->stream.events->on_data(&conn->stream, rest, len);
}

static bool is_interim(const struct nv_client *client)
{
	int status = nv_head_status(client->head);

	return status >= 100 && status < 200 && status != 101;
}

static bool expect_head(struct nv_client *client)
{
	nv_head_free(client->head);
	client->head = nv_head_new(NV_RESPONSE);
	if (!client->head)
		fail(client, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
	return client->head != NULL;
}

static void read_answer(struct nv_conn *conn, uint8_t *rest, size_t len)
{
	struct nv_client *client = nv_client_of(conn);

	if (nv_head_status(client->head) == 101) {
		open_socket(conn, rest, len);
		return;
	}
	nv_conn_enter(conn, &phase_body);
	if (len > 0 || body_size(client) == 0)
		body_data(&conn->stream, rest, len);
	if (!client->failed)
		nv_client_deadline(client, BODY_MS);
}

/* Interim answers are skipped (RFC 9110 15.2). */
static void response_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_conn *conn = nv_conn_of(stream);
	struct nv_client *client = nv_client_of(conn);
	size_t used;
	int complete;

	if (len == 0)
		fail(client, NV_ERR_EOF, "the server closed the connection without an answer");
	for (; len > 0; data += used, len -= used) {
		complete = nv_head_feed(client->head, data, len, &used);
		if (complete < 0)
			fail(client, NV_ERR_PROTOCOL, nv_head_problem(client->head).text);
		else if (complete > 0 && !is_interim(client))
			read_answer(conn, data + used, len - used);
		else if (complete > 0 && expect_head(client))
			continue;
		return;
	}
}

static void response_tick(struct nv_conn *conn, uint32_t now_ms)
{
	(void)now_ms;
	fail(nv_client_of(conn), NV_ERR_TIMEOUT, "the server did not answer the handshake in time");
}

const struct nv_conn_phase nv_phase_response = {
	.events = { ignore, response_data, ignore, nv_conn_stream_closed },
	.tick = response_tick,
};

/* --- The request --- */

static int write_request(struct nv_client *client, struct nv_outq *out)
{
	char target[REQUEST_ROOM];
	uint8_t *room = nv_outq_reserve(out, REQUEST_ROOM);
	int len;

	if (!room)
		return NV_ERR_NOMEM;
	len = nv_url_target(&client->url, target, sizeof target);
	if (len < 0)
		return len;
	client->offer.host = nv_str(client->host);
	client->offer.target = nv_str(target);
	client->offer.subprotocols = client->options.subprotocols;
	client->offer.fields = client->options.fields;
	client->offer.compression = &client->options.compression;
	len = nv_handshake_request(&client->offer, (char *)room, REQUEST_ROOM);
	client->offer.target = (struct nv_bytes){ NULL, 0 };
	nv_outq_commit(out, len < 0 ? 0 : (size_t)len);
	return len < 0 ? len : 0;
}

static void connect_open(struct nv_stream *stream)
{
	struct nv_conn *conn = nv_conn_of(stream);
	struct nv_client *client = nv_client_of(conn);
	int error = nv_random(client->offer.nonce, sizeof client->offer.nonce);

	memcpy(&conn->owner->jitter, client->offer.nonce, sizeof conn->owner->jitter);
	nv_conn_enter(conn, &nv_phase_response);
	if (!expect_head(client))
		return;
	if (error == 0)
		error = write_request(client, &stream->out);
	if (error < 0) {
		fail(client, error,
		     error == NV_ERR_INVALID || error == NV_ERR_TOO_BIG
		             ? "the request's fields, subprotocols or target are not valid"
		             : nv_strerror(error));
		return;
	}
	nv_stream_flush(stream);
	nv_client_deadline(client, client->options.handshake_timeout_ms);
}

static void connect_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	(void)stream;
	(void)data;
	(void)len;
}

static void connect_tick(struct nv_conn *conn, uint32_t now_ms)
{
	(void)conn;
	(void)now_ms;
}

const struct nv_conn_phase nv_phase_connect = {
	.events = { connect_open, connect_data, ignore, nv_conn_stream_closed },
	.tick = connect_tick,
};
