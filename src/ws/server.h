/* SPDX-License-Identifier: MIT */
/* server.h: a server's state, shared with the phase that reads its requests. */
#ifndef WS_SERVER_H
#define WS_SERVER_H

#include <stdatomic.h>

#include "net/loop.h"
#include "net/thread.h"
#include "ws/admission.h"
#include "ws/conn.h"
#include "ws/log.h"
#include "ws/router.h"

#define NV_LISTENERS_MAX 16

struct nv_server_listener {
	struct nv_listener listener;
	struct nv_server *server;
};

struct nv_server {
	struct nv_conn_owner owner;
	struct nv_deflate_budget deflate_budget;
	struct nv_server_options options; /* complete */
	struct nv_log log;
	struct nv_loop *loop;
	struct nv_router sockets; /* WebSocket routes */
	struct nv_router pages;   /* plain ones */
	struct nv_server_listener listeners[NV_LISTENERS_MAX];
	size_t listening;
	uint16_t port;
	struct nv_admission admission;
	struct nv_list conns;
	size_t refusing;       /* how many of them were not admitted */
	size_t opened;         /* how many of them are WebSocket connections */
	struct nv_timer sweep; /* runs while there are connections */
	struct nv_timer stop;  /* runs while it says goodbye */
	struct nv_thread thread;
	atomic_bool ran; /* nv_server_run or nv_server_start was called */
	bool started;
	bool accept_failed;        /* and was logged, until one succeeds */
	uint64_t refusals_told_ms; /* the last line of the log on who was refused; 0: none */
	uint32_t refusals_untold;  /* since */
};

static inline struct nv_server *nv_server_of(const struct nv_conn *conn)
{
	return nv_container_of(conn->owner, struct nv_server, owner);
}

/* Deadlines are looked at from now on. 0 or NV_ERR_NOMEM. */
int nv_server_watch_time(struct nv_server *server);

/* The request, if there still is one, has its answer, or never will. */
void nv_server_forget_request(struct nv_conn *conn);

/* Reading a request: the first phase of a server's connections (phase_request.c). */
extern const struct nv_conn_phase nv_phase_request;

#endif
