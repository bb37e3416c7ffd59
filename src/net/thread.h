/* SPDX-License-Identifier: MIT */
/* thread.h: a thread that runs one function and is joined. */
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

#endif
