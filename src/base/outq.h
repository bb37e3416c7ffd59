/* SPDX-License-Identifier: MIT */
/* outq.h: a connection's unsent output, a chain of chunks that holds no memory while it is empty. */
#ifndef BASE_OUTQ_H
#define BASE_OUTQ_H

#include <navette/base.h>

struct nv_chunk;
struct nv_shared;

struct nv_outq {
	struct nv_chunk *head;
	struct nv_chunk *tail;
	size_t len; /* bytes queued */
};

void nv_outq_deinit(struct nv_outq *queue); /* frees; the queue is empty and usable again */

/* One contiguous room of `len` bytes at the end, for the caller to fill before it calls
 * nv_outq_commit with what it used. NULL without memory (the queue is unchanged). */
uint8_t *nv_outq_reserve(struct nv_outq *queue, size_t len);
void nv_outq_commit(struct nv_outq *queue, size_t len);

/* 0 or NV_ERR_NOMEM, with nothing queued. */
int nv_outq_append(struct nv_outq *queue, const void *data, size_t len);

/* Queues bytes of a shared block without copying them; the queue has a reference until they are
 * consumed. 0 or NV_ERR_NOMEM, with nothing queued. */
int nv_outq_append_shared(struct nv_outq *queue, struct nv_shared *shared, struct nv_bytes slice);

/* Up to `max` slices from the front; how many. They stay until something is consumed. */
size_t nv_outq_peek(const struct nv_outq *queue, struct nv_bytes *slices, size_t max);
void nv_outq_consume(struct nv_outq *queue, size_t len);

#endif
