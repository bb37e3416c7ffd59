/* SPDX-License-Identifier: MIT */
/* resolve.c: host names as the test has scripted them, answered through the loop's mailbox. */
#include "net/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "sim/world.h"

#define MAX_ADDRESSES 64u

struct name {
	struct name *next;
	char *host;
	char *addresses; /* NULL: it fails, or without `error` hangs */
	char *error;
};

struct nv_resolve {
	struct nv_task task;
	void (*done)(void *context, const struct nv_resolved *result);
	void *context;
	bool cancelled;
	bool hangs;
	struct nv_address addresses[MAX_ADDRESSES];
	struct nv_resolved result;
};

static struct name *names;

static char *copy(const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	return text ? memcpy(sim_alloc(size), text, size) : NULL;
}

void sim_on_resolve(const char *host, const char *addresses, const char *error)
{
	struct name *name = sim_alloc(sizeof(*name));

	name->next = names;
	name->host = copy(host);
	name->addresses = copy(addresses);
	name->error = copy(error);
	names = name;
}

void sim_forget_names(void)
{
	while (names) {
		struct name *name = names;

		names = name->next;
		free(name->host);
		free(name->addresses);
		free(name->error);
		free(name);
	}
}

static const struct name *find(const char *host)
{
	static char both[] = "127.0.0.1 ::1";
	static char why[] = "Name or service not known";
	static const struct name localhost = { .addresses = both };
	static const struct name unknown = { .error = why };
	const struct name *name;

	for (name = names; name; name = name->next) {
		if (strcasecmp(name->host, host) == 0)
			return name;
	}
	return strcasecmp(host, "localhost") == 0 ? &localhost : &unknown;
}

static void add(struct nv_resolve *resolve, const char *text, uint16_t port)
{
	size_t count = resolve->result.count;

	if (count == MAX_ADDRESSES || !nv_address_parse(text, port, &resolve->addresses[count]))
		return;
	resolve->result.addresses = resolve->addresses;
	resolve->result.count = count + 1;
}

static void add_all(struct nv_resolve *resolve, const char *list, uint16_t port)
{
	char text[64];
	int used;

	for (; sscanf(list, "%63s%n", text, &used) == 1; list += used)
		add(resolve, text, port);
}

static void fail(struct nv_resolve *resolve, const char *text)
{
	resolve->result.error = NV_ERR_ADDRESS;
	resolve->result.text = text;
}

static void answer(struct nv_task *task)
{
	struct nv_resolve *resolve = nv_container_of(task, struct nv_resolve, task);

	if (!resolve->cancelled)
		resolve->done(resolve->context, &resolve->result);
	nv_free(resolve);
}

struct nv_resolve *nv_resolve_start(struct nv_loop *loop, const char *host, uint16_t port,
                                    void (*done)(void *context, const struct nv_resolved *result),
                                    void *context)
{
	struct nv_resolve *resolve = nv_alloc_zero(sizeof(*resolve));
	const struct name *name;

	if (!resolve)
		return NULL;
	resolve->task.run = answer;
	resolve->done = done;
	resolve->context = context;
	add(resolve, host, port);
	name = resolve->result.count ? NULL : find(host);
	if (name && name->addresses)
		add_all(resolve, name->addresses, port);
	else if (name && name->error)
		fail(resolve, name->error);
	resolve->hangs = name && !name->addresses && !name->error;
	if (!resolve->hangs)
		nv_loop_post_task(loop, &resolve->task);
	return resolve;
}

/* One that hangs is in no mailbox. */
void nv_resolve_cancel(struct nv_resolve *resolve)
{
	resolve->cancelled = true;
	if (resolve->hangs)
		nv_free(resolve);
}
