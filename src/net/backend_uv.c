/* SPDX-License-Identifier: MIT */
/* backend_uv.c: the backend of all other systems, libuv, by which only sockets are watched; they are
 * opened, read, written and closed by the same code as over epoll.
 *
 * libuv calls back inside its wait; what it tells is kept until the loop asks for it, since a turn has
 * an order. A handle of libuv outlives its socket until the wait that confirms its end, so it has memory
 * of its own and the owner of the socket knows nothing of it: handles are found by descriptor. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <uv.h>

#include "base/alloc.h"
#include "base/list.h"
#include "net/backend.h"
#include "net/sock.h"

#define BATCH 1024u
#define FIRST_CAPACITY 64u

struct watch {
	uv_poll_t poll;
	uintptr_t key;
	uint32_t wanted;
};

struct nv_backend {
	uv_loop_t loop;
	uv_async_t wake;
	uv_timer_t timer;       /* ends a wait */
	struct watch **watches; /* by descriptor */
	size_t capacity;
	bool settled; /* libuv has told the system all that is wanted */
	bool woken;
	unsigned int count; /* of what is ready */
	unsigned int taken;
	struct nv_ready ready[BATCH]; /* not zeroed: pages that nobody uses take no memory */
};

static void woken(uv_async_t *async)
{
	struct nv_backend *backend = async->loop->data;

	backend->woken = true;
}

static void timed_out(uv_timer_t *timer)
{
	(void)timer;
}

/* In a loop that could be opened these two fail for want of nothing but the descriptor of the first
 * wake-up. */
static int open_handles(struct nv_backend *backend)
{
	int error = uv_async_init(&backend->loop, &backend->wake, woken);

	return error ? error : uv_timer_init(&backend->loop, &backend->timer);
}

struct nv_backend *nv_backend_new(void)
{
	struct nv_backend *backend = nv_alloc(sizeof(*backend));

	if (!backend)
		return NULL;
	memset(backend, 0, offsetof(struct nv_backend, ready));
	if (uv_loop_init(&backend->loop)) {
		nv_free(backend);
		return NULL;
	}
	backend->loop.data = backend;
	if (open_handles(backend)) {
		uv_loop_close(&backend->loop);
		nv_free(backend);
		return NULL;
	}
	return backend;
}

void nv_backend_free(struct nv_backend *backend)
{
	int error;

	if (!backend)
		return;
	uv_close((uv_handle_t *)&backend->wake, NULL);
	uv_close((uv_handle_t *)&backend->timer, NULL);
	uv_run(&backend->loop, UV_RUN_DEFAULT); /* until every end is confirmed */
	error = uv_loop_close(&backend->loop);
	assert(!error);
	(void)error;
	nv_free(backend->watches);
	nv_free(backend);
}

static int error_of(int status)
{
	return status == UV_ENOMEM ? NV_ERR_NOMEM : NV_ERR_SYSTEM;
}

static int uv_events_of(uint32_t events)
{
	return (events & NV_READABLE ? UV_READABLE : 0) | (events & NV_WRITABLE ? UV_WRITABLE : 0);
}

static void found(uv_poll_t *poll, int status, int events);

/* Again, and not for the first time: nothing has to be allocated. */
static int start(struct nv_backend *backend, struct watch *watch)
{
	backend->settled = false;
	return uv_poll_start(&watch->poll, uv_events_of(watch->wanted), found);
}

/* What finds no room is told by the next wait. An error makes libuv stop, and here it is told until
 * somebody does something about it. */
static void found(uv_poll_t *poll, int status, int events)
{
	struct nv_backend *backend = poll->loop->data;
	struct watch *watch = nv_container_of(poll, struct watch, poll);
	uint32_t told = status < 0 ? NV_WRONG : 0;

	if (status < 0)
		(void)start(backend, watch);
	if (events & UV_READABLE)
		told |= NV_READABLE;
	if (events & UV_WRITABLE)
		told |= NV_WRITABLE;
	if (backend->count < BATCH)
		backend->ready[backend->count++] = (struct nv_ready){ watch->key, told };
}

static int make_room(struct nv_backend *backend, size_t fd)
{
	size_t capacity = backend->capacity ? backend->capacity : FIRST_CAPACITY;
	struct watch **watches;

	if (fd < backend->capacity)
		return 0;
	while (capacity <= fd)
		capacity *= 2;
	watches = nv_realloc(backend->watches, capacity * sizeof(struct watch *));
	if (!watches)
		return NV_ERR_NOMEM;
	memset(watches + backend->capacity, 0,
	       (capacity - backend->capacity) * sizeof(struct watch *));
	backend->watches = watches;
	backend->capacity = capacity;
	return 0;
}

static void confirmed(uv_handle_t *handle)
{
	nv_free(nv_container_of((uv_poll_t *)handle, struct watch, poll));
}

static void drop(struct nv_backend *backend, int fd)
{
	struct watch *watch = backend->watches[fd];

	backend->watches[fd] = NULL;
	uv_close((uv_handle_t *)&watch->poll, confirmed);
}

static int add(struct nv_backend *backend, int fd, uintptr_t key, uint32_t events)
{
	struct watch *watch;
	int status;

	if (fd < 0)
		return NV_ERR_SYSTEM;
	watch = make_room(backend, (size_t)fd) ? NULL : nv_alloc(sizeof(*watch));
	if (!watch)
		return NV_ERR_NOMEM;
	status = uv_poll_init_socket(&backend->loop, &watch->poll, (uv_os_sock_t)fd);
	if (status) {
		nv_free(watch);
		return error_of(status);
	}
	watch->key = key;
	watch->wanted = events;
	backend->watches[fd] = watch;
	status = start(backend, watch);
	if (status)
		drop(backend, fd);
	return status ? error_of(status) : 0;
}

int nv_backend_want(struct nv_backend *backend, int fd, uintptr_t key, uint32_t before,
                    uint32_t events)
{
	if (events == before)
		return 0;
	if (before == 0)
		return add(backend, fd, key, events);
	if (events == 0) {
		drop(backend, fd);
		return 0;
	}
	backend->watches[fd]->wanted = events;
	return start(backend, backend->watches[fd]) ? NV_ERR_SYSTEM : 0;
}

int nv_backend_rekey(struct nv_backend *backend, int fd, uintptr_t key, uint32_t events)
{
	(void)events;
	backend->watches[fd]->key = key;
	return 0;
}

/* libuv's own timeout is that of its timers. */
static uv_run_mode mode_of(struct nv_backend *backend, int timeout_ms)
{
	if (timeout_ms == 0)
		return UV_RUN_NOWAIT;
	if (timeout_ms > 0) {
		uv_update_time(&backend->loop);
		uv_timer_start(&backend->timer, timed_out, (uint64_t)timeout_ms, 0);
	}
	return UV_RUN_ONCE;
}

static void turn(struct nv_backend *backend, int timeout_ms)
{
	backend->taken = 0;
	backend->count = 0;
	backend->settled = true;
	uv_run(&backend->loop, mode_of(backend, timeout_ms));
	if (timeout_ms > 0)
		uv_timer_stop(&backend->timer);
}

static bool has_found(const struct nv_backend *backend)
{
	return backend->woken || backend->taken < backend->count;
}

int nv_backend_wait(struct nv_backend *backend, int timeout_ms)
{
	if (!has_found(backend)) /* else it was when it settled */
		turn(backend, timeout_ms);
	backend->woken = false;
	return 0;
}

bool nv_backend_next(struct nv_backend *backend, struct nv_ready *ready)
{
	while (backend->taken < backend->count) {
		*ready = backend->ready[backend->taken++];
		if (ready->key != 0) /* else it is forgotten */
			return true;
	}
	return false;
}

void nv_backend_forget(struct nv_backend *backend, uintptr_t key)
{
	for (unsigned int i = backend->taken; i < backend->count; i++) {
		if (backend->ready[i].key == key)
			backend->ready[i].key = 0;
	}
}

void nv_backend_wake(struct nv_backend *backend)
{
	int kept = errno;

	uv_async_send(&backend->wake);
	errno = kept;
}

/* -1 from libuv where it waits in another way. */
int nv_backend_fd(const struct nv_backend *backend)
{
	int fd = uv_backend_fd(&backend->loop);

	return fd < 0 ? NV_ERR_UNSUPPORTED : fd;
}

/* libuv tells the system when it waits. That is once more where it tells of an error, which stops it. */
bool nv_backend_settle(struct nv_backend *backend)
{
	if (!backend->settled && !has_found(backend))
		turn(backend, 0);
	return has_found(backend);
}
