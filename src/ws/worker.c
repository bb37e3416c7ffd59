/* SPDX-License-Identifier: MIT */
/* worker.c: a loop of a server: the passing of time for its connections, what their end means, and
 * the goodbye. */
#include "ws/worker.h"

#include "base/alloc.h"
#include "ws/arrival.h"
#include "ws/reader.h"
#include "ws/server.h"

/* Deadlines are as exact as this. */
#define SWEEP_MS 250u

/* --- Ids --- */

#define INDEX_SHIFT 56
#define SLOT_SHIFT 32
#define SLOT_MASK 0xffffffu

uint64_t nv_worker_id(const struct nv_worker *worker, const struct nv_conn *conn)
{
	return (uint64_t)worker->index << INDEX_SHIFT | (uint64_t)conn->slot << SLOT_SHIFT |
	       nv_slab_generation(&worker->conns, conn->slot);
}

static uint32_t slot_of(uint64_t id)
{
	return (uint32_t)(id >> SLOT_SHIFT) & SLOT_MASK;
}

size_t nv_id_worker(uint64_t id)
{
	return (size_t)(id >> INDEX_SHIFT);
}

bool nv_worker_knows(const struct nv_worker *worker, uint64_t id)
{
	uint32_t generation = (uint32_t)id;

	return generation != 0 && nv_slab_generation(&worker->conns, slot_of(id)) == generation;
}

struct nv_conn *nv_worker_find(const struct nv_worker *worker, uint64_t id)
{
	if (!nv_worker_knows(worker, id) || !nv_slab_has(&worker->conns, slot_of(id)))
		return NULL;
	return nv_slab_at(&worker->conns, slot_of(id));
}

/* --- Connections --- */

static void conn_ended(struct nv_conn *conn, const struct nv_close *close)
{
	struct nv_worker *worker = nv_worker_of(conn);
	char peer[NV_PEER_TEXT];

	atomic_fetch_sub_explicit(&worker->opened, 1, memory_order_relaxed);
	nv_count_add(&worker->tally.closed[close->cause], 1);
	if (close->cause == NV_CAUSE_CLOSED)
		return;
	nv_log_write(&worker->server->log, NV_LOG_INFO, "%s %s: ended with %u, %s%s%s",
	             nv_conn_peer(conn, peer), nv_route_of(conn)->pattern, close->status,
	             nv_cause_text(close->cause), close->detail ? ": " : "",
	             close->detail ? close->detail : "");
}

static void conn_forgotten(struct nv_conn *conn)
{
	nv_reader_drop(conn);
	nv_slab_age(&nv_worker_of(conn)->conns, conn->slot);
}

struct nv_conn *nv_worker_conn_new(struct nv_worker *worker)
{
	uint32_t slot;
	struct nv_conn *conn = nv_slab_take(&worker->conns, &slot);

	if (conn)
		conn->slot = slot;
	return conn;
}

static struct nv_conn *next_conn(const struct nv_worker *worker, uint32_t *slot)
{
	*slot = nv_slab_next(&worker->conns, *slot);
	return *slot == NV_SLAB_NONE ? NULL : nv_slab_at(&worker->conns, (*slot)++);
}

static void each_conn(struct nv_worker *worker, void (*act)(struct nv_conn *conn, uint32_t now_ms))
{
	uint32_t now = (uint32_t)nv_loop_now(worker->loop);
	uint32_t slot = 0;
	struct nv_conn *conn;

	while ((conn = next_conn(worker, &slot)) != NULL)
		act(conn, now);
}

/* --- Time --- */

int nv_worker_watch_time(struct nv_worker *worker)
{
	if (worker->sweep.place)
		return 0;
	return nv_loop_start_timer(worker->loop, &worker->sweep, SWEEP_MS);
}

static void conn_tick(struct nv_conn *conn, uint32_t now_ms)
{
	nv_conn_count_sent(conn);
	nv_conn_phase(conn)->tick(conn, now_ms);
}

static void on_sweep(struct nv_timer *timer)
{
	struct nv_worker *worker = nv_container_of(timer, struct nv_worker, sweep);
	bool more = nv_admission_forget(&worker->server->admission, nv_loop_now(worker->loop));

	nv_pulse_fired(&worker->pulse, worker->loop, timer);
	each_conn(worker, conn_tick);
	nv_worker_weigh(worker);
	/* The heap has just given up this place: starting again can't fail. */
	if (more || worker->conns.count > 0)
		(void)nv_worker_watch_time(worker);
}

/* --- The goodbye --- */

static void conn_cut(struct nv_conn *conn, uint32_t now_ms)
{
	(void)now_ms;
	nv_conn_cut(conn, NV_CAUSE_CLOSE_TIMEOUT);
}

static void on_stop_timeout(struct nv_timer *timer)
{
	each_conn(nv_container_of(timer, struct nv_worker, stop), conn_cut);
}

static void conn_goodbye(struct nv_conn *conn, uint32_t now_ms)
{
	(void)now_ms;
	if (nv_conn_phase(conn)->goodbye)
		nv_conn_phase(conn)->goodbye(conn);
}

static void start_goodbye(struct nv_worker *worker)
{
	uint32_t timeout = worker->server->options.stop_timeout_ms;

	each_conn(worker, conn_goodbye);
	if (timeout != NV_OFF && nv_loop_start_timer(worker->loop, &worker->stop, timeout) < 0)
		each_conn(worker, conn_cut);
}

int nv_worker_say_goodbye(struct nv_worker *worker)
{
	int error = 0;

	worker->leaving = true;
	if (worker->conns.count > 0)
		start_goodbye(worker);
	while (worker->conns.count > 0 && error == 0)
		error = nv_loop_run_once(worker->loop, -1);
	nv_worker_drain_stop(worker);
	nv_loop_stop_timer(worker->loop, &worker->stop);
	nv_loop_stop_timer(worker->loop, &worker->sweep);
	return error;
}

/* --- Life --- */

static void run(void *context)
{
	struct nv_worker *worker = context;
	int error = nv_loop_run(worker->loop);
	int goodbye_error = nv_worker_say_goodbye(worker);

	if (error < 0 || goodbye_error < 0)
		nv_log_write(&worker->server->log, NV_LOG_ERROR, "loop %u ended: %s", worker->index,
		             nv_strerror(error < 0 ? error : goodbye_error));
}

int nv_worker_start(struct nv_worker *worker)
{
	int error;

	worker->thread.run = run;
	worker->thread.context = worker;
	error = nv_thread_start(&worker->thread);
	worker->started = error == 0;
	return error;
}

void nv_worker_join(struct nv_worker *worker)
{
	if (worker->started)
		nv_thread_join(&worker->thread);
	worker->started = false;
}

int nv_worker_init(struct nv_worker *worker, struct nv_server *server, uint8_t index)
{
	worker->server = server;
	worker->index = index;
	worker->loop = nv_loop_new();
	if (!worker->loop || nv_departures_init(worker, server->worker_count) < 0)
		return NV_ERR_SYSTEM;
	/* Other servers, and other loops, spread things otherwise. */
	memcpy(&worker->owner.jitter, server->admission.visitors.key, sizeof worker->owner.jitter);
	worker->owner.jitter ^= 0x9e3779b9u * (index + 1u);
	worker->owner.server = server;
	worker->owner.ended = conn_ended;
	worker->owner.forgotten = conn_forgotten;
	worker->owner.released = nv_server_release;
	worker->sweep.fire = on_sweep;
	worker->stop.fire = on_stop_timeout;
	nv_worker_drain_init(worker);
	nv_tls_gate_init(&worker->gate, worker->loop);
	nv_list_init(&worker->waiting);
	nv_slab_init(&worker->conns, sizeof(struct nv_conn));
	nv_topics_init(&worker->topics, server->admission.visitors.key);
	nv_turn_log_init(&worker->log, &worker->topics, &worker->owner.session,
	                 &worker->owner.deflate);
	worker->deliver.run = nv_worker_deliver;
	return 0;
}

void nv_worker_close(struct nv_worker *worker)
{
	if (worker->loop)
		(void)nv_worker_say_goodbye(worker);
	nv_tls_gate_deinit(&worker->gate);
	nv_loop_free(worker->loop);
	worker->loop = NULL;
	if (worker->departures.to)
		nv_departures_leave(worker);
}

void nv_worker_deinit(struct nv_worker *worker)
{
	if (worker->log.topics)
		nv_turn_log_deinit(&worker->log);
	nv_topics_deinit(&worker->topics);
	nv_slab_deinit(&worker->conns);
	nv_departures_deinit(worker);
	nv_deflate_pool_deinit(&worker->owner.deflate);
}
