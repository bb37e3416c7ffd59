/* SPDX-License-Identifier: MIT */
/* session.c: messages in one go and without memory of its own: received, a frame that lies whole in
 * the lent bytes; sent, a server's that is whole and not compressed. All else is for session_receive.c
 * and session_send.c, which would make the same of these; and the smallest of them hardly come here
 * (session_small.h). */
#include "base/outq.h"
#include "proto/mask.h"
#include "proto/session_deflate.h"
#include "proto/session_small.h"
#include "proto/session_work.h"
#include "proto/utf8.h"

#define WHOLE_TEXT (NV_FRAME_FIN | NV_TEXT)
#define WHOLE_BINARY (NV_FRAME_FIN | NV_BINARY)

static void lend(struct nv_session *s, uint8_t *data, size_t len)
{
	s->cursor = data;
	s->end = data + len;
}

void nv_session_feed(struct nv_session *s, uint8_t *data, size_t len)
{
	if (len > 0)
		lend(s, data, len);
}

/* Between two messages, and the next one is wanted. */
static bool is_ready(const struct nv_session *s)
{
	return (s->phase | s->message | s->delivered | s->close_sent) == NV_SESSION_FIRST;
}

/* The size of such a frame's head, and its payload's length; 0 for all that needs a closer look. */
static size_t read_head(const uint8_t *head, size_t lent, uint8_t mask, size_t *len)
{
	size_t size = mask ? 2 + NV_FRAME_KEY_SIZE : 2;

	if (lent < size || (head[0] != WHOLE_TEXT && head[0] != WHOLE_BINARY))
		return 0;
	/* RFC 6455 5.1: a client masks every frame, a server none; the other way round it is too long. */
	*len = head[1] ^ mask;
	if (*len < NV_FRAME_LENGTH_16)
		return size;
	if (*len > NV_FRAME_LENGTH_16 || lent < size + 2)
		return 0;
	*len = (size_t)head[2] << 8 | head[3];
	return *len < NV_FRAME_LENGTH_16 ? 0 : size + 2;
}

/* False also when it fails the session, which nv_session_receive tells then. */
static bool read_whole_message(struct nv_session *s, struct nv_event *event)
{
	const uint8_t mask = s->options->role == NV_SERVER ? NV_FRAME_MASK : 0;
	const size_t lent = (size_t)(s->end - s->cursor);
	size_t len = 0;
	size_t head = read_head(s->cursor, lent, mask, &len);
	uint8_t *payload = s->cursor + head;
	uint8_t opcode;
	bool ascii;

	if (head == 0 || len > lent - head || len > s->options->max_message)
		return false;
	opcode = s->cursor[0] & NV_FRAME_OPCODE;
	s->cursor = payload + len;
	ascii = mask && nv_mask(payload, payload, len, payload - NV_FRAME_KEY_SIZE, 0);
	if (opcode == NV_TEXT && !ascii && !nv_utf8_valid((struct nv_bytes){ payload, len }))
		return nv_session_fail_text(s, event);
	*event = (struct nv_event){ NV_EVENT_MESSAGE, opcode, 0, { payload, len }, NULL };
	return true;
}

bool nv_small_check(uint8_t *payload, size_t len, unsigned int opcode)
{
	if (opcode != NV_TEXT || nv_utf8_feed(NV_UTF8_ACCEPT, payload, len) == NV_UTF8_ACCEPT)
		return true;
	nv_mask(payload, payload, len, payload - NV_FRAME_KEY_SIZE, 0);
	return false;
}

bool nv_session_next(struct nv_session *s, struct nv_event *event)
{
	if (is_ready(s) && read_whole_message(s, event))
		return true;
	if (nv_session_receive(s, event))
		return true;
	/* What was lent is forgotten; the session is an address as good as any. */
	lend(s, (uint8_t *)s, 0);
	nv_session_rest(s);
	return false;
}

/* A frame of its own whose payload leaves as it is. */
static bool is_plain(const struct nv_session *s, enum nv_opcode opcode, struct nv_bytes data)
{
	return (opcode == NV_TEXT || opcode == NV_BINARY) && s->options->role == NV_SERVER &&
	       !s->sent_opcode && !s->close_sent && data.len <= SIZE_MAX / 2;
}

static bool may_send(const struct nv_session *s, enum nv_opcode opcode, struct nv_bytes data)
{
	return opcode != NV_TEXT || s->options->unchecked_text || nv_utf8_valid(data);
}

static inline size_t write_plain(uint8_t *room, enum nv_opcode opcode, struct nv_bytes data)
{
	uint8_t first = (uint8_t)(NV_FRAME_FIN | opcode);
	size_t head = nv_frame_write_start(room, first, 0, data.len);

	if (data.len > 0)
		memcpy(room + head, data.data, data.len);
	return head + data.len;
}

int nv_session_encode(struct nv_session *s, const struct nv_outgoing *message,
                      uint8_t *(*reserve)(void *queue, size_t len), void *queue, size_t *size)
{
	struct nv_bytes data = message->data;
	uint8_t *room;

	if (!message->fin || !is_plain(s, message->opcode, data) ||
	    nv_session_compresses(s, message))
		return nv_session_encode_part(s, message, reserve, queue, size);
	if (!may_send(s, message->opcode, data))
		return NV_ERR_UTF8;
	room = reserve(queue, NV_FRAME_HEAD_MAX + data.len);
	if (!room)
		return NV_ERR_NOMEM;
	*size = write_plain(room, message->opcode, data);
	return 0;
}

int nv_session_queue(struct nv_session *s, enum nv_opcode opcode, struct nv_bytes data,
                     struct nv_outq *queue)
{
	uint8_t *room;

	if (s->deflate || !is_plain(s, opcode, data))
		return nv_session_queue_part(s, &(struct nv_outgoing){ opcode, data, true, false },
		                             queue);
	if (!may_send(s, opcode, data))
		return NV_ERR_UTF8;
	room = nv_outq_reserve(queue, NV_FRAME_HEAD_MAX + data.len);
	if (!room)
		return NV_ERR_NOMEM;
	nv_outq_fill(queue, queue->tail, write_plain(room, opcode, data));
	return 0;
}

bool nv_session_in_message(const struct nv_session *s)
{
	return s->phase <= NV_SESSION_PAYLOAD && (s->message || s->phase != NV_SESSION_FIRST);
}

bool nv_session_close_sent(const struct nv_session *s)
{
	return s->close_sent;
}

bool nv_session_close_received(const struct nv_session *s)
{
	return s->close_received;
}
