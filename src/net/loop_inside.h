/* SPDX-License-Identifier: MIT */
/* loop_inside.h: what loop.c, stream.c and listener.c share; nobody else includes it. */
#ifndef NET_LOOP_INSIDE_H
#define NET_LOOP_INSIDE_H

#include <stdatomic.h>

#include "net/backend.h"
#include "net/loop.h"
#include "net/mailbox.h"
#include "net/traffic.h"

struct nv_loop {
	struct nv_mailbox mailbox;
	atomic_bool stopped;
	bool in_turn;
	struct nv_backend *backend;
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
	/* What is not zeroed: pages that nobody uses take no memory. */
	uint8_t buffer[NV_LOOP_RECEIVE]; /* of every receive */
	uint8_t plain[NV_LOOP_PLAIN];
};

/* The keys by which the backend tells who an event is for: the address of a stream, and that of a
 * listener with its lowest bit set. */
static inline uintptr_t nv_stream_key(const struct nv_stream *stream)
{
	return (uintptr_t)stream;
}

static inline uintptr_t nv_listener_key(const struct nv_listener *listener)
{
	return (uintptr_t)listener | 1u;
}

/* The backend has found it ready. */
void nv_stream_ready(struct nv_stream *stream, uint32_t events);
void nv_listener_ready(struct nv_listener *listener);

/* The end of a turn. */
void nv_loop_raise_closed(struct nv_loop *loop);
void nv_loop_flush_dirty(struct nv_loop *loop);

#endif
