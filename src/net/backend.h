/* SPDX-License-Identifier: MIT */
/* backend.h: what tells a loop which of its sockets are ready, and wakes it. That is all in which loops
 * differ: streams, listeners, timers and the order of a turn are the same code over each.
 *
 * backend_epoll.c asks the kernel of Linux, backend_uv.c asks libuv; one of them is built. Both are
 * level-triggered. All is for the loop's thread but nv_backend_wake. */
#ifndef NET_BACKEND_H
#define NET_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

/* What is wanted of a socket, and what has come; there also NV_WRONG, wanted or not: an error or a
 * hang-up, which the next receive or send tells. */
#define NV_READABLE 0x1u
#define NV_WRITABLE 0x4u
#define NV_WRONG 0x8u

struct nv_backend;

struct nv_ready {
	uintptr_t key;
	uint32_t events;
};

/* NULL when memory or descriptors are out. */
struct nv_backend *nv_backend_new(void);
/* Nothing is wanted any more. NULL is allowed. */
void nv_backend_free(struct nv_backend *backend);

/* Wants `events` of `fd` from now on, `before` until now, told with `key`, which is not 0. No events at
 * all: nothing is told of it, not even a hang-up; so it has to be before fd is closed. 0 or an error,
 * only if before is 0. */
int nv_backend_want(struct nv_backend *backend, int fd, uintptr_t key, uint32_t before,
                    uint32_t events);

/* What is wanted of `fd`, which is something, already is told with `key` from now on. 0 or an error. */
int nv_backend_rekey(struct nv_backend *backend, int fd, uintptr_t key, uint32_t events);

/* Waits until something is ready, or woken, or `timeout_ms` are over (-1: never), or a signal came,
 * where the system tells. 0 or NV_ERR_SYSTEM. */
int nv_backend_wait(struct nv_backend *backend, int timeout_ms);

/* Takes the next of what the last wait has found; false when there is none. */
bool nv_backend_next(struct nv_backend *backend, struct nv_ready *ready);

/* What was found for `key` and not taken yet is told to nobody. */
void nv_backend_forget(struct nv_backend *backend, uintptr_t key);

/* Ends a wait, or the next one. Any thread; errno stays. */
void nv_backend_wake(struct nv_backend *backend);

/* Readable when a wait would find something; NV_ERR_UNSUPPORTED where there is no such descriptor. What
 * was wanted since the last wait counts once it is settled; true when that found what the next wait
 * tells, for which the descriptor is readable no more. */
int nv_backend_fd(const struct nv_backend *backend);
bool nv_backend_settle(struct nv_backend *backend); /* only when all that was found is taken */

#endif
