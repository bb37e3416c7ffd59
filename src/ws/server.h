/* SPDX-License-Identifier: MIT */
/* server.h: a server's state: what its workers share. */
#ifndef WS_SERVER_H
#define WS_SERVER_H

#include "net/lock.h"
#include "net/pool.h"
#include "net/thread.h"
#include "proto/deflate_budget.h"
#include "ws/admission.h"
#include "ws/identity.h"
#include "ws/log.h"
#include "ws/router.h"
#include "ws/slow_topics.h"
#include "ws/worker.h"

#define NV_LISTENERS_MAX 16

struct nv_server_listener {
	struct nv_listener listener;
	struct nv_server *server;
	bool inherited; /* somebody else has the socket too */
	bool tls;
};

struct nv_server {
	struct nv_server_options options; /* complete */
	struct nv_log log;
	struct nv_router sockets; /* WebSocket routes */
	struct nv_router pages;   /* plain ones */
	struct nv_slow_topics slow_topics;
	struct nv_admission admission;
	struct nv_identity identity;
	struct nv_drain drain;
	struct nv_deflate_budget deflate_budget;
	struct nv_pool pool; /* of nv_work */
	/* Listening and accepting belong to the first worker. */
	struct nv_server_listener listeners[NV_LISTENERS_MAX];
	size_t listening;
	uint16_t port;
	size_t refusing;           /* connections that were not admitted, and are told so */
	uint64_t accept_told_ms;   /* when it was last logged that accepting failed; 0: never */
	struct nv_lock telling;    /* of the next two */
	uint64_t refusals_told_ms; /* the last line of the log on who was refused; 0: none */
	uint32_t refusals_untold;  /* since */
	struct nv_thread thread;   /* of the first worker, after nv_server_start */
	atomic_bool ran;           /* nv_server_run or nv_server_start was called */
	bool started;
	size_t worker_count;
	struct nv_worker workers[];
};

static inline struct nv_server *nv_server_of(const struct nv_conn *conn)
{
	return conn->owner->server;
}

/* Closes the listening sockets, or only those that somebody else has too; true when there were any. */
bool nv_server_unlisten(struct nv_server *server, bool inherited);

/* Reading a request: the first phase of a server's connections (phase_request.c). */
extern const struct nv_conn_phase nv_phase_request;

#endif
