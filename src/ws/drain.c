/* SPDX-License-Identifier: MIT */
/* drain.c: the first worker starts, watches and ends it; each worker closes its share.
 *
 * The pace is the larger of 5 % of the connections and 200 a second, so that a small server closes all
 * at once. What a Close asks for (retry_after, in seconds) is the time until this server has gone, if
 * nobody else takes connections meanwhile, and a random part that spreads those who come back. */
#include "ws/drain.h"

#include <stdio.h>

#include "ws/server.h"

#define TICK_MS 100u
#define TELL_MS 1000u
#define LEAST_PER_S 200u
#define SHARE 20u          /* 5 % a second */
#define SPREAD_MS 1000u    /* of those who come back, at least */
#define RETURNS_PER_S 500u /* that a successor takes with ease */
#define DEADLINE_MS 30000u

/* --- A worker --- */

static uint32_t random_below(struct nv_worker *worker, uint32_t limit)
{
	return nv_conn_owner_random(&worker->owner) % limit;
}

/* Milliseconds until everybody will have been closed. */
static uint32_t left_ms(const struct nv_drain *drain, uint64_t now_ms)
{
	uint64_t needed = (uint64_t)drain->total * 1000 / drain->per_s;
	/* Loops do not read the clock at the same moment. */
	uint64_t passed = now_ms > drain->since_ms ? now_ms - drain->since_ms : 0;

	return passed < needed ? (uint32_t)(needed - passed) : 0;
}

static void write_hint(struct nv_worker *worker, char *text, size_t size)
{
	const struct nv_server *server = worker->server;
	uint32_t spread = server->drain.total / RETURNS_PER_S * 1000;
	uint32_t wait = random_below(worker, spread > SPREAD_MS ? spread : SPREAD_MS);

	if (!server->drain.succeeded)
		wait += left_ms(&server->drain, nv_loop_now(worker->loop)) + SPREAD_MS;
	snprintf(text, size, "retry_after=%u.%03u", wait / 1000, wait % 1000);
}

/* False for one that is on its way already, or has only begun. */
static bool close_one(struct nv_worker *worker, struct nv_conn *conn)
{
	char hint[32];

	if (!nv_conn_can_send(conn))
		return false;
	write_hint(worker, hint, sizeof hint);
	return nv_conn_close(conn, worker->server->drain.status, hint) == 0;
}

/* How many should have been closed by now. */
static uint32_t due(const struct nv_worker *worker)
{
	const struct nv_worker_drain *drain = &worker->drain;
	uint64_t passed = nv_loop_now(worker->loop) - drain->since_ms + TICK_MS;
	uint64_t count = passed * drain->per_s / 1000;

	return worker->server->drain.total <= LEAST_PER_S || count > UINT32_MAX ? UINT32_MAX
	                                                                        : (uint32_t)count;
}

static void cut_all(struct nv_worker *worker)
{
	uint32_t slot = nv_slab_next(&worker->conns, 0);

	for (; slot != NV_SLAB_NONE; slot = nv_slab_next(&worker->conns, slot + 1))
		nv_conn_cut(nv_slab_at(&worker->conns, slot), NV_CAUSE_DRAIN);
}

static void close_some(struct nv_worker *worker)
{
	struct nv_worker_drain *drain = &worker->drain;
	uint32_t target = due(worker);

	while (drain->closed < target) {
		drain->slot = nv_slab_next(&worker->conns, drain->slot);
		if (drain->slot == NV_SLAB_NONE)
			break;
		if (close_one(worker, nv_slab_at(&worker->conns, drain->slot++)))
			drain->closed++;
	}
	/* From the front again in the next tick: for those whose handshake was not done. */
	if (drain->slot == NV_SLAB_NONE)
		drain->slot = 0;
}

static void worker_tick(struct nv_timer *timer)
{
	struct nv_worker *worker = nv_container_of(timer, struct nv_worker, drain.tick);
	const struct nv_drain *drain = &worker->server->drain;
	uint64_t passed = nv_loop_now(worker->loop) - worker->drain.since_ms;

	if (drain->limit_ms != NV_OFF && passed >= drain->limit_ms)
		cut_all(worker);
	else
		close_some(worker);
	/* The heap has just given up this place. */
	(void)nv_loop_start_timer(worker->loop, timer, TICK_MS);
}

static void begin_here(struct nv_task *task)
{
	struct nv_worker *worker = nv_container_of(task, struct nv_worker, drain.task);

	if (worker->leaving)
		return;
	worker->drain.since_ms = nv_loop_now(worker->loop);
	worker->owner.draining = true;
	close_some(worker);
	if (nv_loop_start_timer(worker->loop, &worker->drain.tick, TICK_MS) < 0)
		cut_all(worker);
}

void nv_worker_drain_init(struct nv_worker *worker)
{
	worker->drain.task.run = begin_here;
	worker->drain.tick.fire = worker_tick;
}

void nv_worker_drain_stop(struct nv_worker *worker)
{
	nv_loop_stop_timer(worker->loop, &worker->drain.tick);
}

/* --- The server --- */

static uint32_t connections(const struct nv_server *server)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < server->worker_count; i++)
		sum += atomic_load_explicit(&server->workers[i].load, memory_order_relaxed);
	return sum;
}

static void tell(struct nv_server *server, uint32_t left, uint64_t now_ms)
{
	struct nv_drain *drain = &server->drain;

	if (now_ms - drain->told_ms < TELL_MS)
		return;
	drain->told_ms = now_ms;
	nv_log_write(&server->log, NV_LOG_INFO, "draining: %u of %u connections are left", left,
	             drain->total);
}

static void server_tick(struct nv_timer *timer)
{
	struct nv_server *server = nv_container_of(timer, struct nv_server, drain.tick);
	struct nv_drain *drain = &server->drain;
	uint64_t now = nv_loop_now(server->workers[0].loop);
	uint32_t left = connections(server);
	/* A moment more than the workers take, who cut at the limit. */
	uint64_t limit =
		drain->limit_ms == NV_OFF ? UINT64_MAX : drain->limit_ms + (uint64_t)2 * TICK_MS;

	if (left == 0 || now - drain->since_ms >= limit) {
		nv_server_stop(server);
		return;
	}
	tell(server, left, now);
	(void)nv_loop_start_timer(server->workers[0].loop, timer, TICK_MS);
}

static void share_out(struct nv_server *server)
{
	const struct nv_drain *drain = &server->drain;

	for (size_t i = 0; i < server->worker_count; i++) {
		struct nv_worker *worker = &server->workers[i];
		uint64_t load = atomic_load_explicit(&worker->load, memory_order_relaxed);

		/* Rounded up, so that every one gets on. */
		worker->drain.per_s = (uint32_t)(load * drain->per_s / (drain->total + 1)) + 1;
		nv_loop_post_task(worker->loop, &worker->drain.task);
	}
}

static void begin(struct nv_task *task)
{
	struct nv_server *server = nv_container_of(task, struct nv_server, drain.task);
	struct nv_drain *drain = &server->drain;

	if (server->workers[0].leaving)
		return;
	drain->since_ms = nv_loop_now(server->workers[0].loop);
	drain->told_ms = drain->since_ms;
	drain->total = connections(server);
	drain->per_s = drain->total / SHARE > LEAST_PER_S ? drain->total / SHARE : LEAST_PER_S;
	nv_log_write(&server->log, NV_LOG_INFO, "draining: %u connections", drain->total);
	drain->succeeded = nv_server_unlisten(server, true);
	share_out(server);
	if (nv_loop_start_timer(server->workers[0].loop, &drain->tick, TICK_MS) < 0)
		nv_server_stop(server);
}

void nv_drain_init(struct nv_server *server)
{
	server->drain.task.run = begin;
	server->drain.tick.fire = server_tick;
}

void nv_drain_stop(struct nv_server *server)
{
	nv_loop_stop_timer(server->workers[0].loop, &server->drain.tick);
}

uint32_t nv_drain_retry_s(const struct nv_server *server)
{
	uint64_t now = nv_loop_now(server->workers[0].loop);

	return left_ms(&server->drain, now) / 1000 + 1;
}

int nv_server_drain(struct nv_server *server, uint16_t status, uint32_t deadline_ms)
{
	struct nv_drain *drain = &server->drain;

	if (status != 0 && status != NV_STATUS_RESTART && status != NV_STATUS_GOING_AWAY)
		return NV_ERR_INVALID;
	if (atomic_exchange(&drain->asked, true))
		return NV_ERR_STATE;
	drain->status = status ? status : NV_STATUS_RESTART;
	drain->limit_ms = deadline_ms ? deadline_ms : DEADLINE_MS;
	nv_loop_post_task(server->workers[0].loop, &drain->task);
	return 0;
}
