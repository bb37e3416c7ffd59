/* SPDX-License-Identifier: MIT */
/* pool.h: threads for work that blocks, with one bounded queue before them. What a job has to say when
 * it is done is said on a loop. */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "base/list.h"
#include "net/lock.h"
#include "net/loop.h"
#include "net/thread.h"

/* The submitter embeds it and sets `run` and `done`. It is the pool's until `done` starts, which may
 * free it or submit it again. */
struct nv_job {
	void (*run)(struct nv_job *job); /* on a thread of the pool */
	/* On the loop's thread, once for each submission; `cancelled`: it was never run. */
	void (*done)(struct nv_job *job, bool cancelled);
	struct nv_loop *loop;
	struct nv_list link; /* in the queue */
	struct nv_task task; /* on its way back */
	bool cancelled;
};

/* Embedded by its owner. */
struct nv_pool {
	struct nv_lock lock; /* of all that follows, but the limits */
	struct nv_condition changed;
	struct nv_list jobs; /* that no thread has taken */
	size_t queued;       /* how many */
	size_t most_queued;
	struct nv_pool_thread *threads;
	size_t thread_count;
	size_t most_threads;
	size_t busy; /* how many of them run a job */
	bool stopped;
};

/* Starts nothing: a thread is started when a job finds none that is idle. */
void nv_pool_init(struct nv_pool *pool, size_t most_threads, size_t most_queued);
/* After nv_pool_stop. */
void nv_pool_deinit(struct nv_pool *pool);

/* Runs the job, in the order of the submissions, on one of the pool's threads, and then `done` on the
 * loop, which has to live until the pool is stopped. 0; NV_ERR_FULL with most_queued jobs before it,
 * NV_ERR_CLOSED when the pool is stopped, NV_ERR_LIMIT when there is no thread and none can be started.
 * After an error the job is still the caller's. Any thread, jobs too. */
int nv_pool_submit(struct nv_pool *pool, struct nv_loop *loop, struct nv_job *job);

/* Takes no more jobs, cancels those that no thread has begun, waits for the others and ends the
 * threads. Every `done` is posted to its loop by then. Not from a job. Twice does nothing. */
void nv_pool_stop(struct nv_pool *pool);

#endif
