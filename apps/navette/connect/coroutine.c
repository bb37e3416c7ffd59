/* SPDX-License-Identifier: MIT */
/* coroutine.c: a thread that only runs while the one that resumed it waits.
 *
 * So both may use the same data without a lock. Signals go to the other thread. */
#include "connect/coroutine.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct nv_coroutine {
	void (*run)(void *context);
	void *context;
	pthread_t thread;
	sem_t resumed;
	sem_t yielded;
	bool over;
};

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		continue;
}

static void *run_thread(void *argument)
{
	struct nv_coroutine *coroutine = argument;

	wait_for(&coroutine->resumed);
	coroutine->run(coroutine->context);
	coroutine->over = true;
	sem_post(&coroutine->yielded);
	return NULL;
}

static int start_without_signals(struct nv_coroutine *coroutine)
{
	sigset_t all;
	sigset_t before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&coroutine->thread, NULL, run_thread, coroutine);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct nv_coroutine *nv_coroutine_new(void (*run)(void *context), void *context)
{
	struct nv_coroutine *coroutine = calloc(1, sizeof *coroutine);

	if (!coroutine)
		return NULL;
	coroutine->run = run;
	coroutine->context = context;
	sem_init(&coroutine->resumed, 0, 0);
	sem_init(&coroutine->yielded, 0, 0);
	if (start_without_signals(coroutine) == 0)
		return coroutine;
	free(coroutine);
	return NULL;
}

void nv_coroutine_resume(struct nv_coroutine *coroutine)
{
	if (coroutine->over)
		return;
	sem_post(&coroutine->resumed);
	wait_for(&coroutine->yielded);
}

void nv_coroutine_yield(struct nv_coroutine *coroutine)
{
	sem_post(&coroutine->yielded);
	wait_for(&coroutine->resumed);
}

void nv_coroutine_free(struct nv_coroutine *coroutine)
{
	if (!coroutine)
		return;
	while (!coroutine->over)
		nv_coroutine_resume(coroutine);
	pthread_join(coroutine->thread, NULL);
	sem_destroy(&coroutine->resumed);
	sem_destroy(&coroutine->yielded);
	free(coroutine);
}
