/* SPDX-License-Identifier: MIT */
/* weigh.c: the limit on what all connections of a server hold together. Each worker weighs its own once a
 * second; the one that has the heaviest of all ends it, and goes on while it has the heaviest. */
#include "ws/reader.h"
#include "ws/server.h"

#define CUTS_PER_SWEEP 64
#define SWEEPS 4 /* from one time to the next: queues are walked */

static size_t incoming(const struct nv_conn *conn)
{
	return nv_session_memory(&conn->session) + nv_conn_tail_size(conn);
}

static size_t weight_of(const struct nv_conn *conn)
{
	size_t aside = conn->reader ? conn->reader->aside.cap : 0;
	size_t tls = nv_stream_is_tls(&conn->stream) ? nv_tls_memory(&conn->stream) : 0;

	return nv_outq_memory(&conn->stream.out) + aside + incoming(conn) + tls;
}

/* The heaviest that is not being closed, or NULL; and the sum. */
static struct nv_conn *weigh(struct nv_worker *worker, size_t *sum)
{
	struct nv_conn *heaviest = NULL;
	uint32_t slot = nv_slab_next(&worker->conns, 0);
	size_t most = 0;
	size_t unsent = 0;

	*sum = 0;
	for (; slot != NV_SLAB_NONE; slot = nv_slab_next(&worker->conns, slot + 1)) {
		struct nv_conn *conn = nv_slab_at(&worker->conns, slot);
		size_t weight = nv_conn_is_in(conn, &nv_phase_dead) ? 0 : weight_of(conn);

		*sum += weight;
		unsent += conn->stream.out.len;
		if (weight > most) {
			most = weight;
			heaviest = conn;
		}
	}
	atomic_store_explicit(&worker->memory, *sum, memory_order_relaxed);
	atomic_store_explicit(&worker->heaviest, most, memory_order_relaxed);
	atomic_store_explicit(&worker->unsent, unsent, memory_order_relaxed);
	return heaviest;
}

static bool is_too_much(const struct nv_worker *worker)
{
	const struct nv_server *server = worker->server;
	size_t sum = 0;

	for (size_t i = 0; i < server->worker_count; i++)
		sum += atomic_load_explicit(&server->workers[i].memory, memory_order_relaxed);
	return server->options.max_memory != NV_OFF && sum > server->options.max_memory;
}

/* Of equals, the worker that comes first has it. */
static bool has_the_heaviest(const struct nv_worker *worker)
{
	const struct nv_server *server = worker->server;
	size_t own = atomic_load_explicit(&worker->heaviest, memory_order_relaxed);

	for (size_t i = 0; i < server->worker_count; i++) {
		size_t other =
			atomic_load_explicit(&server->workers[i].heaviest, memory_order_relaxed);

		if (other > own || (other == own && i < worker->index))
			return false;
	}
	return true;
}

void nv_worker_weigh(struct nv_worker *worker)
{
	struct nv_conn *heaviest;
	size_t sum;

	/* Without connections this is the last sweep, and who reads the sums has to see that. */
	if (++worker->unweighed < SWEEPS && worker->conns.count > 0)
		return;
	worker->unweighed = 0;
	heaviest = weigh(worker, &sum);
	for (int i = 0; i < CUTS_PER_SWEEP && heaviest; i++) {
		bool reads = incoming(heaviest) > heaviest->stream.out.len;

		if (!is_too_much(worker) || !has_the_heaviest(worker))
			return;
		nv_conn_cut(heaviest, reads ? NV_CAUSE_LIMIT : NV_CAUSE_SLOW);
		heaviest = weigh(worker, &sum);
	}
}
