/* SPDX-License-Identifier: MIT */
/* backend_epoll.c: the backend of Linux, epoll. */
#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/backend.h"
#include "net/sock.h"

#define BATCH 1024

static_assert(NV_READABLE == EPOLLIN && NV_WRITABLE == EPOLLOUT && NV_WRONG == EPOLLERR,
              "events pass as they are");

struct nv_backend {
	int epoll_fd;
	int wake_fd;
	int count; /* of what is ready */
	int taken;
	struct epoll_event ready[BATCH]; /* not zeroed: pages that nobody uses take no memory */
};

/* Edge-triggered: each write is one event, and nobody has to read the descriptor. */
static int open_descriptors(struct nv_backend *backend)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0 };

	backend->wake_fd = -1;
	backend->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (backend->epoll_fd < 0)
		return -1;
	backend->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (backend->wake_fd < 0)
		return -1;
	return epoll_ctl(backend->epoll_fd, EPOLL_CTL_ADD, backend->wake_fd, &event);
}

struct nv_backend *nv_backend_new(void)
{
	struct nv_backend *backend = nv_alloc(sizeof(*backend));

	if (!backend)
		return NULL;
	backend->count = 0;
	backend->taken = 0;
	if (open_descriptors(backend) < 0) {
		nv_backend_free(backend);
		return NULL;
	}
	return backend;
}

void nv_backend_free(struct nv_backend *backend)
{
	if (!backend)
		return;
	if (backend->wake_fd >= 0)
		close(backend->wake_fd);
	if (backend->epoll_fd >= 0)
		close(backend->epoll_fd);
	nv_free(backend);
}

static int control(const struct nv_backend *backend, int op, int fd, uintptr_t key, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = key };

	return epoll_ctl(backend->epoll_fd, op, fd, &event) < 0 ? nv_sock_error_of(errno) : 0;
}

int nv_backend_want(struct nv_backend *backend, int fd, uintptr_t key, uint32_t before,
                    uint32_t events)
{
	int op = EPOLL_CTL_MOD;

	if (events == before)
		return 0;
	if (before == 0)
		op = EPOLL_CTL_ADD;
	else if (events == 0)
		op = EPOLL_CTL_DEL;
	return control(backend, op, fd, key, events);
}

int nv_backend_rekey(struct nv_backend *backend, int fd, uintptr_t key, uint32_t events)
{
	return control(backend, EPOLL_CTL_MOD, fd, key, events);
}

int nv_backend_wait(struct nv_backend *backend, int timeout_ms)
{
	backend->taken = 0;
	backend->count = epoll_wait(backend->epoll_fd, backend->ready, BATCH, timeout_ms);
	if (backend->count >= 0)
		return 0;
	backend->count = 0;
	return errno == EINTR ? 0 : NV_ERR_SYSTEM;
}

bool nv_backend_next(struct nv_backend *backend, struct nv_ready *ready)
{
	while (backend->taken < backend->count) {
		const struct epoll_event *event = &backend->ready[backend->taken++];

		if (event->data.u64 == 0) /* woken, or forgotten */
			continue;
		*ready = (struct nv_ready){ (uintptr_t)event->data.u64, event->events };
		return true;
	}
	return false;
}

void nv_backend_forget(struct nv_backend *backend, uintptr_t key)
{
	for (int i = backend->taken; i < backend->count; i++) {
		if (backend->ready[i].data.u64 == key)
			backend->ready[i].data.u64 = 0;
	}
}

/* Only a full counter can make the write fail, and then a wake-up is due anyway. */
void nv_backend_wake(struct nv_backend *backend)
{
	const uint64_t one = 1;
	int kept = errno;

	if (write(backend->wake_fd, &one, sizeof(one)) < 0)
		errno = kept;
}

int nv_backend_fd(const struct nv_backend *backend)
{
	return backend->epoll_fd;
}

bool nv_backend_settle(struct nv_backend *backend)
{
	(void)backend; /* epoll knows at once */
	return false;
}
