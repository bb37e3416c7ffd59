/* SPDX-License-Identifier: MIT */
/* session_small.h: what most messages are, in a server: small, whole, and not compressed. Inline, since
 * the calls on such a message's way would cost more than the work on it. What is not like that is left
 * untouched, for nv_session_next and nv_session_queue, which would make the same of these. */
#ifndef PROTO_SESSION_SMALL_H
#define PROTO_SESSION_SMALL_H

#include "base/outq.h"
#include "proto/mask.h"
#include "proto/session.h"

#define NV_SMALL_HEAD 2u                      /* and the key, when it is received */
#define NV_SMALL_MAX (NV_FRAME_LENGTH_16 - 1) /* bytes of payload */

/* Looks at a payload that is not ASCII; one that should be UTF-8 and is not is masked again. session.c */
bool nv_small_check(uint8_t *payload, size_t len, unsigned int opcode);

static inline bool nv_small_is_message(unsigned int opcode)
{
	return opcode - NV_TEXT <= NV_BINARY - NV_TEXT;
}

/* Takes the next message: its opcode, or 0. */
static inline unsigned int nv_session_take_small(struct nv_session *s, uint8_t **data, size_t *size)
{
	const size_t head = NV_SMALL_HEAD + NV_FRAME_KEY_SIZE;
	const size_t lent = (size_t)(s->end - s->cursor);
	uint8_t *payload = s->cursor + head;
	unsigned int opcode;
	size_t len;

	if (s->busy || lent < head)
		return 0;
	/* One frame, and masked (RFC 6455 5.1): what is not so is no opcode, or too long. */
	opcode = s->cursor[0] - NV_FRAME_FIN;
	len = s->cursor[1] - (size_t)NV_FRAME_MASK;
	if (!nv_small_is_message(opcode) || len > NV_SMALL_MAX || head + len > lent)
		return 0;
	if (!nv_mask(payload, payload, len, payload - NV_FRAME_KEY_SIZE, 0) &&
	    !nv_small_check(payload, len, opcode))
		return 0;
	s->cursor = payload + len;
	*data = payload;
	*size = len;
	return opcode;
}

/* All that was lent is read, and nothing of it is kept: nv_session_next would have nothing to tell. */
static inline bool nv_session_is_through(const struct nv_session *s)
{
	return s->cursor == s->end && !(s->busy | (uintptr_t)s->work);
}

/* Queues a message behind others that wait; false when nv_session_queue has to. */
static inline bool nv_session_queue_small(const struct nv_session *s, enum nv_opcode opcode,
                                          struct nv_bytes data, struct nv_outq *queue)
{
	uint8_t *room;

	if ((s->busy | (uintptr_t)s->deflate) || !nv_small_is_message(opcode) ||
	    data.len > NV_SMALL_MAX || !nv_outq_fits(queue, NV_SMALL_HEAD + data.len))
		return false;
	room = nv_outq_end(queue);
	room[0] = (uint8_t)(NV_FRAME_FIN | opcode);
	room[1] = (uint8_t)data.len;
	if (!nv_mask_none(room + NV_SMALL_HEAD, data.data, data.len) && opcode == NV_TEXT)
		return false;
	nv_outq_fill(queue, queue->tail, NV_SMALL_HEAD + data.len);
	return true;
}

#endif
