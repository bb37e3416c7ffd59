/* SPDX-License-Identifier: MIT */
/* errand.c: errands wait in a list that they are the links of, so that none can get lost. What is
 * posted to the first loop is only the word that there are some, once for a burst.
 *
 * What is published leaves the first loop together when its turn ends, what is posted leaves at once.
 * So an errand goes home in the turn after the one in which it was run. Its loop is freed after the last
 * turn of the first loop, and then all connections have gone: what is run still later is orphaned. */
#include "serve/errand.h"

#include <pthread.h>
#include <stdlib.h>

struct nv_errands {
	struct nv_server *server;
	pthread_mutex_t lock; /* of the three below */
	struct nv_errand *first;
	struct nv_errand **end;
	bool told;              /* the first loop will look */
	struct nv_errand *done; /* run, and not on their way home; the first loop's */
};

struct nv_errands *nv_errands_new(struct nv_server *server)
{
	struct nv_errands *errands = calloc(1, sizeof *errands);

	if (!errands)
		return NULL;
	errands->server = server;
	errands->end = &errands->first;
	pthread_mutex_init(&errands->lock, NULL);
	return errands;
}

static void drop_all(struct nv_errand *errand, void (*drop)(struct nv_errand *errand))
{
	while (errand) {
		struct nv_errand *next = errand->next;

		drop(errand);
		errand = next;
	}
}

void nv_errands_free(struct nv_errands *errands, void (*drop)(struct nv_errand *errand))
{
	if (!errands)
		return;
	drop_all(errands->first, drop);
	drop_all(errands->done, drop);
	pthread_mutex_destroy(&errands->lock);
	free(errands);
}

/* --- On the first loop --- */

static void arrive_home(void *context)
{
	struct nv_errand *errand = context;

	errand->back(errand);
}

static void push(struct nv_errand **list, struct nv_errand *errand)
{
	errand->next = *list;
	*list = errand;
}

/* Without memory some stay. */
static void send_done_home(struct nv_errands *errands)
{
	struct nv_errand *errand = errands->done;

	errands->done = NULL;
	while (errand) {
		struct nv_errand *next = errand->next;

		if (atomic_load(&errand->orphaned))
			errand->end(errand);
		else if (nv_loop_post(errand->home, arrive_home, errand) < 0)
			push(&errands->done, errand);
		errand = next;
	}
}

static struct nv_errand *take_all(struct nv_errands *errands)
{
	struct nv_errand *errand;

	pthread_mutex_lock(&errands->lock);
	errand = errands->first;
	errands->first = NULL;
	errands->end = &errands->first;
	errands->told = false;
	pthread_mutex_unlock(&errands->lock);
	return errand;
}

static void run(struct nv_errands *errands, struct nv_errand *errand)
{
	errand->run(errand);
	if (atomic_load(&errand->orphaned))
		errand->end(errand);
	else
		push(&errands->done, errand);
}

/* `errand` NULL: only that there is something to do. */
static void call(struct nv_errands *errands, void (*work)(void *context), struct nv_errand *errand)
{
	pthread_mutex_lock(&errands->lock);
	if (errand) {
		*errands->end = errand;
		errands->end = &errand->next;
	}
	if (!errands->told)
		errands->told = nv_server_post(errands->server, work, errands) == 0;
	pthread_mutex_unlock(&errands->lock);
}

static void work(void *context)
{
	struct nv_errands *errands = context;
	struct nv_errand *errand = take_all(errands);
	bool ran = errand != NULL;

	send_done_home(errands);
	while (errand) {
		struct nv_errand *next = errand->next;

		run(errands, errand);
		errand = next;
	}
	if (ran && errands->done)
		call(errands, work, NULL);
}

/* --- On any thread --- */

void nv_errands_send(struct nv_errands *errands, struct nv_errand *errand)
{
	errand->next = NULL;
	call(errands, work, errand);
}
