/* SPDX-License-Identifier: MIT */
/* departures.c: a chain of tasks for each other worker, which goes into its mailbox as a whole. Other
 * threads have no turn whose end they could wait for: theirs goes at once. */
#include "ws/departures.h"

#include "base/alloc.h"
#include "net/mailbox.h"
#include "ws/server.h"

/* In nv_server_free, for a worker whose loop has gone before: they find nobody, and free themselves. */
static void run_in_vain(struct nv_task *newest)
{
	struct nv_mailbox mailbox = { newest, NULL };

	while (!nv_mailbox_is_empty(&mailbox))
		nv_mailbox_run(&mailbox);
}

void nv_departures_leave(struct nv_worker *worker)
{
	struct nv_server *server = worker->server;

	for (size_t i = 0; i < server->worker_count; i++) {
		struct nv_departure *departure = &worker->departures.to[i];

		if (departure->newest && server->workers[i].loop)
			nv_loop_post_tasks(server->workers[i].loop, departure->newest,
			                   departure->oldest);
		else
			run_in_vain(departure->newest);
		*departure = (struct nv_departure){ NULL, NULL };
	}
}

static void run(struct nv_hook *hook)
{
	nv_departures_leave(nv_container_of(hook, struct nv_worker, departures.hook));
}

int nv_departures_init(struct nv_worker *worker, size_t workers)
{
	worker->departures.hook.run = run;
	worker->departures.to = nv_alloc_zero(workers * sizeof *worker->departures.to);
	return worker->departures.to ? 0 : NV_ERR_NOMEM;
}

void nv_departures_deinit(struct nv_worker *worker)
{
	nv_free(worker->departures.to);
	worker->departures.to = NULL;
}

struct nv_worker *nv_server_here(struct nv_server *server)
{
	for (size_t i = 0; i < server->worker_count; i++) {
		if (nv_loop_is_current(server->workers[i].loop))
			return &server->workers[i];
	}
	return NULL;
}

void nv_worker_bring(struct nv_worker *worker, struct nv_task *task)
{
	struct nv_worker *here = nv_server_here(worker->server);
	struct nv_departure *departure;

	if (!here || here == worker) {
		nv_loop_post_task(worker->loop, task);
		return;
	}
	departure = &here->departures.to[worker->index];
	task->next = departure->newest;
	departure->newest = task;
	if (!departure->oldest)
		departure->oldest = task;
	nv_loop_before_flush(here->loop, &here->departures.hook);
}
