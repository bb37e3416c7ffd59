/* SPDX-License-Identifier: MIT */
/* phase_request.c: a server's connection until its request is answered: read the head, find the
 * route, and go on as WebSocket or end as plain HTTP. */
#include <stdio.h>

#include "proto/ascii.h"
#include "ws/arrival.h"
#include "ws/request.h"

/* A client has to wait for the answer (RFC 6455 4.1). Some bytes behind the request are kept. */
#define EARLY_MAX 4096u

#define PATH_TOLD 250u /* bytes of a path that the log gets */
#define PATH_SIZE (PATH_TOLD + sizeof "...")

static const struct nv_problem problem_not_found = { 404, "nothing stands at this path" };
static const struct nv_problem problem_websocket = { 426, "this path speaks WebSocket only" };
static const struct nv_problem problem_method = { 405, "only GET and HEAD are answered here" };
static const struct nv_problem problem_body = { 400, "a request with a body is not understood" };
static const struct nv_problem problem_silent = { 500, "the request was not answered" };
static const struct nv_problem problem_late = { 408, "the request took too long to arrive" };

/* RFC 3986 2.3, and a slash. */
static bool is_plain(uint8_t c)
{
	return nv_is_alnum(c) || c == '/' || c == '-' || c == '.' || c == '_' || c == '~';
}

/* A path is told as far as it is plain: where a client was mistaken there may stand a token behind, as in
 * /ws%3Ftoken=... */
static const char *tell_path(struct nv_bytes path, char told[PATH_SIZE])
{
	size_t len = 0;

	while (len < path.len && len < PATH_TOLD && is_plain(path.data[len])) {
		told[len] = (char)path.data[len];
		len++;
	}
	snprintf(told + len, PATH_SIZE - len, "%s", len < path.len ? "..." : "");
	return path.len > 0 ? told : "-";
}

static void log_refusal(struct nv_conn *conn, struct nv_problem problem)
{
	char peer[NV_PEER_TEXT], path[PATH_SIZE];

	nv_log_write(&nv_server_of(conn)->log, NV_LOG_INFO, "%s %s: refused with %d, %s",
	             nv_conn_peer(conn, peer), tell_path(nv_request_path(conn->request), path),
	             problem.status, problem.text);
}

static void end_request(struct nv_conn *conn)
{
	nv_server_forget_request(conn);
	nv_conn_linger(conn);
}

static void refuse(struct nv_conn *conn, struct nv_problem problem)
{
	log_refusal(conn, problem);
	nv_request_refuse(conn->request, problem);
	end_request(conn);
}

/* --- WebSocket --- */

static void open_socket(struct nv_conn *conn, uint8_t *rest, size_t len)
{
	struct nv_worker *worker = nv_worker_of(conn);

	atomic_fetch_add_explicit(&worker->opened, 1, memory_order_relaxed);
	nv_count_add(&worker->tally.opened, 1);
	nv_conn_open(conn);
	nv_server_forget_request(conn);
	if (len == 0 || !nv_conn_is_open(conn))
		return;
	if (len > EARLY_MAX)
		nv_conn_fail(conn, NV_STATUS_POLICY,
		             "too many bytes before the answer to the request");
	else
		conn->stream.events->on_data(&conn->stream, rest, len);
}

static void upgrade(struct nv_conn *conn, uint8_t *rest, size_t len)
{
	struct nv_request *request = conn->request;

	conn->handlers = &request->route->handlers;
	nv_request_set_user(request, request->route->user);
	if (conn->handlers->on_upgrade)
		conn->handlers->on_upgrade(request);
	if (request->answer == NV_ANSWER_NONE && nv_request_accept(request, NULL) < 0)
		nv_conn_cut(conn, NV_CAUSE_MEMORY);
	else if (request->answer == NV_ANSWER_ACCEPTED)
		open_socket(conn, rest, len);
	else if (request->answer == NV_ANSWER_FAILED)
		refuse(conn, problem_silent);
	else
		end_request(conn);
}

static void answer_upgrade(struct nv_conn *conn, uint8_t *rest, size_t len)
{
	struct nv_request *request = conn->request;
	struct nv_problem problem = nv_handshake_check(request->head);

	request->upgrade = true;
	request->route = nv_router_find(&nv_server_of(conn)->sockets, nv_request_path(request));
	if (problem.status)
		refuse(conn, problem);
	else if (!request->route)
		refuse(conn, problem_not_found);
	else
		upgrade(conn, rest, len);
}

/* --- Plain HTTP --- */

static bool method_reads(const struct nv_request *request)
{
	return nv_bytes_is(nv_request_method(request), "GET") ||
	       nv_bytes_is(nv_request_method(request), "HEAD");
}

static bool has_body(const struct nv_request *request)
{
	struct nv_bytes length = nv_request_field(request, "Content-Length");

	return nv_request_field(request, "Transfer-Encoding").data ||
	       (length.data && !nv_bytes_is(length, "0"));
}

static void call_page(struct nv_conn *conn)
{
	struct nv_request *request = conn->request;

	request->user = request->route->user;
	request->route->http(request);
	if (request->answer != NV_ANSWER_REPLIED)
		refuse(conn, problem_silent);
	else
		end_request(conn);
}

static void answer_page(struct nv_conn *conn)
{
	struct nv_request *request = conn->request;
	struct nv_server *server = nv_server_of(conn);

	request->route = nv_router_find(&server->pages, nv_request_path(request));
	if (!request->route && nv_router_find(&server->sockets, nv_request_path(request)))
		refuse(conn, problem_websocket);
	else if (!request->route)
		refuse(conn, problem_not_found);
	else if (!method_reads(request))
		refuse(conn, problem_method);
	else if (has_body(request))
		refuse(conn, problem_body);
	else
		call_page(conn);
}

/* Another protocol may be offered along with a page, and be ignored (RFC 9110 7.8), but not where a
 * WebSocket stands too: there it was meant and misspelt. */
static bool wants_socket(struct nv_conn *conn)
{
	const struct nv_head *head = conn->request->head;
	struct nv_server *server = nv_server_of(conn);

	return nv_handshake_wanted(head) && (nv_head_lists(head, "Upgrade", "websocket") ||
	                                     nv_router_find(&server->sockets, nv_head_path(head)) ||
	                                     !nv_router_find(&server->pages, nv_head_path(head)));
}

/* --- Events --- */

static void request_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_conn *conn = nv_conn_of(stream);
	struct nv_head *head = conn->request->head;
	size_t used;
	int complete;

	if (len == 0) {
		nv_stream_close(stream, NV_ERR_EOF);
		return;
	}
	complete = nv_head_feed(head, data, len, &used);
	if (complete < 0)
		refuse(conn, nv_head_problem(head));
	else if (complete > 0 && wants_socket(conn))
		answer_upgrade(conn, data + used, len - used);
	else if (complete > 0)
		answer_page(conn);
}

/* Nothing can be told before TLS is agreed on. */
static bool can_answer(const struct nv_conn *conn)
{
	struct nv_tls_info info;

	return !nv_stream_is_tls(&conn->stream) || nv_tls_info(&conn->stream, &info);
}

/* The deadline stands, however many bytes arrive. */
static void request_tick(struct nv_conn *conn, uint32_t now_ms)
{
	uint32_t limit = nv_server_of(conn)->options.handshake_timeout_ms;

	if (!nv_conn_expired(now_ms, conn->since, limit))
		return;
	if (can_answer(conn))
		refuse(conn, problem_late);
	else
		nv_stream_close(&conn->stream, NV_ERR_TIMEOUT);
}

static void goodbye(struct nv_conn *conn)
{
	nv_stream_close(&conn->stream, NV_ERR_CLOSED);
}

static void ignore(struct nv_stream *stream)
{
	(void)stream;
}

const struct nv_conn_phase nv_phase_request = {
	.events = { .on_open = ignore,
	            .on_data = request_data,
	            .on_drain = ignore,
	            .on_close = nv_conn_stream_closed },
	.tick = request_tick,
	.goodbye = goodbye,
};
