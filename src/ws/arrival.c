/* SPDX-License-Identifier: MIT */
/* arrival.c: admits new connections and deals them to the loops, or refuses them with an answer that
 * comes at once, whatever they are going to ask. Those that are being refused have a limit of their
 * own, and no request; they stay on the first loop. With TLS they are just closed: an answer would
 * cost the handshake that the limits are there to save. */
#include "ws/arrival.h"

#include <stdio.h>

#include "base/alloc.h"
#include "net/sock.h"
#include "ws/request.h"
#include "ws/response.h"

#define REFUSING_MAX 64u    /* told why; any more are just closed */
#define RATE_RETRY_S 1u     /* any rate has room again by then */
#define CROWDED_RETRY_S 10u /* somebody has to leave first */
#define TELL_MS 1000u       /* between two lines of the log */

static const struct nv_handlers no_handlers;
static const struct nv_problem leaving = { 503, "the server is going away" };

static int adopt_tls(struct nv_worker *worker, struct nv_conn *conn, int fd)
{
	struct nv_tls_context *context = nv_identity_context(&worker->server->identity);
	int error = nv_tls_adopt(&worker->gate, &conn->stream, fd, context);

	nv_tls_context_unref(context);
	return error;
}

static int conn_start(struct nv_worker *worker, struct nv_conn *conn,
                      const struct nv_arrival *arrival)
{
	int error = nv_worker_watch_time(worker);

	if (error == 0 && arrival->tls)
		error = adopt_tls(worker, conn, arrival->fd);
	else if (error == 0)
		error = nv_loop_adopt(worker->loop, &conn->stream, arrival->fd);
	if (error == 0)
		conn->since = nv_conn_now(conn);
	return error;
}

static struct nv_conn *conn_new(struct nv_worker *worker, const struct nv_address *peer)
{
	struct nv_conn *conn = nv_worker_conn_new(worker);

	if (!conn)
		return NULL;
	nv_conn_init(conn, &worker->owner, &nv_phase_request);
	conn->handlers = &no_handlers;
	conn->peer = *peer;
	return conn;
}

void nv_server_forget_request(struct nv_conn *conn)
{
	if (!conn->request)
		return;
	nv_admission_answered(&nv_server_of(conn)->admission, &conn->request->pending);
	nv_request_free(conn->request);
	conn->request = NULL;
}

/* One that was dealt to this worker, and never came to be, or has gone. */
static void leave(struct nv_worker *worker, const struct nv_address *peer)
{
	atomic_fetch_sub_explicit(&worker->load, 1, memory_order_relaxed);
	nv_admission_leave(&worker->server->admission, peer, nv_loop_now(worker->loop));
}

/* True when a line is due, and how many were not told before it. */
static bool may_tell(struct nv_server *server, uint64_t now_ms, uint32_t *untold)
{
	bool due;

	nv_lock_take(&server->telling);
	due = server->refusals_told_ms == 0 || now_ms - server->refusals_told_ms >= TELL_MS;
	*untold = server->refusals_untold;
	server->refusals_untold = due ? 0 : *untold + 1;
	if (due)
		server->refusals_told_ms = now_ms;
	nv_lock_give(&server->telling);
	return due;
}

/* One line a second: who is refused may be back at once. */
static void tell_refusal(struct nv_worker *worker, const char *peer, const char *what)
{
	char others[48] = "";
	uint32_t untold;

	if (!may_tell(worker->server, nv_loop_now(worker->loop), &untold))
		return;
	if (untold > 0)
		snprintf(others, sizeof others, " (and %u before that were not told)", untold);
	nv_log_write(&worker->server->log, NV_LOG_INFO, "%s: %s%s", peer, what, others);
}

/* Why TLS failed before there was a request, or NULL; `error` ended the stream. */
static const char *tls_problem(const struct nv_conn *conn, int error)
{
	struct nv_tls_info info;

	if (conn->opened || !nv_stream_is_tls(&conn->stream))
		return NULL;
	if (error == NV_ERR_TIMEOUT && !nv_tls_info(&conn->stream, &info))
		return "the handshake took too long";
	/* Who comes and goes without a word only looks whether the server is there. */
	return nv_tls_heard(&conn->stream) ? nv_tls_problem(&conn->stream) : NULL;
}

void nv_server_release(struct nv_conn *conn, int error)
{
	struct nv_worker *worker = nv_worker_of(conn);
	const char *problem = tls_problem(conn, error);
	char text[NV_PEER_TEXT];
	char what[128];

	if (problem) {
		snprintf(what, sizeof what, "TLS failed, %s", problem);
		tell_refusal(worker, nv_conn_peer(conn, text), what);
	}
	nv_server_forget_request(conn);
	if (conn->admitted)
		leave(worker, &conn->peer);
	else
		worker->server->refusing--;
	nv_conn_deinit(conn);
	nv_slab_give(&worker->conns, conn->slot);
}

/* --- Admitted --- */

/* The request waits for its answer from now on, and perhaps in place of another. */
static void wait_for_request(struct nv_worker *worker, struct nv_conn *conn)
{
	struct nv_pending *surplus = nv_admission_wait(&worker->server->admission, &worker->waiting,
	                                               &conn->request->pending, &conn->peer);
	char text[NV_PEER_TEXT];

	if (!surplus)
		return;
	conn = nv_container_of(surplus, struct nv_request, pending)->conn;
	tell_refusal(worker, nv_conn_peer(conn, text), "dropped, too many requests are unfinished");
	nv_conn_cut(conn, NV_CAUSE_LIMIT);
}

static int start_request(struct nv_worker *worker, struct nv_conn *conn,
                         const struct nv_arrival *arrival)
{
	conn->request = nv_request_new(conn);
	return conn->request ? conn_start(worker, conn, arrival) : NV_ERR_NOMEM;
}

static int admit(struct nv_worker *worker, const struct nv_arrival *arrival)
{
	struct nv_conn *conn = conn_new(worker, &arrival->peer);
	int error;

	if (!conn) {
		leave(worker, &arrival->peer);
		return NV_ERR_NOMEM;
	}
	conn->admitted = true;
	error = start_request(worker, conn, arrival);
	if (error == 0)
		wait_for_request(worker, conn);
	else
		nv_server_release(conn, error);
	return error;
}

static void drop(struct nv_server *server, const struct nv_arrival *arrival, int error)
{
	char text[NV_ADDRESS_TEXT];

	nv_address_format(&arrival->peer, text);
	nv_log_write(&server->log, NV_LOG_ERROR, "%s: not admitted: %s", text, nv_strerror(error));
	nv_sock_close(arrival->fd);
}

/* --- Dealt --- */

/* A socket on its way to the loop of another thread. */
struct dealt {
	struct nv_task task;
	struct nv_worker *worker;
	struct nv_arrival arrival;
};

static void arrive(struct nv_task *task)
{
	struct dealt *dealt = nv_container_of(task, struct dealt, task);
	struct nv_worker *worker = dealt->worker;
	int error = 0;

	if (worker->leaving) {
		leave(worker, &dealt->arrival.peer);
		nv_sock_close(dealt->arrival.fd);
	} else {
		error = admit(worker, &dealt->arrival);
	}
	if (error < 0)
		drop(worker->server, &dealt->arrival, error);
	nv_free(dealt);
}

static int deal(struct nv_worker *worker, const struct nv_arrival *arrival)
{
	struct dealt *dealt = nv_alloc(sizeof *dealt);

	if (!dealt) {
		leave(worker, &arrival->peer);
		return NV_ERR_NOMEM;
	}
	*dealt = (struct dealt){ .task.run = arrive, .worker = worker, .arrival = *arrival };
	nv_worker_bring(worker, &dealt->task);
	return 0;
}

/* The one with the fewest connections, those on their way included. */
static struct nv_worker *choose_worker(struct nv_server *server)
{
	struct nv_worker *best = &server->workers[0];

	for (size_t i = 1; i < server->worker_count; i++) {
		struct nv_worker *worker = &server->workers[i];

		if (atomic_load_explicit(&worker->load, memory_order_relaxed) <
		    atomic_load_explicit(&best->load, memory_order_relaxed))
			best = worker;
	}
	return best;
}

static int send_on(struct nv_server *server, const struct nv_arrival *arrival)
{
	struct nv_worker *worker = choose_worker(server);

	atomic_fetch_add_explicit(&worker->load, 1, memory_order_relaxed);
	return worker->index == 0 ? admit(worker, arrival) : deal(worker, arrival);
}

/* --- Refused --- */

/* In how many seconds it is worth another try. */
static uint32_t retry_s(const struct nv_server *server, int status)
{
	if (nv_drain_is_on(&server->drain))
		return nv_drain_retry_s(server);
	return status == 429 ? RATE_RETRY_S : CROWDED_RETRY_S;
}

static int write_refusal(struct nv_conn *conn, struct nv_problem problem)
{
	char fields[32], body[128];
	struct nv_response response = {
		problem.status, "text/plain; charset=utf-8", 0, { 0 }, false
	};
	struct nv_buf text = { 0 };
	int error;

	snprintf(fields, sizeof fields, "Retry-After: %u\r\n",
	         retry_s(nv_server_of(conn), problem.status));
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

static bool may_answer(const struct nv_server *server, const struct nv_arrival *arrival)
{
	return !arrival->tls && server->refusing < REFUSING_MAX;
}

static int start_refusal(struct nv_server *server, const struct nv_arrival *arrival,
                         struct nv_problem problem)
{
	struct nv_worker *worker = &server->workers[0];
	struct nv_conn *conn =
		may_answer(server, arrival) ? conn_new(worker, &arrival->peer) : NULL;
	int error;

	if (!conn)
		return NV_ERR_LIMIT;
	server->refusing++;
	error = write_refusal(conn, problem);
	if (error == 0)
		error = conn_start(worker, conn, arrival);
	if (error < 0) {
		nv_server_release(conn, error);
		return error;
	}
	nv_stream_flush(&conn->stream);
	nv_conn_linger(conn);
	return 0;
}

static void refuse(struct nv_server *server, const struct nv_arrival *arrival,
                   struct nv_problem problem)
{
	bool answered = start_refusal(server, arrival, problem) == 0;
	char text[NV_ADDRESS_TEXT];
	char what[128];

	nv_count_add(&server->workers[0].tally.refused, 1);
	nv_address_format(&arrival->peer, text);
	snprintf(what, sizeof what, answered ? "refused with %d, %s" : "closed instead of %d, %s",
	         problem.status, problem.text);
	tell_refusal(&server->workers[0], text, what);
	if (!answered)
		nv_sock_close(arrival->fd);
}

static struct nv_problem enter(struct nv_server *server, const struct nv_address *peer)
{
	if (nv_drain_is_on(&server->drain))
		return leaving;
	return nv_admission_enter(&server->admission, peer, nv_loop_now(server->workers[0].loop));
}

void nv_server_take(struct nv_server *server, const struct nv_arrival *arrival)
{
	struct nv_problem problem = enter(server, &arrival->peer);
	int error;

	if (problem.status) {
		refuse(server, arrival, problem);
		return;
	}
	error = send_on(server, arrival);
	if (error < 0)
		drop(server, arrival, error);
}
