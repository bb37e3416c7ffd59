/* SPDX-License-Identifier: MIT */
/* outq.h: a connection's unsent output, a chain of chunks that holds no memory while it is empty.
 *
 * Every chunk begins with a frame, and no frame lies in two: what one call reserves or appends is one
 * or more whole frames. So a frame can be put between two chunks, and a chunk can be dropped. The
 * head has begun to leave once a byte of it was consumed; from then on nothing comes before its end,
 * and it is not dropped. A chunk of small frames has up to 16 KiB, a larger frame one of its own. */
#ifndef BASE_OUTQ_H
#define BASE_OUTQ_H

#include <navette/base.h>

#define NV_OUTQ_MAX 0x3fffffffu /* bytes in one queue; beyond them there is no memory */

struct nv_shared;

/* The queue's own, but for what has to be inline. */
enum nv_chunk_kind {
	NV_CHUNK_ORDINARY,
	NV_CHUNK_DROPPABLE,
	NV_CHUNK_CONTROL,
	NV_CHUNK_LIMITED /* one control frame, which newer ones displace */
};

/* Only the last chunk, and the last of the control frames, takes more bytes. A chunk may be empty:
 * reserved and not committed. One that refers to a shared block has no room of its own. */
struct nv_chunk {
	struct nv_chunk *next;
	struct nv_shared *shared; /* or NULL */
	uint8_t *data;            /* the first unsent byte */
	uint32_t len;             /* unsent bytes */
	uint32_t room;            /* free bytes behind them, and the kind above NV_OUTQ_MAX */
	union {
		uint64_t tag;          /* of one that can be dropped */
		struct nv_chunk *mark; /* of a head that can't be */
	};
	uint8_t storage[];
};

struct nv_outq {
	struct nv_chunk *tail; /* the chain is a ring: the head comes after the tail */
	uint32_t len;          /* bytes queued */
	uint16_t
		droppables; /* how many messages can be dropped, or could before they began to leave */
	bool begun;         /* the head has begun to leave */
};

#define NV_DROPPABLES_MAX 16384u /* three quarters of a megabyte beside their bytes */

void nv_outq_deinit(struct nv_outq *queue); /* frees; the queue is empty and usable again */

uint8_t *nv_outq_add_room(struct nv_outq *queue, size_t len); /* a chunk more */

/* True when `len` bytes fit behind the last one, and no other chunk is needed. */
static inline bool nv_outq_fits(const struct nv_outq *queue, size_t len)
{
	const struct nv_chunk *tail = queue->tail;

	/* Above NV_OUTQ_MAX it is of another kind than an ordinary one, which has none. The sum stays
	 * below 4 GiB. */
	return tail && tail->room >= len && tail->room + queue->len <= NV_OUTQ_MAX;
}

/* Where they go then. */
static inline uint8_t *nv_outq_end(const struct nv_outq *queue)
{
	return queue->tail->data + queue->tail->len;
}

/* One contiguous room of `len` bytes at the end, for the caller to fill before it calls
 * nv_outq_commit with what it used, or nv_outq_fill if that is not nothing. NULL without memory (the
 * queue is unchanged). */
static inline uint8_t *nv_outq_reserve(struct nv_outq *queue, size_t len)
{
	return nv_outq_fits(queue, len) ? nv_outq_end(queue) : nv_outq_add_room(queue, len);
}

static inline void nv_outq_fill(struct nv_outq *queue, struct nv_chunk *chunk, size_t len)
{
	chunk->len += (uint32_t)len;
	chunk->room -= (uint32_t)len;
	queue->len += (uint32_t)len;
}

void nv_outq_commit(struct nv_outq *queue, size_t len);

/* 0 or NV_ERR_NOMEM, with nothing queued. */
int nv_outq_append(struct nv_outq *queue, const void *data, size_t len);

/* Queues bytes of a shared block without copying them; the queue has a reference until they are
 * consumed. 0 or NV_ERR_NOMEM, with nothing queued. */
int nv_outq_append_shared(struct nv_outq *queue, struct nv_shared *shared, struct nv_bytes slice);

/* The same for one published message, which may be dropped until it begins to leave; not while there are
 * NV_DROPPABLES_MAX. `tag` tells where it was published. */
int nv_outq_append_droppable(struct nv_outq *queue, struct nv_shared *shared, struct nv_bytes slice,
                             uint64_t tag);

/* Drops the oldest droppable message; false when there is none. A walk over what may not be dropped
 * is made once: 10,000 drops cost as much as 10,000 steps. */
bool nv_outq_drop_oldest(struct nv_outq *queue);

/* Drops all droppable messages with that tag; how many. It looks at all of them. */
size_t nv_outq_drop_tagged(struct nv_outq *queue, uint64_t tag);

/* Queues one control frame in front of all that has not begun to leave, behind the control frames
 * that wait there already. A `limited` one (a pong while the write is blocked) is one of at most four
 * that wait: it displaces the oldest. 0 or NV_ERR_NOMEM, with nothing queued or displaced. */
int nv_outq_insert_control(struct nv_outq *queue, const void *frame, size_t len, bool limited);

/* The head counts as if it had begun to leave: no control frame overtakes it. */
void nv_outq_begin(struct nv_outq *queue);

/* Bytes of memory that it takes, or keeps others from freeing: a shared block as a whole, and once for
 * each run of chunks that refer to it. A walk over all chunks. */
size_t nv_outq_memory(const struct nv_outq *queue);

/* Up to `max` slices from the front; how many. They stay until something is consumed or dropped. */
size_t nv_outq_peek(const struct nv_outq *queue, struct nv_bytes *slices, size_t max);
void nv_outq_consume(struct nv_outq *queue, size_t len);

#endif
