/* SPDX-License-Identifier: MIT */
/* resolve.c: getaddrinfo in a detached thread for each look-up, which posts its answer to the loop.
 *
 * A look-up belongs to its thread until that has posted it, then to the loop. The lock is for the
 * moment between: a cancelled one is never posted, since its loop may be gone, and freed by the
 * thread. */
#include "net/resolve.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/list.h"
#include "net/lock.h"
#include "net/resolve_system.h"
#include "net/sock.h"
#include "net/thread.h"

struct nv_resolve {
	struct nv_thread thread;
	struct nv_task task;
	struct nv_loop *loop;
	void (*done)(void *context, const struct nv_resolved *result);
	void *context;
	struct nv_lock lock;
	bool cancelled; /* under the lock */
	uint16_t port;
	struct nv_address *addresses;
	struct nv_resolved result;
	char host[];
};

static void resolve_free(struct nv_resolve *resolve)
{
	nv_lock_deinit(&resolve->lock);
	nv_free(resolve->addresses);
	nv_free(resolve);
}

static void fail(struct nv_resolve *resolve, int error, const char *text)
{
	resolve->result = (struct nv_resolved){ .error = error, .text = text };
}

static bool add(struct nv_resolve *resolve, const struct nv_address *address)
{
	size_t count = resolve->result.count;
	struct nv_address *grown = nv_realloc(resolve->addresses, (count + 1) * sizeof(*grown));

	if (!grown) {
		fail(resolve, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
		return false;
	}
	grown[count] = *address;
	resolve->addresses = grown;
	resolve->result.addresses = grown;
	resolve->result.count = count + 1;
	return true;
}

static bool add_literal(struct nv_resolve *resolve, const char *text)
{
	struct nv_address address;

	return nv_address_parse(text, resolve->port, &address) && add(resolve, &address);
}

static void add_all(struct nv_resolve *resolve, const struct addrinfo *info)
{
	for (; info; info = info->ai_next) {
		struct nv_address address;

		if (!nv_sock_address(info->ai_addr, &address))
			continue;
		address.port = resolve->port;
		if (!add(resolve, &address))
			return;
	}
}

static void look_up(struct nv_resolve *resolve)
{
	struct addrinfo *info = NULL;
	const char *problem = nv_resolve_ask(resolve->host, &info);

	if (problem) {
		fail(resolve, NV_ERR_ADDRESS, problem);
		return;
	}
	add_all(resolve, info);
	freeaddrinfo(info);
	if (!resolve->result.error && resolve->result.count == 0)
		fail(resolve, NV_ERR_ADDRESS, nv_strerror(NV_ERR_ADDRESS));
}

/* True when the answer goes through the loop's mailbox, which frees the look-up. */
static bool post(struct nv_resolve *resolve)
{
	bool posted;

	nv_lock_take(&resolve->lock);
	posted = !resolve->cancelled;
	if (posted)
		nv_loop_post_task(resolve->loop, &resolve->task);
	nv_lock_give(&resolve->lock);
	return posted;
}

static void run_thread(void *context)
{
	struct nv_resolve *resolve = context;

	look_up(resolve);
	if (!post(resolve))
		resolve_free(resolve);
}

static void answer(struct nv_task *task)
{
	struct nv_resolve *resolve = nv_container_of(task, struct nv_resolve, task);
	bool cancelled;

	/* Waits for the thread that has posted to be out of the lock. */
	nv_lock_take(&resolve->lock);
	cancelled = resolve->cancelled;
	nv_lock_give(&resolve->lock);
	if (!cancelled)
		resolve->done(resolve->context, &resolve->result);
	resolve_free(resolve);
}

static struct nv_resolve *resolve_new(struct nv_loop *loop, const char *host, uint16_t port)
{
	size_t size = strlen(host) + 1;
	struct nv_resolve *resolve = nv_alloc_zero(sizeof(*resolve) + size);

	if (!resolve)
		return NULL;
	nv_lock_init(&resolve->lock);
	resolve->thread = (struct nv_thread){ .run = run_thread, .context = resolve };
	resolve->task.run = answer;
	resolve->loop = loop;
	resolve->port = port;
	memcpy(resolve->host, host, size);
	return resolve;
}

struct nv_resolve *nv_resolve_start(struct nv_loop *loop, const char *host, uint16_t port,
                                    void (*done)(void *context, const struct nv_resolved *result),
                                    void *context)
{
	struct nv_resolve *resolve = resolve_new(loop, host, port);

	if (!resolve)
		return NULL;
	resolve->done = done;
	resolve->context = context;
	if (strcasecmp(host, "localhost") == 0) {
		if (add_literal(resolve, "127.0.0.1"))
			add_literal(resolve, "::1");
	} else if (!add_literal(resolve, host) && !resolve->result.error) {
		if (nv_thread_start_detached(&resolve->thread) == 0)
			return resolve;
		fail(resolve, NV_ERR_LIMIT, nv_strerror(NV_ERR_LIMIT));
	}
	post(resolve);
	return resolve;
}

void nv_resolve_cancel(struct nv_resolve *resolve)
{
	nv_lock_take(&resolve->lock);
	resolve->cancelled = true;
	nv_lock_give(&resolve->lock);
}
