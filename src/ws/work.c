/* SPDX-License-Identifier: MIT */
/* work.c: nv_work, a job of the server's pool that goes back to the loop of its connection and looks
 * there whether that is still open. */
#include "base/alloc.h"
#include "ws/server.h"

struct work {
	struct nv_job job;
	struct nv_worker *worker;
	uint64_t id;
	void (*run)(void *context);
	void (*done)(struct nv_conn *conn, void *context, bool cancelled);
	void *context;
};

static struct work *work_of(struct nv_job *job)
{
	return nv_container_of(job, struct work, job);
}

static void run(struct nv_job *job)
{
	work_of(job)->run(work_of(job)->context);
}

static void answer(struct nv_job *job, bool cancelled)
{
	struct work *work = work_of(job);

	work->done(nv_worker_find(work->worker, work->id), work->context, cancelled);
	nv_free(work);
}

int nv_work(struct nv_conn *conn, void (*work)(void *context),
            void (*done)(struct nv_conn *conn, void *context, bool cancelled), void *context)
{
	struct nv_server *server = nv_conn_server(conn);
	struct work *submitted;
	int error;

	if (!server)
		return NV_ERR_UNSUPPORTED;
	submitted = nv_alloc(sizeof *submitted);
	if (!submitted)
		return NV_ERR_NOMEM;
	*submitted = (struct work){ .job = { .run = run, .done = answer },
		                    .worker = nv_worker_of(conn),
		                    .id = nv_conn_id(conn),
		                    .run = work,
		                    .done = done,
		                    .context = context };
	error = nv_pool_submit(&server->pool, conn->stream.loop, &submitted->job);
	if (error < 0)
		nv_free(submitted);
	return error;
}
