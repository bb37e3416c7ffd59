/* SPDX-License-Identifier: MIT */
/* outq.c: a connection's unsent output.
 *
 * The queue owns its chunks. A chunk never moves, so that slices stay where they are while more is
 * appended behind them; it is freed as soon as its bytes are consumed. The queue sets no limit but
 * that of its counters.
 *
 * What can be dropped is found from a mark: the last chunk up to which nothing can be. The mark only
 * moves on. It stands in the head, in the place of a droppable's tag: a head that can't be dropped
 * needs none, and one that can is preceded by nothing that the mark could tell of. */
#include "base/outq.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/shared.h"

/* Sizes of a whole chunk: what a turn has for one connection mostly fits the first, so that it leaves by a
 * plain send; a long queue gets by with few blocks. */
#define FIRST_CHUNK 2048u
#define LARGEST_CHUNK 16384u

#define LIMITED_MAX 4
#define KIND_SHIFT 30

static_assert(NV_OUTQ_MAX == (1u << KIND_SHIFT) - 1, "the kind stands above every length");
static_assert(sizeof(struct nv_outq) <= 16, "every connection has a queue");
static_assert(sizeof(struct nv_chunk) <= 40, "with malloc's own word, three times 16 bytes");

static enum nv_chunk_kind kind_of(const struct nv_chunk *chunk)
{
	return (enum nv_chunk_kind)(chunk->room >> KIND_SHIFT);
}

static size_t room_of(const struct nv_chunk *chunk)
{
	return chunk->room & NV_OUTQ_MAX;
}

static size_t chunk_size(size_t queued)
{
	size_t size = FIRST_CHUNK;

	while (size <= queued && size < LARGEST_CHUNK)
		size *= 2;
	return size;
}

static struct nv_chunk *chunk_new(enum nv_chunk_kind kind, size_t size, size_t len)
{
	struct nv_chunk *chunk;

	if (size < sizeof *chunk + len)
		size = sizeof *chunk + len;
	chunk = nv_alloc(size);
	if (!chunk)
		return NULL;
	chunk->shared = NULL;
	chunk->data = chunk->storage;
	chunk->len = 0;
	chunk->room = (uint32_t)(size - sizeof *chunk) | (uint32_t)kind << KIND_SHIFT;
	return chunk;
}

static void free_chunk(struct nv_chunk *chunk)
{
	nv_shared_unref(chunk->shared);
	nv_free(chunk);
}

static struct nv_chunk *head_of(const struct nv_outq *queue)
{
	return queue->tail ? queue->tail->next : NULL;
}

/* NULL: not even the head is behind it, which can be dropped. */
static struct nv_chunk *mark_of(const struct nv_outq *queue)
{
	struct nv_chunk *head = head_of(queue);

	return head && (kind_of(head) != NV_CHUNK_DROPPABLE || queue->begun) ? head->mark : NULL;
}

/* The head is another, or has begun. Whoever comes to the front unmarked is marked itself. */
static void mark_head(const struct nv_outq *queue, struct nv_chunk *mark)
{
	struct nv_chunk *head = head_of(queue);

	if (head && (kind_of(head) != NV_CHUNK_DROPPABLE || queue->begun))
		head->mark = mark ? mark : head;
}

/* `before` is NULL for the very front. */
static void link_after(struct nv_outq *queue, struct nv_chunk *before, struct nv_chunk *chunk)
{
	struct nv_chunk *mark = mark_of(queue);
	struct nv_chunk *place = before ? before : queue->tail;

	chunk->next = chunk;
	if (place) {
		chunk->next = place->next;
		place->next = chunk;
	}
	if (place == NULL || before == queue->tail)
		queue->tail = chunk;
	if (!before)
		mark_head(queue, mark);
}

static void unlink_after(struct nv_outq *queue, struct nv_chunk *before)
{
	struct nv_chunk *mark = mark_of(queue);
	struct nv_chunk *place = before ? before : queue->tail;
	struct nv_chunk *chunk = place->next;

	place->next = chunk->next;
	if (chunk == queue->tail)
		queue->tail = before;
	if (!before)
		queue->begun = false;
	if (!before || chunk == mark)
		mark_head(queue, chunk == mark ? before : mark);
	queue->len -= chunk->len;
	if (kind_of(chunk) == NV_CHUNK_DROPPABLE)
		queue->droppables--;
	free_chunk(chunk);
}

void nv_outq_deinit(struct nv_outq *queue)
{
	while (queue->tail)
		unlink_after(queue, NULL);
}

/* --- At the end --- */

/* Behind bytes that lie elsewhere a chunk is often the only one of its kind, and has just the room that
 * it needs; or many of them would take a multiple of what is queued. */
static size_t next_chunk_size(const struct nv_chunk *tail)
{
	if (!tail)
		return FIRST_CHUNK;
	if (tail->shared)
		return 0;
	return chunk_size((size_t)(tail->data - (const uint8_t *)tail) + tail->len + room_of(tail));
}

uint8_t *nv_outq_add_room(struct nv_outq *queue, size_t len)
{
	struct nv_chunk *chunk;

	if (len > NV_OUTQ_MAX - queue->len)
		return NULL;
	chunk = chunk_new(NV_CHUNK_ORDINARY, next_chunk_size(queue->tail), len);
	if (!chunk)
		return NULL;
	link_after(queue, queue->tail, chunk);
	return chunk->data;
}

/* A room that was given back must not be kept for as long as the queue lives. */
static void drop_unused_tail(struct nv_outq *queue)
{
	struct nv_chunk *before = head_of(queue);

	if (!before || before == queue->tail || queue->tail->len > 0)
		return;
	while (before->next != queue->tail)
		before = before->next;
	unlink_after(queue, before);
}

void nv_outq_commit(struct nv_outq *queue, size_t len)
{
	if (len)
		nv_outq_fill(queue, queue->tail, len);
	else
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

static int append_slice(struct nv_outq *queue, enum nv_chunk_kind kind, struct nv_shared *shared,
                        struct nv_bytes slice, uint64_t tag)
{
	struct nv_chunk *chunk;

	if (slice.len > NV_OUTQ_MAX - queue->len)
		return NV_ERR_NOMEM;
	chunk = chunk_new(kind, 0, 0);
	if (!chunk)
		return NV_ERR_NOMEM;
	nv_shared_ref(shared);
	chunk->shared = shared;
	chunk->data = (uint8_t *)(uintptr_t)slice.data;
	chunk->len = (uint32_t)slice.len;
	chunk->tag = tag;
	queue->len += (uint32_t)slice.len;
	if (kind == NV_CHUNK_DROPPABLE)
		queue->droppables++;
	link_after(queue, queue->tail, chunk);
	return 0;
}

/* True when the slice goes on where the queue ends. */
static bool extends_tail(const struct nv_chunk *tail, const struct nv_shared *shared,
                         struct nv_bytes slice)
{
	return tail && kind_of(tail) == NV_CHUNK_ORDINARY && tail->shared == shared &&
	       tail->data + tail->len == slice.data;
}

int nv_outq_append_shared(struct nv_outq *queue, struct nv_shared *shared, struct nv_bytes slice)
{
	if (slice.len == 0)
		return 0;
	if (!extends_tail(queue->tail, shared, slice) || slice.len > NV_OUTQ_MAX - queue->len)
		return append_slice(queue, NV_CHUNK_ORDINARY, shared, slice, 0);
	queue->tail->len += (uint32_t)slice.len;
	queue->len += (uint32_t)slice.len;
	return 0;
}

int nv_outq_append_droppable(struct nv_outq *queue, struct nv_shared *shared, struct nv_bytes slice,
                             uint64_t tag)
{
	assert(queue->droppables < NV_DROPPABLES_MAX);
	return append_slice(queue, NV_CHUNK_DROPPABLE, shared, slice, tag);
}

/* --- Dropping --- */

static struct nv_chunk *next_of(const struct nv_outq *queue, const struct nv_chunk *before)
{
	return before ? before->next : head_of(queue);
}

/* Moves `before` on to what the next droppable chunk stands behind; false when there is none. */
static bool find_droppable(const struct nv_outq *queue, struct nv_chunk **before)
{
	struct nv_chunk *chunk = next_of(queue, *before);

	while (*before != queue->tail && kind_of(chunk) != NV_CHUNK_DROPPABLE) {
		*before = chunk;
		chunk = chunk->next;
	}
	return *before != queue->tail;
}

bool nv_outq_drop_oldest(struct nv_outq *queue)
{
	struct nv_chunk *before = mark_of(queue);
	bool found = find_droppable(queue, &before);

	if (before)
		mark_head(queue, before);
	if (found)
		unlink_after(queue, before);
	return found;
}

size_t nv_outq_drop_tagged(struct nv_outq *queue, uint64_t tag)
{
	struct nv_chunk *before = mark_of(queue);
	size_t count = 0;

	while (find_droppable(queue, &before)) {
		struct nv_chunk *chunk = next_of(queue, before);

		if (chunk->tag == tag) {
			unlink_after(queue, before);
			count++;
		} else {
			before = chunk;
		}
	}
	return count;
}

/* --- Overtaking --- */

struct lane {
	struct nv_chunk *last; /* the next control frame goes behind it; NULL: to the front */
	struct nv_chunk *before_oldest; /* the oldest limited one stands behind it */
	unsigned int limited;
	size_t len;
};

static struct lane lane_of(const struct nv_outq *queue)
{
	struct lane lane = { .last = queue->begun ? head_of(queue) : NULL };
	struct nv_chunk *chunk = next_of(queue, lane.last);

	while (lane.last != queue->tail &&
	       (kind_of(chunk) == NV_CHUNK_CONTROL || kind_of(chunk) == NV_CHUNK_LIMITED)) {
		if (kind_of(chunk) == NV_CHUNK_LIMITED && lane.limited++ == 0)
			lane.before_oldest = lane.last;
		lane.len += chunk->len;
		lane.last = chunk;
		chunk = chunk->next;
	}
	return lane;
}

static bool takes_control(const struct nv_chunk *chunk, size_t len)
{
	return chunk && kind_of(chunk) == NV_CHUNK_CONTROL && room_of(chunk) >= len;
}

int nv_outq_insert_control(struct nv_outq *queue, const void *frame, size_t len, bool limited)
{
	struct lane lane = lane_of(queue);
	struct nv_chunk *chunk = lane.last;

	if (len > NV_OUTQ_MAX - queue->len)
		return NV_ERR_NOMEM;
	if (limited || !takes_control(chunk, len)) {
		chunk = limited ? chunk_new(NV_CHUNK_LIMITED, 0, len)
		                : chunk_new(NV_CHUNK_CONTROL, chunk_size(lane.len), len);
		if (!chunk)
			return NV_ERR_NOMEM;
		link_after(queue, lane.last, chunk);
	}
	memcpy(chunk->data + chunk->len, frame, len);
	nv_outq_fill(queue, chunk, len);
	if (limited && lane.limited == LIMITED_MAX)
		unlink_after(queue, lane.before_oldest);
	return 0;
}

void nv_outq_begin(struct nv_outq *queue)
{
	struct nv_chunk *mark = mark_of(queue);

	queue->begun = queue->tail != NULL;
	mark_head(queue, mark);
}

static size_t pinned(const struct nv_chunk *chunk, const struct nv_chunk *before)
{
	if (!chunk->shared)
		return chunk->len + room_of(chunk);
	return before && before->shared == chunk->shared ? 0 : chunk->shared->cap;
}

size_t nv_outq_memory(const struct nv_outq *queue)
{
	const struct nv_chunk *before = NULL;
	const struct nv_chunk *chunk = head_of(queue);
	size_t sum = 0;

	while (before != queue->tail) {
		sum += sizeof *chunk + pinned(chunk, before);
		before = chunk;
		chunk = chunk->next;
	}
	return sum;
}

/* --- At the front --- */

size_t nv_outq_peek(const struct nv_outq *queue, struct nv_bytes *slices, size_t max)
{
	const struct nv_chunk *chunk = queue->tail;
	size_t count = 0;

	if (!chunk)
		return 0;
	do {
		chunk = chunk->next;
		if (chunk->len && count < max)
			slices[count++] = (struct nv_bytes){ chunk->data, chunk->len };
	} while (chunk != queue->tail && count < max);
	return count;
}

void nv_outq_consume(struct nv_outq *queue, size_t len)
{
	struct nv_chunk *head = head_of(queue);

	assert(len <= queue->len);
	while (head && head->len <= len) {
		len -= head->len;
		unlink_after(queue, NULL);
		head = head_of(queue);
	}
	if (!head || len == 0)
		return;
	head->data += len;
	head->len -= (uint32_t)len;
	queue->len -= (uint32_t)len;
	nv_outq_begin(queue);
}
