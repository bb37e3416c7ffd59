/* SPDX-License-Identifier: MIT */
/* thread_posix.c: threads over POSIX. */
#include "net/thread.h"

#include <pthread.h>
#include <signal.h>

#include <navette/base.h>

static void *run_thread(void *context)
{
	struct nv_thread *thread = context;

	thread->run(thread->context);
	return NULL;
}

static bool start(pthread_t *id, const pthread_attr_t *attributes, struct nv_thread *thread)
{
	sigset_t all, kept;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &kept);
	started = pthread_create(id, attributes, run_thread, thread) == 0;
	pthread_sigmask(SIG_SETMASK, &kept, NULL);
	return started;
}

int nv_thread_start(struct nv_thread *thread)
{
	pthread_t id;

	if (!start(&id, NULL, thread))
		return NV_ERR_LIMIT;
	thread->id = (uintptr_t)id;
	return 0;
}

void nv_thread_join(struct nv_thread *thread)
{
	pthread_join((pthread_t)thread->id, NULL);
}

void nv_thread_detach(struct nv_thread *thread)
{
	pthread_detach((pthread_t)thread->id);
}

int nv_thread_start_detached(struct nv_thread *thread)
{
	pthread_attr_t attributes;
	pthread_t id;
	bool started;

	if (pthread_attr_init(&attributes) != 0)
		return NV_ERR_LIMIT;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	started = start(&id, &attributes, thread);
	pthread_attr_destroy(&attributes);
	return started ? 0 : NV_ERR_LIMIT;
}

void nv_thread_on_fork(void (*in_child)(void))
{
	(void)pthread_atfork(NULL, NULL, in_child);
}
