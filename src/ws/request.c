/* SPDX-License-Identifier: MIT */
/* request.c: what a program sees of a request, and the answers it may give. An answer is queued, and
 * the phase in which the request is read (phase_request.c) goes on from it. */
#include "ws/request.h"

#include <stdio.h>

#include "base/alloc.h"
#include "net/tls.h"
#include "proto/field.h"
#include "proto/head.h"
#include "ws/conn.h"
#include "ws/hsts.h"
#include "ws/response.h"

/* Of the 101 without the program's fields. */
#define ACCEPT_ROOM 512u

struct nv_request *nv_request_new(struct nv_conn *conn)
{
	struct nv_request *request = nv_alloc_zero(sizeof *request);

	if (!request)
		return NULL;
	request->conn = conn;
	request->head = nv_head_new(NV_REQUEST);
	if (request->head)
		return request;
	nv_free(request);
	return NULL;
}

void nv_request_free(struct nv_request *request)
{
	if (!request)
		return;
	nv_head_free(request->head);
	nv_buf_deinit(&request->fields);
	nv_free(request);
}

/* --- Looking --- */

struct nv_bytes nv_request_method(const struct nv_request *request)
{
	return nv_head_method(request->head);
}

struct nv_bytes nv_request_path(const struct nv_request *request)
{
	return nv_head_path(request->head);
}

struct nv_bytes nv_request_query(const struct nv_request *request)
{
	return nv_head_query(request->head);
}

struct nv_bytes nv_request_field(const struct nv_request *request, const char *name)
{
	return nv_head_field(request->head, name);
}

bool nv_request_next_field(const struct nv_request *request, const char *name, size_t *cursor,
                           struct nv_bytes *value)
{
	return nv_head_next(request->head, name, cursor, value);
}

struct nv_bytes nv_request_param(const struct nv_request *request, const char *name)
{
	return nv_route_param(request->route, nv_request_path(request), name);
}

int nv_request_query_value(const struct nv_request *request, const char *name, char *out,
                           size_t size)
{
	return nv_query_value(nv_request_query(request), name, out, size);
}

char *nv_request_peer(const struct nv_request *request, char *text)
{
	return nv_conn_peer(request->conn, text);
}

void *nv_request_user(const struct nv_request *request)
{
	return request->user;
}

void nv_request_set_user(struct nv_request *request, void *user)
{
	request->user = user;
	request->conn->user = user;
}

bool nv_request_subprotocol(const struct nv_request *request, size_t *cursor,
                            struct nv_bytes *subprotocol)
{
	return nv_handshake_subprotocol(request->head, cursor, subprotocol);
}

/* --- Answering --- */

/* Fields that every answer has from here. */
static bool is_ours(const char *name)
{
	static const char *const ours[] = { "Content-Length", "Content-Type", "Date",
		                            "Transfer-Encoding" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (nv_bytes_is_caseless(nv_str(name), ours[i]))
			return true;
	return false;
}

/* A value with a line end in it would be two fields. */
static bool is_value(const char *value)
{
	for (; *value; value++)
		if (!nv_is_value_char((uint8_t)*value))
			return false;
	return true;
}

static bool is_field(const char *name, const char *value)
{
	return nv_is_token(nv_str(name)) && !is_ours(name) && is_value(value);
}

static bool is_answered(const struct nv_request *request)
{
	return request->answer == NV_ANSWER_ACCEPTED || request->answer == NV_ANSWER_REPLIED;
}

int nv_request_add_field(struct nv_request *request, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + sizeof ": \r\n";
	uint8_t *room;

	if (is_answered(request))
		return NV_ERR_STATE;
	if (!is_field(name, value))
		return NV_ERR_INVALID;
	room = nv_buf_reserve(&request->fields, size);
	if (!room)
		return NV_ERR_NOMEM;
	snprintf((char *)room, size, "%s: %s\r\n", name, value);
	if (!nv_is_extra_fields((const char *)room))
		return NV_ERR_INVALID;
	request->fields.len += size - 1;
	return 0;
}

/* Without memory for its windows the extension is declined, not the client. */
static void choose_deflate(struct nv_request *request, struct nv_deflate *deflate)
{
	struct nv_conn *conn = request->conn;
	struct nv_conn_owner *owner = conn->owner;

	if (!nv_handshake_deflate(request->head, &owner->session.compression, deflate) ||
	    nv_session_compress(&conn->session, deflate, &owner->deflate) < 0)
		deflate->agreed = false;
}

/* Writes the 101; the fields of the program are a C string there. */
static int write_accept(struct nv_request *request, const char *subprotocol)
{
	struct nv_deflate deflate;
	struct nv_outq *out = &request->conn->stream.out;
	size_t size = ACCEPT_ROOM + request->fields.len + (subprotocol ? strlen(subprotocol) : 0);
	uint8_t *room;
	int len;

	if (nv_buf_append(&request->fields, "", 1) < 0)
		return NV_ERR_NOMEM;
	request->fields.len--;
	room = nv_outq_reserve(out, size);
	if (!room)
		return NV_ERR_NOMEM;
	choose_deflate(request, &deflate);
	len = nv_handshake_accept(request->head, subprotocol, &deflate,
	                          (const char *)request->fields.data, (char *)room, size);
	nv_outq_commit(out, len < 0 ? 0 : (size_t)len);
	if (len < 0)
		nv_session_uncompress(&request->conn->session);
	return len < 0 ? len : 0;
}

int nv_request_accept(struct nv_request *request, const char *subprotocol)
{
	char *copy = NULL;
	int error;

	if (is_answered(request) || !request->upgrade)
		return NV_ERR_STATE;
	request->answer = NV_ANSWER_FAILED;
	if (subprotocol) {
		copy = nv_copy(nv_str(subprotocol));
		if (!copy)
			return NV_ERR_NOMEM;
	}
	error = write_accept(request, subprotocol);
	if (error < 0) {
		nv_free(copy);
		return error;
	}
	request->conn->subprotocol = copy;
	request->answer = NV_ANSWER_ACCEPTED;
	nv_stream_flush(&request->conn->stream);
	return 0;
}

static bool wants_hsts(const struct nv_request *request)
{
	return nv_stream_is_tls(&request->conn->stream) &&
	       nv_hsts_is_for(nv_request_field(request, "Host"));
}

static int queue_reply(struct nv_request *request, struct nv_bytes head, struct nv_bytes body)
{
	struct nv_outq *out = &request->conn->stream.out;
	uint8_t *room = nv_outq_reserve(out, head.len + body.len);

	if (!room)
		return NV_ERR_NOMEM;
	memcpy(room, head.data, head.len);
	if (body.len > 0)
		memcpy(room + head.len, body.data, body.len);
	nv_outq_commit(out, head.len + body.len);
	nv_stream_flush(&request->conn->stream);
	return 0;
}

int nv_request_reply(struct nv_request *request, int status, const char *content_type,
                     struct nv_bytes body)
{
	struct nv_response response = { status, content_type, body.len,
		                        nv_buf_bytes(&request->fields), wants_hsts(request) };
	struct nv_buf head = { 0 };
	int error;

	if (is_answered(request))
		return NV_ERR_STATE;
	request->answer = NV_ANSWER_FAILED;
	if (status < 200 || status > 599 || (content_type && !is_value(content_type)))
		return NV_ERR_INVALID;
	if (nv_bytes_is(nv_request_method(request), "HEAD") || status == 204 || status == 304)
		body.len = 0;
	error = nv_response_write(&response, &head);
	if (error == 0)
		error = queue_reply(request, nv_buf_bytes(&head), body);
	nv_buf_deinit(&head);
	if (error == 0)
		request->answer = NV_ANSWER_REPLIED;
	return error;
}

/* Fields that the status asks for: RFC 9110 15.5.6 and 15.5.22, RFC 6455 4.2.2 and 4.4. */
static const char *fields_of(int status, bool upgrade)
{
	switch (status) {
	case 400:
		return "Sec-WebSocket-Version: 13\r\n";
	case 405:
		return upgrade ? "Allow: GET\r\n" : "Allow: GET, HEAD\r\n";
	case 426:
		return "Upgrade: websocket\r\nConnection: Upgrade, close\r\n"
		       "Sec-WebSocket-Version: 13\r\n";
	default:
		return "";
	}
}

void nv_request_refuse(struct nv_request *request, struct nv_problem problem)
{
	const char *fields = fields_of(problem.status, request->upgrade);
	char body[256];

	snprintf(body, sizeof body, "%d %s: %s\n", problem.status, nv_status_text(problem.status),
	         problem.text);
	request->fields.len = 0;
	request->answer = NV_ANSWER_NONE;
	/* Without memory the connection just ends. */
	if (nv_buf_append(&request->fields, fields, strlen(fields)) == 0)
		(void)nv_request_reply(request, problem.status, "text/plain; charset=utf-8",
		                       nv_str(body));
}
