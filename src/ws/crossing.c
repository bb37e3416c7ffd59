/* SPDX-License-Identifier: MIT */
/* crossing.c: what any thread may ask of a connection, by its id. On the connection's own thread it is
 * done at once, from another it goes through the mailbox of its loop, whose inbox has a limit. */
#include "base/alloc.h"
#include "proto/close.h"
#include "proto/utf8.h"
#include "ws/reader.h"
#include "ws/server.h"

struct crossing {
	struct nv_task task;
	struct nv_worker *worker;
	uint64_t id;
	size_t size; /* that it counts in the inbox */
	enum nv_opcode opcode;
	uint16_t status; /* of a close */
	size_t len;
	uint8_t data[]; /* zero-terminated */
};

uint64_t nv_conn_id(const struct nv_conn *conn)
{
	return nv_conn_server(conn) ? nv_worker_id(nv_worker_of(conn), conn) : 0;
}

/* --- The inbox --- */

bool nv_worker_let_in(struct nv_worker *worker, size_t size)
{
	size_t limit = worker->server->options.max_inbox;
	size_t before = atomic_fetch_add_explicit(&worker->inbox, size, memory_order_relaxed);
	struct nv_worker *here;

	if (limit == NV_OFF || before < limit)
		return true;
	nv_worker_take_in(worker, size);
	/* Who waits for room in its turn must not be what fills it. */
	here = nv_server_here(worker->server);
	if (here)
		nv_departures_leave(here);
	return false;
}

void nv_worker_take_in(struct nv_worker *worker, size_t size)
{
	atomic_fetch_sub_explicit(&worker->inbox, size, memory_order_relaxed);
}

/* --- Arriving --- */

static void arrive(struct nv_task *task)
{
	struct crossing *crossing = nv_container_of(task, struct crossing, task);
	struct nv_conn *conn = nv_worker_find(crossing->worker, crossing->id);
	int error = 0;

	nv_worker_take_in(crossing->worker, crossing->size);
	/* Who asked was told that it is on its way. */
	if (conn && crossing->opcode == NV_CLOSE)
		error = nv_conn_close(conn, crossing->status, (const char *)crossing->data);
	else if (conn)
		error = nv_reader_send(conn, crossing->opcode,
		                       (struct nv_bytes){ crossing->data, crossing->len });
	if (error < 0 && error != NV_ERR_CLOSED)
		nv_reader_fail(conn, error);
	nv_free(crossing);
}

static int post(struct nv_worker *worker, uint64_t id, const struct crossing *head,
                struct nv_bytes data)
{
	size_t size = sizeof *head + data.len + 1;
	struct crossing *crossing;

	if (data.len > SIZE_MAX / 2)
		return NV_ERR_TOO_BIG;
	if (!nv_worker_let_in(worker, size))
		return NV_ERR_FULL;
	crossing = nv_alloc(size);
	if (!crossing) {
		nv_worker_take_in(worker, size);
		return NV_ERR_NOMEM;
	}
	*crossing = *head;
	crossing->task.run = arrive;
	crossing->worker = worker;
	crossing->id = id;
	crossing->size = size;
	crossing->len = data.len;
	if (data.len > 0)
		memcpy(crossing->data, data.data, data.len);
	crossing->data[data.len] = '\0';
	nv_worker_bring(worker, &crossing->task);
	return 0;
}

/* --- Asking --- */

/* The worker of an id that stands for a connection, or NULL. */
static struct nv_worker *worker_of(struct nv_server *server, uint64_t id)
{
	size_t index = nv_id_worker(id);

	/* In nv_server_free, the loops go one by one. */
	if (index >= server->worker_count || !server->workers[index].loop ||
	    !nv_worker_knows(&server->workers[index], id))
		return NULL;
	return &server->workers[index];
}

int nv_server_send(struct nv_server *server, uint64_t id, enum nv_opcode opcode,
                   struct nv_bytes message)
{
	struct nv_worker *worker = worker_of(server, id);
	struct nv_conn *conn;

	if (opcode != NV_TEXT && opcode != NV_BINARY)
		return NV_ERR_INVALID;
	if (!worker)
		return NV_ERR_CLOSED;
	if (nv_loop_is_current(worker->loop)) {
		conn = nv_worker_find(worker, id);
		return conn ? nv_conn_send(conn, opcode, message) : NV_ERR_CLOSED;
	}
	if (opcode == NV_TEXT && !nv_utf8_valid(message))
		return NV_ERR_UTF8;
	return post(worker, id, &(struct crossing){ .opcode = opcode }, message);
}

int nv_server_close(struct nv_server *server, uint64_t id, uint16_t status, const char *reason)
{
	struct nv_worker *worker = worker_of(server, id);
	struct nv_bytes text = nv_str(reason);
	struct nv_conn *conn;
	int error;

	if (!worker)
		return NV_ERR_CLOSED;
	if (nv_loop_is_current(worker->loop)) {
		conn = nv_worker_find(worker, id);
		return conn ? nv_conn_close(conn, status, reason) : NV_ERR_CLOSED;
	}
	error = nv_close_check(status, text);
	if (error < 0)
		return error;
	return post(worker, id, &(struct crossing){ .opcode = NV_CLOSE, .status = status }, text);
}

/* --- Calls on the first loop --- */

struct errand {
	struct nv_task task;
	void (*run)(void *context);
	void *context;
};

static void run_errand(struct nv_task *task)
{
	struct errand *errand = nv_container_of(task, struct errand, task);

	errand->run(errand->context);
	nv_free(errand);
}

int nv_server_post(struct nv_server *server, void (*run)(void *context), void *context)
{
	struct errand *errand = nv_alloc(sizeof *errand);

	if (!errand)
		return NV_ERR_NOMEM;
	*errand = (struct errand){ .task.run = run_errand, .run = run, .context = context };
	nv_worker_bring(&server->workers[0], &errand->task);
	return 0;
}
