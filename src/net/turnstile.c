/* SPDX-License-Identifier: MIT */
/* turnstile.c: the places of the process at which somebody goes through, under one lock.
 *
 * Whoever goes through a place stands in its bucket, and carries the queue of those who wait for it; so
 * nothing is allocated but the passes. A pass belongs to its asker, and while its grant is on the way to
 * the loop, to that: one that is given back then is freed by the loop. A process that was forked begins
 * with nobody in it. */
#include "net/turnstile.h"

#include "base/alloc.h"
#include "net/lock.h"
#include "net/thread.h"

#define BUCKETS 256u
#define FNV_BASIS 0xcbf29ce484222325u

enum state {
	WAITS,
	GRANTED, /* and its task is in the loop's mailbox, */
	GONE,    /* where it was given back */
	TOLD
};

/* The state is under the lock until it is GRANTED, and so are the links. */
struct nv_pass {
	struct nv_task task;
	struct nv_loop *loop;
	void (*granted)(void *context);
	void *context;
	uint8_t place[NV_PLACE];
	enum state state;
	struct nv_pass *next;   /* in the bucket: at another place */
	struct nv_list waiting; /* behind this one, the first in front */
	struct nv_list link;    /* among those */
};

static struct nv_lock lock = NV_LOCK_INIT;
static struct nv_pass *buckets[BUCKETS];
static struct nv_once once = NV_ONCE_INIT;

/* In the child: whoever stood here has stayed in the parent, and so has who may have held the lock. */
static void start_anew(void)
{
	nv_lock_init(&lock);
	memset(buckets, 0, sizeof buckets);
}

static void watch_forks(void)
{
	nv_thread_on_fork(start_anew);
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, int byte)
{
	return (hash ^ (uint8_t)byte) * 0x100000001b3u;
}

static struct nv_pass **bucket_of(const uint8_t place[NV_PLACE])
{
	uint64_t hash = FNV_BASIS;

	for (size_t i = 0; i < NV_PLACE; i++)
		hash = mix(hash, place[i]);
	return &buckets[(hash >> 32) % BUCKETS];
}

/* Where the one who goes through the place stands, or NULL would be replaced. */
static struct nv_pass **find(const uint8_t place[NV_PLACE])
{
	struct nv_pass **at = bucket_of(place);

	while (*at && memcmp((*at)->place, place, NV_PLACE) != 0)
		at = &(*at)->next;
	return at;
}

/* Posted under the lock, which nv_pass_free takes: when that returns nobody here needs the loop any more. */
static void grant(struct nv_pass *pass)
{
	pass->state = GRANTED;
	nv_loop_post_task(pass->loop, &pass->task);
}

/* The next in the queue takes its place, and the queue. One from before a fork has none, and lets nobody
 * in: its queue is left without a head. */
static void leave(struct nv_pass *pass)
{
	struct nv_pass **at = find(pass->place);
	struct nv_pass *next;

	if (*at != pass) {
		nv_list_remove(&pass->waiting);
		return;
	}
	if (nv_list_empty(&pass->waiting)) {
		*at = pass->next;
		return;
	}
	next = nv_container_of(pass->waiting.next, struct nv_pass, link);
	nv_list_remove(&next->link);
	nv_list_splice(&next->waiting, &pass->waiting);
	next->next = pass->next;
	*at = next;
	grant(next);
}

/* Without the lock: from the post on only this thread changes the state. */
static void tell(struct nv_task *task)
{
	struct nv_pass *pass = nv_container_of(task, struct nv_pass, task);

	if (pass->state == GONE) {
		nv_free(pass);
		return;
	}
	pass->state = TOLD;
	pass->granted(pass->context);
}

static void enter(struct nv_pass *pass)
{
	struct nv_pass **at = find(pass->place);

	if (*at) {
		nv_list_push(&(*at)->waiting, &pass->link);
		return;
	}
	*at = pass;
	grant(pass);
}

struct nv_pass *nv_pass_ask(struct nv_loop *loop, const uint8_t place[NV_PLACE],
                            void (*granted)(void *context), void *context)
{
	struct nv_pass *pass = nv_alloc_zero(sizeof *pass);

	if (!pass)
		return NULL;
	nv_once_run(&once, watch_forks);
	pass->task.run = tell;
	pass->loop = loop;
	pass->granted = granted;
	pass->context = context;
	memcpy(pass->place, place, NV_PLACE);
	nv_list_init(&pass->waiting);
	nv_list_init(&pass->link);
	nv_lock_take(&lock);
	enter(pass);
	nv_lock_give(&lock);
	return pass;
}

void nv_pass_free(struct nv_pass *pass)
{
	bool posted;

	if (!pass)
		return;
	nv_lock_take(&lock);
	posted = pass->state == GRANTED;
	if (pass->state == WAITS)
		nv_list_remove(&pass->link);
	else
		leave(pass);
	pass->state = GONE;
	nv_lock_give(&lock);
	if (!posted)
		nv_free(pass);
}

static void put_port(uint8_t place[NV_PLACE], uint16_t port)
{
	place[16] = (uint8_t)(port >> 8);
	place[17] = (uint8_t)port;
}

void nv_place_of_address(const struct nv_address *address, uint8_t place[NV_PLACE])
{
	memcpy(place, address->ip, sizeof address->ip);
	put_port(place, address->port);
}

/* A hash behind the first byte of a multicast address, where nobody connects to. Two names with the same
 * wait for each other, and that is all. */
void nv_place_of_name(const char *host, uint16_t port, uint8_t place[NV_PLACE])
{
	uint64_t hash = FNV_BASIS;

	for (; *host; host++)
		hash = mix(hash, *host >= 'A' && *host <= 'Z' ? *host | 0x20 : *host);
	memset(place, 0xff, NV_PLACE);
	memcpy(place + 8, &hash, sizeof hash);
	put_port(place, port);
}
