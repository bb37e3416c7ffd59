/* SPDX-License-Identifier: MIT */
/* outq.c: a connection's unsent output.
 *
 * The queue owns its chunks. A chunk never moves, so that slices stay where they are while more is
 * appended behind them; it is freed as soon as its bytes are consumed. The queue sets no limit. */
#include "base/outq.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/shared.h"

/* Sizes of a whole chunk: what is small stays small, a long queue gets by with few blocks. */
#define FIRST_CHUNK 512u
#define LARGEST_CHUNK 16384u

/* Only the last chunk takes more bytes. A chunk may be empty: reserved and not committed. One that
 * refers to a shared block has no room of its own. */
struct nv_chunk {
	struct nv_chunk *next;
	struct nv_shared *shared; /* or NULL */
	uint8_t *data;            /* the first unsent byte */
	size_t len;               /* unsent bytes */
	size_t room;              /* free bytes behind them */
	uint8_t storage[];
};

static size_t chunk_size(size_t queued)
{
	size_t size = FIRST_CHUNK;

	while (size <= queued && size < LARGEST_CHUNK)
		size *= 2;
	return size;
}

static struct nv_chunk *chunk_new(size_t size, size_t len)
{
	struct nv_chunk *chunk;

	if (len > SIZE_MAX - sizeof(*chunk))
		return NULL;
	if (size < sizeof(*chunk) + len)
		size = sizeof(*chunk) + len;
	chunk = nv_alloc(size);
	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->shared = NULL;
	chunk->data = chunk->storage;
	chunk->len = 0;
	chunk->room = size - sizeof(*chunk);
	return chunk;
}

static void free_chunk(struct nv_chunk *chunk)
{
	nv_shared_unref(chunk->shared);
	nv_free(chunk);
}

static void push_chunk(struct nv_outq *queue, struct nv_chunk *chunk)
{
	if (queue->tail)
		queue->tail->next = chunk;
	else
		queue->head = chunk;
	queue->tail = chunk;
}

static void drop_chunk(struct nv_outq *queue)
{
	struct nv_chunk *chunk = queue->head;

	queue->head = chunk->next;
	if (!queue->head)
		queue->tail = NULL;
	free_chunk(chunk);
}

void nv_outq_deinit(struct nv_outq *queue)
{
	while (queue->head)
		drop_chunk(queue);
	queue->len = 0;
}

uint8_t *nv_outq_reserve(struct nv_outq *queue, size_t len)
{
	struct nv_chunk *tail = queue->tail;

	if (!tail || tail->room < len) {
		tail = chunk_new(chunk_size(queue->len), len);
		if (!tail)
			return NULL;
		push_chunk(queue, tail);
	}
	return tail->data + tail->len;
}

/* A room that was given back must not be kept for as long as the queue lives. */
static void drop_unused_tail(struct nv_outq *queue)
{
	struct nv_chunk *before = queue->head;

	if (!before || before == queue->tail || queue->tail->len > 0)
		return;
	while (before->next != queue->tail)
		before = before->next;
	free_chunk(queue->tail);
	before->next = NULL;
	queue->tail = before;
}

void nv_outq_commit(struct nv_outq *queue, size_t len)
{
	if (len) {
		assert(queue->tail && len <= queue->tail->room);
		queue->tail->len += len;
		queue->tail->room -= len;
		queue->len += len;
	}
	if (len == 0)
		drop_unused_tail(queue);
	/* Reserved and not used: an empty queue holds no memory. */
	if (queue->len == 0)
		nv_outq_deinit(queue);
}

int nv_outq_append(struct nv_outq *queue, const void *data, size_t len)
{
	uint8_t *room;

	if (len == 0)
		return 0;
	room = nv_outq_reserve(queue, len);
	if (!room)
		return NV_ERR_NOMEM;
	memcpy(room, data, len);
	nv_outq_commit(queue, len);
	return 0;
}

/* True when the slice goes on where the queue ends. */
static bool extends_tail(const struct nv_chunk *tail, const struct nv_shared *shared,
                         struct nv_bytes slice)
{
	return tail && tail->shared == shared && tail->data + tail->len == slice.data;
}

int nv_outq_append_shared(struct nv_outq *queue, struct nv_shared *shared, struct nv_bytes slice)
{
	struct nv_chunk *chunk = queue->tail;

	if (slice.len == 0)
		return 0;
	if (!extends_tail(chunk, shared, slice)) {
		chunk = chunk_new(sizeof *chunk, 0);
		if (!chunk)
			return NV_ERR_NOMEM;
		nv_shared_ref(shared);
		chunk->shared = shared;
		chunk->data = (uint8_t *)(uintptr_t)slice.data;
		push_chunk(queue, chunk);
	}
	chunk->len += slice.len;
	queue->len += slice.len;
	return 0;
}

size_t nv_outq_peek(const struct nv_outq *queue, struct nv_bytes *slices, size_t max)
{
	const struct nv_chunk *chunk;
	size_t count = 0;

	for (chunk = queue->head; chunk && count < max; chunk = chunk->next) {
		if (chunk->len)
			slices[count++] = (struct nv_bytes){ chunk->data, chunk->len };
	}
	return count;
}

void nv_outq_consume(struct nv_outq *queue, size_t len)
{
	assert(len <= queue->len);
	queue->len -= len;
	while (queue->head && queue->head->len <= len) {
		len -= queue->head->len;
		drop_chunk(queue);
	}
	if (queue->head) {
		queue->head->data += len;
		queue->head->len -= len;
	}
}
