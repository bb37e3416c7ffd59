/* SPDX-License-Identifier: MIT */
/* departures.h: what a worker's callbacks have for the other workers of its server. It leaves together
 * before the turn's last flush, so that a burst of messages arrives as one, is written as one, and wakes
 * a loop once. */
#ifndef WS_DEPARTURES_H
#define WS_DEPARTURES_H

#include "net/loop.h"

struct nv_worker;
struct nv_server;

struct nv_departures {
	struct nv_hook hook;
	struct nv_departure {
		struct nv_task *newest; /* each leads to the one before it */
		struct nv_task *oldest;
	} * to; /* for each worker */
};

int nv_departures_init(struct nv_worker *worker, size_t workers); /* 0 or NV_ERR_NOMEM */
void nv_departures_deinit(struct nv_worker *worker);

/* What still waits when the worker's loop has made its last turn. */
void nv_departures_leave(struct nv_worker *worker);

/* The worker inside whose turn this thread is, or NULL. */
struct nv_worker *nv_server_here(struct nv_server *server);

/* Brings a task to a worker: in the order of the calls of each thread. */
void nv_worker_bring(struct nv_worker *worker, struct nv_task *task);

#endif
