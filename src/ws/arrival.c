/* SPDX-License-Identifier: MIT */
/* arrival.c: admits new connections, or refuses them with an answer that comes at once, whatever
 * they are going to ask. Those that are being refused have a limit of their own, and no request. */
#include "ws/arrival.h"

#include <stdio.h>

#include "base/alloc.h"
#include "net/sock.h"
#include "ws/request.h"
#include "ws/response.h"

#define REFUSING_MAX 64u   /* told why; any more are just closed */
#define RATE_RETRY_S 1     /* any rate has room again by then */
#define CROWDED_RETRY_S 10 /* somebody has to leave first */
#define TELL_MS 1000u      /* between two lines of the log */

static const struct nv_handlers no_handlers;

static struct nv_conn *conn_new(struct nv_server *server, const struct nv_address *peer)
{
	struct nv_conn *conn = nv_alloc_zero(sizeof *conn);

	if (!conn)
		return NULL;
	nv_conn_init(conn, &server->owner, &nv_phase_request);
	conn->handlers = &no_handlers;
	conn->peer = *peer;
	return conn;
}

static int conn_start(struct nv_server *server, struct nv_conn *conn, int fd)
{
	int error = nv_server_watch_time(server);

	if (error == 0)
		error = nv_loop_adopt(server->loop, &conn->stream, fd);
	if (error < 0)
		return error;
	conn->since = nv_conn_now(conn);
	nv_list_push(&server->conns, &conn->link);
	return 0;
}

void nv_server_forget_request(struct nv_conn *conn)
{
	if (!conn->request)
		return;
	nv_admission_answered(&nv_server_of(conn)->admission, &conn->request->pending);
	nv_request_free(conn->request);
	conn->request = NULL;
}

void nv_server_release(struct nv_conn *conn, int error)
{
	struct nv_server *server = nv_server_of(conn);

	(void)error;
	nv_server_forget_request(conn);
	if (conn->admitted)
		nv_admission_leave(&server->admission, &conn->peer, nv_loop_now(server->loop));
	else
		server->refusing--;
	nv_conn_deinit(conn);
	nv_free(conn);
}

/* One line a second: who is refused may be back at once. */
static void tell_refusal(struct nv_server *server, const char *peer, const char *what)
{
	uint64_t now = nv_loop_now(server->loop);
	char others[48] = "";

	if (server->refusals_told_ms != 0 && now - server->refusals_told_ms < TELL_MS) {
		server->refusals_untold++;
		return;
	}
	if (server->refusals_untold > 0)
		snprintf(others, sizeof others, " (and %u before that were not told)",
		         server->refusals_untold);
	nv_log_write(&server->log, NV_LOG_INFO, "%s: %s%s", peer, what, others);
	server->refusals_told_ms = now;
	server->refusals_untold = 0;
}

/* --- Admitted --- */

/* The request waits for its answer from now on, and perhaps in place of another. */
static void wait_for_request(struct nv_server *server, struct nv_conn *conn)
{
	struct nv_pending *surplus =
		nv_admission_wait(&server->admission, &conn->request->pending, &conn->peer);
	char text[NV_PEER_TEXT];

	if (!surplus)
		return;
	conn = nv_container_of(surplus, struct nv_request, pending)->conn;
	tell_refusal(server, nv_conn_peer(conn, text), "dropped, too many requests are unfinished");
	nv_conn_cut(conn, NV_CAUSE_LIMIT);
}

static int admit(struct nv_server *server, int fd, const struct nv_address *peer)
{
	struct nv_conn *conn = conn_new(server, peer);
	int error = NV_ERR_NOMEM;

	if (!conn) {
		nv_admission_leave(&server->admission, peer, nv_loop_now(server->loop));
		return NV_ERR_NOMEM;
	}
	conn->admitted = true;
	conn->request = nv_request_new(conn);
	if (conn->request)
		error = conn_start(server, conn, fd);
	if (error == 0)
		wait_for_request(server, conn);
	else
		nv_server_release(conn, error);
	return error;
}

/* --- Refused --- */

static int write_refusal(struct nv_conn *conn, struct nv_problem problem)
{
	char fields[32], body[128];
	struct nv_response response = { problem.status, "text/plain; charset=utf-8", 0, { 0 } };
	struct nv_buf text = { 0 };
	int error;

	snprintf(fields, sizeof fields, "Retry-After: %d\r\n",
	         problem.status == 429 ? RATE_RETRY_S : CROWDED_RETRY_S);
	snprintf(body, sizeof body, "%d %s: %s\n", problem.status, nv_status_text(problem.status),
	         problem.text);
	response.content_length = strlen(body);
	response.fields = nv_str(fields);
	error = nv_response_write(&response, &text);
	if (error == 0)
		error = nv_buf_append(&text, body, strlen(body));
	if (error == 0)
		error = nv_outq_append(&conn->stream.out, text.data, text.len);
	nv_buf_deinit(&text);
	return error;
}

static int start_refusal(struct nv_server *server, int fd, const struct nv_address *peer,
                         struct nv_problem problem)
{
	struct nv_conn *conn = server->refusing < REFUSING_MAX ? conn_new(server, peer) : NULL;
	int error;

	if (!conn)
		return NV_ERR_LIMIT;
	server->refusing++;
	error = write_refusal(conn, problem);
	if (error == 0)
		error = conn_start(server, conn, fd);
	if (error < 0) {
		nv_server_release(conn, error);
		return error;
	}
	nv_stream_flush(&conn->stream);
	nv_conn_linger(conn);
	return 0;
}

static void refuse(struct nv_server *server, int fd, const struct nv_address *peer,
                   struct nv_problem problem)
{
	bool answered = start_refusal(server, fd, peer, problem) == 0;
	char text[NV_ADDRESS_TEXT];
	char what[128];

	nv_address_format(peer, text);
	snprintf(what, sizeof what, answered ? "refused with %d, %s" : "closed instead of %d, %s",
	         problem.status, problem.text);
	tell_refusal(server, text, what);
	if (!answered)
		nv_sock_close(fd);
}

void nv_server_take(struct nv_server *server, int fd, const struct nv_address *peer)
{
	struct nv_problem problem =
		nv_admission_enter(&server->admission, peer, nv_loop_now(server->loop));
	char text[NV_ADDRESS_TEXT];
	int error;

	if (problem.status) {
		refuse(server, fd, peer, problem);
		return;
	}
	error = admit(server, fd, peer);
	if (error == 0)
		return;
	nv_address_format(peer, text);
	nv_log_write(&server->log, NV_LOG_ERROR, "%s: not admitted: %s", text, nv_strerror(error));
	nv_sock_close(fd);
}
