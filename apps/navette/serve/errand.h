/* SPDX-License-Identifier: MIT */
/* errand.h: what a connection wants of the first loop, which decides for all: the way there and back.
 *
 * Who has an errand has all that belongs to it: the connection's loop while it is at home, the first
 * loop while it is away. So nothing of it needs a lock. */
#ifndef SERVE_ERRAND_H
#define SERVE_ERRAND_H

#include <navette/navette.h>

#include <stdatomic.h>

struct nv_errands;

/* Embedded by its owner, zeroed. */
struct nv_errand {
	struct nv_errand *next;
	struct nv_loop *home;
	void (*run)(struct nv_errand *errand); /* on the first loop, in the order of the calls */
	/* At home: behind all that was published when it was run, before all that is afterwards. */
	void (*back)(struct nv_errand *errand);
	/* On the first loop, in place of the way back of one that is orphaned; may free it. */
	void (*end)(struct nv_errand *errand);
	/* Nobody waits at home, and perhaps it is not there any more. Set at home, once, wherever the
	 * errand is; it has to be sent again if it is not away, or when it still comes back. */
	atomic_bool orphaned;
};

struct nv_errands *nv_errands_new(struct nv_server *server); /* NULL without memory */
/* After the server. What could not be run for want of memory is given to `drop`. */
void nv_errands_free(struct nv_errands *errands, void (*drop)(struct nv_errand *errand));

/* Any thread. Without memory it goes, or comes back, together with a later one. */
void nv_errands_send(struct nv_errands *errands, struct nv_errand *errand);

#endif
