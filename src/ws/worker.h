/* SPDX-License-Identifier: MIT */
/* worker.h: one loop of a server, with its thread and its connections. What happens to a connection
 * happens here; the workers share what is constant while they run, and what locks or is atomic. */
#ifndef WS_WORKER_H
#define WS_WORKER_H

#include <stdatomic.h>

#include "base/count.h"
#include "net/loop.h"
#include "net/thread.h"
#include "net/tls.h"
#include "ws/conn.h"
#include "ws/departures.h"
#include "ws/drain.h"
#include "ws/pulse.h"
#include "ws/router.h"
#include "ws/slab.h"
#include "ws/turn_log.h"

#define NV_WORKERS_MAX 255u

/* What happened, for nv_server_stats. Written by the worker's thread, read by any. */
struct nv_tally {
	_Atomic(uint64_t) opened;
	_Atomic(uint64_t) published;
	_Atomic(uint64_t) missed;
	_Atomic(uint64_t) refused; /* of the first worker, which accepts */
	_Atomic(uint64_t) closed[NV_CAUSE_COUNT];
};

struct nv_worker {
	struct nv_conn_owner owner;
	struct nv_server *server;
	struct nv_loop *loop;
	struct nv_slab conns;
	struct nv_topics topics;
	struct nv_turn_log log;
	struct nv_hook deliver; /* what the log holds, before the turn ends */
	struct nv_departures departures;
	struct nv_tls_gate gate; /* of its TLS handshakes */
	struct nv_list waiting;  /* its requests that are not answered, oldest first */
	struct nv_timer sweep;   /* runs while there are connections */
	struct nv_timer stop;    /* runs while it says goodbye */
	struct nv_worker_drain drain;
	struct nv_thread thread; /* of all but the first */
	bool started;            /* the thread runs */
	uint8_t unweighed;       /* sweeps since its connections were weighed */
	bool leaving;            /* it says goodbye, and takes no more */
	uint8_t index;
	atomic_uint load;         /* connections that were dealt to it, and have not gone */
	atomic_size_t opened;     /* WebSocket connections */
	atomic_size_t inbox;      /* bytes on their way to it from other threads */
	atomic_size_t subscribed; /* how often, by all connections */
	struct nv_tally tally;
	struct nv_pulse pulse;
	atomic_size_t memory;   /* that its connections held when they were weighed, */
	atomic_size_t heaviest; /* and the one with the most; */
	atomic_size_t unsent;   /* bytes in their queues */
};

static inline struct nv_worker *nv_worker_of(const struct nv_conn *conn)
{
	return nv_container_of(conn->owner, struct nv_worker, owner);
}

static inline const struct nv_route *nv_route_of(const struct nv_conn *conn)
{
	return nv_container_of(conn->handlers, const struct nv_route, handlers);
}

/* 0, or NV_ERR_SYSTEM without memory or descriptors. Its owner's options are complete. */
int nv_worker_init(struct nv_worker *worker, struct nv_server *server, uint8_t index);
/* Without connections; runs what is still posted to it. In the order: all of the first, all of the
 * second. */
void nv_worker_close(struct nv_worker *worker);
void nv_worker_deinit(struct nv_worker *worker);

/* A connection of its slab, or NULL. Its thread. */
struct nv_conn *nv_worker_conn_new(struct nv_worker *worker);

/* Deadlines are looked at from now on. 0 or NV_ERR_NOMEM. */
int nv_worker_watch_time(struct nv_worker *worker);

/* Runs on a thread of its own until nv_loop_stop, and says goodbye. 0 or NV_ERR_LIMIT. */
int nv_worker_start(struct nv_worker *worker);
void nv_worker_join(struct nv_worker *worker); /* does nothing when it was not started */

/* Closes all its connections with 1001 and waits for their end, or cuts them. */
int nv_worker_say_goodbye(struct nv_worker *worker);

/* Topics, on the worker's thread. What is published is taken by its subscribers when the turn ends:
 * 0 or an error of nv_server_publish. */
int nv_worker_publish(struct nv_worker *worker, const struct nv_publication *publication);
int nv_worker_subscribe(struct nv_worker *worker, struct nv_subscriber *subscriber,
                        struct nv_bytes topic);
int nv_worker_unsubscribe(struct nv_worker *worker, struct nv_subscriber *subscriber,
                          struct nv_bytes topic);
void nv_worker_deliver(struct nv_hook *hook);
void nv_worker_unsubscribe_all(struct nv_worker *worker, struct nv_subscriber *subscriber);

/* It could not be published there for want of memory: its subscribers are failed, so that nobody goes on
 * without knowing. */
void nv_worker_lose(struct nv_worker *worker, const struct nv_publication *publication);

/* Sums up what connections hold, and ends those that hold the most on any loop while all hold too much
 * (max_memory). At every sweep, of which every fourth counts, and the last. */
void nv_worker_weigh(struct nv_worker *worker);

/* Bytes on their way here from another thread: false when there are too many. Any thread. */
bool nv_worker_let_in(struct nv_worker *worker, size_t size);
void nv_worker_take_in(struct nv_worker *worker, size_t size);

/* Ids: nv_conn_id. Whose thread is it of; does it still stand for a connection; and for which, or
 * NULL. Any thread, but the last, which is for the worker's. */
uint64_t nv_worker_id(const struct nv_worker *worker, const struct nv_conn *conn);
size_t nv_id_worker(uint64_t id);
bool nv_worker_knows(const struct nv_worker *worker, uint64_t id);
struct nv_conn *nv_worker_find(const struct nv_worker *worker, uint64_t id);

#endif
