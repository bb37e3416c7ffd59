/* SPDX-License-Identifier: MIT */
/* lock_posix.h: the locks of lock.h over POSIX. */
#ifndef NET_LOCK_POSIX_H
#define NET_LOCK_POSIX_H

#include <pthread.h>

struct nv_lock {
	pthread_mutex_t mutex;
};

struct nv_condition {
	pthread_cond_t changed;
};

struct nv_once {
	pthread_once_t state;
};

#define NV_LOCK_INIT                                                                               \
	{                                                                                          \
		PTHREAD_MUTEX_INITIALIZER                                                          \
	}
#define NV_ONCE_INIT                                                                               \
	{                                                                                          \
		PTHREAD_ONCE_INIT                                                                  \
	}

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

static inline void nv_condition_init(struct nv_condition *condition)
{
	pthread_cond_init(&condition->changed, NULL);
}

static inline void nv_condition_deinit(struct nv_condition *condition)
{
	pthread_cond_destroy(&condition->changed);
}

static inline void nv_condition_wait(struct nv_condition *condition, struct nv_lock *lock)
{
	pthread_cond_wait(&condition->changed, &lock->mutex);
}

static inline void nv_condition_signal(struct nv_condition *condition)
{
	pthread_cond_signal(&condition->changed);
}

static inline void nv_condition_broadcast(struct nv_condition *condition)
{
	pthread_cond_broadcast(&condition->changed);
}

static inline void nv_once_run(struct nv_once *once, void (*run)(void))
{
	pthread_once(&once->state, run);
}

#endif
