/* SPDX-License-Identifier: MIT */
/* thread.h: a thread that runs one function and is joined, or that nobody waits for. */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include <stdint.h>

struct nv_thread {
	uintptr_t id; /* the system's */
	void (*run)(void *context);
	void *context;
};

/* The caller embeds it and sets `run` and `context`. The thread has all signals blocked, which stay
 * the program's. 0 or NV_ERR_LIMIT. */
int nv_thread_start(struct nv_thread *thread);
void nv_thread_join(struct nv_thread *thread);
void nv_thread_detach(struct nv_thread *thread); /* instead: nobody waits for its end */

/* The same, detached from the beginning: `run` may free the thread. */
int nv_thread_start_detached(struct nv_thread *thread);

/* Calls it in each child of fork, where only the thread that has forked lives on. Nothing where there are
 * none. */
void nv_thread_on_fork(void (*in_child)(void));

#endif
