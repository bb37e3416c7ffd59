/* SPDX-License-Identifier: MIT */
/* thread.h: a thread that runs one function and is joined, and a lock for the few things that threads
 * share. */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include <pthread.h>

struct nv_thread {
	pthread_t id;
	void (*run)(void *context);
	void *context;
};

/* The caller embeds it and sets `run` and `context`. The thread has all signals blocked, which stay
 * the program's. 0 or NV_ERR_LIMIT. */
int nv_thread_start(struct nv_thread *thread);
void nv_thread_join(struct nv_thread *thread);
void nv_thread_detach(struct nv_thread *thread); /* instead: nobody waits for its end */

/* Not recursive. */
struct nv_lock {
	pthread_mutex_t mutex;
};

static inline void nv_lock_init(struct nv_lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
}

static inline void nv_lock_deinit(struct nv_lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

static inline void nv_lock_take(struct nv_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline void nv_lock_give(struct nv_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

#endif
