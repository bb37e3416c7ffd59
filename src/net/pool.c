/* SPDX-License-Identifier: MIT */
/* pool.c: one list of jobs under one lock. A job carries the task that brings it back to its loop, so
 * that nothing can fail once it is taken. */
#include "net/pool.h"

#include "base/alloc.h"

struct nv_pool_thread {
	struct nv_thread thread;
	struct nv_pool_thread *next;
};

/* --- A job --- */

static void finish(struct nv_task *task)
{
	struct nv_job *job = nv_container_of(task, struct nv_job, task);

	job->done(job, job->cancelled);
}

/* From then on it is not the pool's any more. */
static void send_back(struct nv_job *job)
{
	nv_loop_post_task(job->loop, &job->task);
}

static void enqueue(struct nv_pool *pool, struct nv_job *job)
{
	nv_list_push(&pool->jobs, &job->link);
	pool->queued++;
}

static void dequeue(struct nv_pool *pool, struct nv_job *job)
{
	nv_list_remove(&job->link);
	pool->queued--;
}

static struct nv_job *first(struct nv_pool *pool)
{
	return nv_container_of(pool->jobs.next, struct nv_job, link);
}

/* --- A thread --- */

static void run_next(struct nv_pool *pool)
{
	struct nv_job *job = first(pool);

	dequeue(pool, job);
	pool->busy++;
	nv_lock_give(&pool->lock);
	job->run(job);
	send_back(job);
	nv_lock_take(&pool->lock);
	pool->busy--;
}

static void run_jobs(void *context)
{
	struct nv_pool *pool = context;

	nv_lock_take(&pool->lock);
	while (!pool->stopped) {
		if (pool->queued)
			run_next(pool);
		else
			nv_condition_wait(&pool->changed, &pool->lock);
	}
	nv_lock_give(&pool->lock);
}

static void start_thread(struct nv_pool *pool)
{
	struct nv_pool_thread *started = nv_alloc(sizeof *started);

	if (!started)
		return;
	*started = (struct nv_pool_thread){ { .run = run_jobs, .context = pool }, pool->threads };
	if (nv_thread_start(&started->thread) < 0) {
		nv_free(started);
		return;
	}
	pool->threads = started;
	pool->thread_count++;
}

/* --- The pool --- */

void nv_pool_init(struct nv_pool *pool, size_t most_threads, size_t most_queued)
{
	*pool = (struct nv_pool){ .most_threads = most_threads, .most_queued = most_queued };
	nv_lock_init(&pool->lock);
	nv_condition_init(&pool->changed);
	nv_list_init(&pool->jobs);
}

void nv_pool_deinit(struct nv_pool *pool)
{
	nv_condition_deinit(&pool->changed);
	nv_lock_deinit(&pool->lock);
}

static int submit(struct nv_pool *pool, struct nv_job *job)
{
	if (pool->stopped)
		return NV_ERR_CLOSED;
	if (pool->queued == pool->most_queued)
		return NV_ERR_FULL;
	if (pool->queued >= pool->thread_count - pool->busy &&
	    pool->thread_count < pool->most_threads)
		start_thread(pool);
	if (pool->thread_count == 0)
		return NV_ERR_LIMIT;
	enqueue(pool, job);
	nv_condition_signal(&pool->changed);
	return 0;
}

int nv_pool_submit(struct nv_pool *pool, struct nv_loop *loop, struct nv_job *job)
{
	int error;

	job->loop = loop;
	job->task.run = finish;
	job->cancelled = false;
	nv_lock_take(&pool->lock);
	error = submit(pool, job);
	nv_lock_give(&pool->lock);
	return error;
}

static void cancel_jobs(struct nv_pool *pool)
{
	while (pool->queued) {
		struct nv_job *job = first(pool);

		dequeue(pool, job);
		job->cancelled = true;
		send_back(job);
	}
}

void nv_pool_stop(struct nv_pool *pool)
{
	nv_lock_take(&pool->lock);
	pool->stopped = true;
	cancel_jobs(pool);
	nv_condition_broadcast(&pool->changed);
	nv_lock_give(&pool->lock);
	while (pool->threads) {
		struct nv_pool_thread *thread = pool->threads;

		nv_thread_join(&thread->thread);
		pool->threads = thread->next;
		nv_free(thread);
	}
	pool->thread_count = 0;
}
