/* SPDX-License-Identifier: MIT */
/* client_thread.c: a client with a loop and a thread of its own, and how it is freed from any thread. Whoever frees
 * it from outside waits for the thread and frees the loop, and with it the client; from inside, the thread does
 * so when it ends. */
#include "ws/client.h"

#include "net/lock.h"

/* The thread may end, and free everything, before it is known who it is: it waits until that is so. */
static struct nv_lock births = NV_LOCK_INIT;

static void turn_loop(void *context)
{
	struct nv_client *client = context;
	struct nv_loop *loop = client->loop;

	nv_lock_take(&births);
	nv_lock_give(&births);
	nv_client_wish(client, NV_WISH_BEGIN);
	/* A program may stop the loop, which is not the end of the client. */
	while (!client->freed)
		(void)nv_loop_run(loop);
	if (client->detached)
		nv_loop_free(loop);
}

int nv_client_start_thread(struct nv_client *client)
{
	int error;

	client->thread.run = turn_loop;
	client->thread.context = client;
	nv_lock_take(&births);
	error = nv_thread_start(&client->thread);
	nv_lock_give(&births);
	return error;
}

static void part_on_thread(struct nv_task *task)
{
	struct nv_client *client = nv_container_of(task, struct nv_client, farewell);

	nv_client_part(client);
	nv_loop_stop(client->loop);
}

/* From one of its callbacks. */
static void free_inside(struct nv_client *client)
{
	if (client->freed)
		return;
	nv_client_part(client);
	client->detached = true;
	nv_thread_detach(&client->thread);
	nv_loop_stop(client->loop);
}

static void free_outside(struct nv_client *client)
{
	client->farewell.run = part_on_thread;
	nv_loop_post_task(client->loop, &client->farewell);
	nv_thread_join(&client->thread);
	nv_loop_free(client->loop);
}

void nv_client_free(struct nv_client *client)
{
	if (!client)
		return;
	if (!client->threaded)
		nv_client_part(client);
	else if (nv_loop_is_current(client->loop))
		free_inside(client);
	else
		free_outside(client);
}
