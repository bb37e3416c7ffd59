/* SPDX-License-Identifier: MIT */
/* thread.c: threads over POSIX. */
#include "net/thread.h"

#include <signal.h>

#include <navette/base.h>

static void *run_thread(void *context)
{
	struct nv_thread *thread = context;

	thread->run(thread->context);
	return NULL;
}

int nv_thread_start(struct nv_thread *thread)
{
	sigset_t all, kept;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &kept);
	failed = pthread_create(&thread->id, NULL, run_thread, thread);
	pthread_sigmask(SIG_SETMASK, &kept, NULL);
	return failed ? NV_ERR_LIMIT : 0;
}

void nv_thread_join(struct nv_thread *thread)
{
	pthread_join(thread->id, NULL);
}

void nv_thread_detach(struct nv_thread *thread)
{
	pthread_detach(thread->id);
}
