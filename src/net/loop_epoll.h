/* SPDX-License-Identifier: MIT */
/* loop_epoll.h: what the files of the epoll backend share; nobody else includes it. */
#ifndef NET_LOOP_EPOLL_H
#define NET_LOOP_EPOLL_H

#include <stdatomic.h>
#include <sys/epoll.h>

#include "net/loop.h"
#include "net/mailbox.h"
#include "net/traffic.h"

#define NV_EPOLL_BATCH 1024

struct nv_loop {
	struct nv_mailbox mailbox;
	atomic_bool stopped;
	bool in_turn;
	int epoll_fd;
	int wake_fd;
	uint64_t now_ms; /* of this turn */
	struct nv_timers timers;
	struct nv_list dirty;    /* streams to flush at the end of the turn */
	struct nv_list flushing; /* those of them that this end has still to flush */
	struct nv_list starved;  /* those for whose output the kernel had no memory */
	struct nv_timer thaw;    /* moves them back to `dirty` */
	struct nv_list closing;  /* streams that owe an on_close */
	struct nv_list hooks;    /* to run before the last flush */
	size_t streams;
	struct nv_traffic traffic;
	struct nv_listener *accepting; /* NULL as soon as it is stopped */
	int ready_count;
	/* What is not zeroed: pages that nobody uses take no memory. */
	struct epoll_event ready[NV_EPOLL_BATCH];
	uint8_t buffer[NV_LOOP_RECEIVE]; /* of every receive */
	uint8_t plain[NV_LOOP_PLAIN];
};

/* Who an event is for, kept in its data: the address of a stream, that of a listener with its
 * lowest bit set, or 0 for nobody (the wake-up, or a listener that was stopped meanwhile). */
static inline uint64_t nv_epoll_stream_key(struct nv_stream *stream)
{
	return (uintptr_t)stream;
}

static inline uint64_t nv_epoll_listener_key(struct nv_listener *listener)
{
	return (uintptr_t)listener | 1u;
}

/* Wants `events` of `fd` from now on, `before` until now; no events at all takes it out of epoll,
 * so that the hang-ups that epoll reports unasked do not spin. 0 or an error, only if before is 0. */
int nv_epoll_want(struct nv_loop *loop, int fd, uint64_t key, uint32_t before, uint32_t events);

/* What is wanted of `fd` already is for `key` from now on. 0 or an error. */
int nv_epoll_rekey(struct nv_loop *loop, int fd, uint64_t key, uint32_t events);

/* An epoll event has come for it. */
void nv_epoll_stream_ready(struct nv_stream *stream, uint32_t events);
void nv_epoll_listener_ready(struct nv_listener *listener);

/* The end of a turn. */
void nv_epoll_raise_closed(struct nv_loop *loop);
void nv_epoll_flush_dirty(struct nv_loop *loop);

#endif
