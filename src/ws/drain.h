/* SPDX-License-Identifier: MIT */
/* drain.h: a server that leaves without haste: it closes its connections a few at a time and asks each
 * to come back at another moment, so that its successor is not overrun. */
#ifndef WS_DRAIN_H
#define WS_DRAIN_H

#include <stdatomic.h>

#include "net/loop.h"

/* Of the server, on the first worker's thread but for `asked`. */
struct nv_drain {
	atomic_bool asked;
	struct nv_task task;  /* from nv_server_drain to the first loop */
	struct nv_timer tick; /* looks how far it is */
	uint16_t status;
	bool succeeded;    /* somebody else accepts where it did */
	uint32_t limit_ms; /* from the beginning to the end */
	uint64_t since_ms; /* loop time */
	uint64_t told_ms;  /* the last line of the log */
	uint32_t total;    /* connections at the beginning */
	uint32_t per_s;    /* closed by all workers together; 0: it has not begun */
};

/* Of each worker. */
struct nv_worker_drain {
	struct nv_task task;
	struct nv_timer tick;
	uint64_t since_ms;
	uint32_t per_s;
	uint32_t closed; /* so far */
	uint32_t slot;   /* the next connection to look at */
};

struct nv_server;
struct nv_worker;

void nv_drain_init(struct nv_server *server);
void nv_worker_drain_init(struct nv_worker *worker);
void nv_worker_drain_stop(struct nv_worker *worker); /* as the next: before the loop is freed */
void nv_drain_stop(struct nv_server *server);

/* In how many seconds somebody who is refused now may come back. */
uint32_t nv_drain_retry_s(const struct nv_server *server);

/* The first worker's thread. */
static inline bool nv_drain_is_on(const struct nv_drain *drain)
{
	return drain->per_s > 0;
}

#endif
