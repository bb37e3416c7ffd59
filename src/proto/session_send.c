/* SPDX-License-Identifier: MIT */
/* session_send.c: the sending half of a session: messages, pings, pongs and the Close, encoded
 * (RFC 6455 5.2 to 5.5, 7). What may be sent now is decided here; what the peer deserves is decided
 * in session_receive.c. */
#include "base/alloc.h"
#include "base/outq.h"
#include "proto/close.h"
#include "proto/mask.h"
#include "proto/session_deflate.h"
#include "proto/session_work.h"
#include "proto/utf8.h"

#define PONGS_MAX 4

/* Pongs that wait until the output is taken: a ring in which the newest displaces the oldest, since
 * the answer to the last ping is the one that counts (RFC 6455 5.5.3). */
struct nv_pongs {
	struct {
		uint8_t len;
		uint8_t data[NV_CONTROL_MAX];
	} ring[PONGS_MAX];
	unsigned oldest;
	unsigned count;
};

/* `room` holds NV_FRAME_HEAD_MAX + data.len bytes. */
static int write_frame(struct nv_session *s, struct nv_frame *frame, struct nv_bytes data,
                       uint8_t *room, size_t *size)
{
	size_t head;

	frame->len = data.len;
	frame->masked = s->options->role == NV_CLIENT;
	/* RFC 6455 5.3: a fresh key for every frame. */
	if (frame->masked && s->options->masking_key(s->options->context, frame->key) < 0)
		return NV_ERR_SYSTEM;
	head = nv_frame_write(frame, room);
	if (frame->masked)
		nv_mask(room + head, data.data, data.len, frame->key, 0);
	else if (data.len > 0)
		memcpy(room + head, data.data, data.len);
	*size = head + data.len;
	return 0;
}

/* Room behind the session's own output. */
static uint8_t *reserve_output(void *session, size_t len)
{
	struct nv_session_work *work = nv_session_begin(session);

	return work ? nv_buf_reserve(&work->out, len) : NULL;
}

/* What was refused leaves no memory behind. */
static void commit_frame(struct nv_session *s, int error, size_t size)
{
	if (error == 0)
		s->work->out.len += size;
	else if (s->work && s->work->out.len == 0)
		nv_buf_deinit(&s->work->out);
}

static int append_control(struct nv_session *s, uint8_t opcode, struct nv_bytes data)
{
	struct nv_frame frame = { .fin = true, .opcode = opcode };
	uint8_t *room;
	size_t size = 0;
	int error;

	if (data.len > NV_CONTROL_MAX)
		return NV_ERR_TOO_BIG;
	room = reserve_output(s, NV_FRAME_HEAD_MAX + data.len);
	if (!room)
		return NV_ERR_NOMEM;
	error = write_frame(s, &frame, data, room, &size);
	commit_frame(s, error, size);
	return error;
}

/* --- Messages --- */

static int check_part(const struct nv_session *s, enum nv_opcode opcode)
{
	if (s->close_sent)
		return NV_ERR_CLOSED;
	if (opcode == NV_CONTINUATION)
		return s->sent_opcode ? 0 : NV_ERR_STATE;
	if (opcode != NV_TEXT && opcode != NV_BINARY)
		return NV_ERR_INVALID;
	return s->sent_opcode ? NV_ERR_STATE : 0;
}

/* RFC 6455 5.6: text is UTF-8 as a whole, though a part may end inside a code point. */
static int check_sent_text(const struct nv_session *s, uint8_t opcode, struct nv_bytes data,
                           bool fin, uint8_t *state)
{
	if (opcode != NV_TEXT || s->options->unchecked_text)
		return 0;
	*state = nv_utf8_feed(*state, data.data, data.len);
	if (*state == NV_UTF8_REJECT || (fin && *state != NV_UTF8_ACCEPT))
		return NV_ERR_UTF8;
	return 0;
}

/* The payload of the frame: the data, 0, or what they are compressed to, 1. An error when the rest of
 * a compressed message can't be. */
static int make_payload(struct nv_session *s, const struct nv_outgoing *message,
                        struct nv_frame *frame, struct nv_bytes *payload)
{
	bool starts = message->opcode != NV_CONTINUATION;
	int error;

	*payload = message->data;
	if (!nv_session_compresses(s, message))
		return 0;
	error = nv_session_deflate_part(s, message->data, message->fin, payload);
	if (error < 0)
		return starts ? 0 : error;
	frame->rsv = starts ? NV_FRAME_RSV1 : 0;
	return 1;
}

static int put_frame(struct nv_session *s, struct nv_frame *frame, struct nv_bytes payload,
                     uint8_t *(*reserve)(void *queue, size_t len), void *queue, size_t *size)
{
	uint8_t *room = NULL;

	if (payload.len <= SIZE_MAX / 2)
		room = reserve(queue, NV_FRAME_HEAD_MAX + payload.len);
	return room ? write_frame(s, frame, payload, room, size) : NV_ERR_NOMEM;
}

static int compress_frame(struct nv_session *s, const struct nv_outgoing *message,
                          uint8_t *(*reserve)(void *queue, size_t len), void *queue, size_t *size)
{
	struct nv_frame frame = { .fin = message->fin, .opcode = (uint8_t)message->opcode };
	struct nv_bytes payload;
	int compressed = make_payload(s, message, &frame, &payload);
	int error =
		compressed < 0 ? compressed : put_frame(s, &frame, payload, reserve, queue, size);

	if (compressed > 0 && error < 0)
		nv_session_deflate_undo(s);
	else if (compressed > 0)
		nv_session_deflate_done(s, message->fin);
	return error;
}

int nv_session_encode_part(struct nv_session *s, const struct nv_outgoing *message,
                           uint8_t *(*reserve)(void *queue, size_t len), void *queue, size_t *size)
{
	uint8_t opcode =
		message->opcode == NV_CONTINUATION ? s->sent_opcode : (uint8_t)message->opcode;
	uint8_t state = s->sent_utf8;
	int error = check_part(s, message->opcode);

	if (error == 0)
		error = check_sent_text(s, opcode, message->data, message->fin, &state);
	if (error == 0)
		error = compress_frame(s, message, reserve, queue, size);
	if (error < 0)
		return error;
	s->sent_opcode = message->fin ? 0 : opcode;
	s->sent_utf8 = message->fin ? NV_UTF8_ACCEPT : state;
	return 0;
}

static uint8_t *reserve_queue(void *queue, size_t len)
{
	return nv_outq_reserve(queue, len);
}

int nv_session_queue_part(struct nv_session *s, const struct nv_outgoing *message,
                          struct nv_outq *queue)
{
	size_t size = 0;
	int error;

	if (message->data.len > SIZE_MAX / 2)
		return NV_ERR_TOO_BIG;
	error = nv_session_encode_part(s, message, reserve_queue, queue, &size);
	nv_outq_commit(queue, error < 0 ? 0 : size);
	return error;
}

static int send_message(struct nv_session *s, const struct nv_outgoing *message)
{
	size_t size = 0;
	int error = nv_session_encode(s, message, reserve_output, s, &size);

	commit_frame(s, error, size);
	nv_session_rest(s);
	return error;
}

int nv_session_send_part(struct nv_session *s, enum nv_opcode opcode, struct nv_bytes data,
                         bool fin)
{
	return send_message(s, &(struct nv_outgoing){ opcode, data, fin, false });
}

int nv_session_send(struct nv_session *s, enum nv_opcode opcode, struct nv_bytes data)
{
	return opcode == NV_CONTINUATION ? NV_ERR_INVALID
	                                 : nv_session_send_part(s, opcode, data, true);
}

int nv_session_send_uncompressed(struct nv_session *s, enum nv_opcode opcode, struct nv_bytes data)
{
	if (opcode == NV_CONTINUATION)
		return NV_ERR_INVALID;
	return send_message(s, &(struct nv_outgoing){ opcode, data, true, true });
}

/* --- Control frames --- */

static int send_control(struct nv_session *s, uint8_t opcode, struct nv_bytes data)
{
	int error = s->close_sent ? NV_ERR_CLOSED : append_control(s, opcode, data);

	nv_session_rest(s);
	return error;
}

int nv_session_ping(struct nv_session *s, struct nv_bytes data)
{
	return send_control(s, NV_PING, data);
}

int nv_session_pong(struct nv_session *s, struct nv_bytes data)
{
	return send_control(s, NV_PONG, data);
}

int nv_session_answer_ping(struct nv_session *s, struct nv_bytes data)
{
	struct nv_pongs *pongs = s->work->pongs;
	unsigned place;

	if (!pongs) {
		pongs = nv_alloc(sizeof *pongs);
		if (!pongs)
			return NV_ERR_NOMEM;
		pongs->oldest = 0;
		pongs->count = 0;
		s->work->pongs = pongs;
	}
	place = (pongs->oldest + pongs->count) % PONGS_MAX;
	if (pongs->count == PONGS_MAX)
		pongs->oldest = (pongs->oldest + 1) % PONGS_MAX;
	else
		pongs->count++;
	pongs->ring[place].len = (uint8_t)data.len;
	if (data.len > 0)
		memcpy(pongs->ring[place].data, data.data, data.len);
	return 0;
}

static void append_pongs(struct nv_session *s)
{
	struct nv_pongs *pongs = s->work->pongs;

	s->work->pongs = NULL;
	for (; pongs->count > 0; pongs->count--) {
		struct nv_bytes data = { pongs->ring[pongs->oldest].data,
			                 pongs->ring[pongs->oldest].len };

		/* Without memory a pong is lost; the next ping asks again. */
		(void)append_control(s, NV_PONG, data);
		pongs->oldest = (pongs->oldest + 1) % PONGS_MAX;
	}
	nv_free(pongs);
}

static int append_close(struct nv_session *s, uint16_t status, struct nv_bytes reason)
{
	uint8_t payload[NV_CONTROL_MAX];

	if (status == 0 || status == NV_STATUS_NONE)
		return append_control(s, NV_CLOSE, (struct nv_bytes){ NULL, 0 });
	payload[0] = (uint8_t)(status >> 8);
	payload[1] = (uint8_t)status;
	if (reason.len > 0)
		memcpy(payload + 2, reason.data, reason.len);
	return append_control(s, NV_CLOSE, (struct nv_bytes){ payload, 2 + reason.len });
}

/* Pongs that still wait are dropped: the peer stops reading at the Close. */
static int send_close(struct nv_session *s, uint16_t status, struct nv_bytes reason)
{
	s->close_sent = true;
	if (s->work) {
		nv_free(s->work->pongs);
		s->work->pongs = NULL;
	}
	return append_close(s, status, reason);
}

void nv_session_answer_close(struct nv_session *s, uint16_t status, struct nv_bytes reason)
{
	if (!s->close_sent)
		(void)send_close(s, status, reason);
}

int nv_session_close(struct nv_session *s, uint16_t status, struct nv_bytes reason)
{
	int error;

	if (s->close_sent)
		return NV_ERR_CLOSED;
	error = nv_close_check(status, reason);
	if (error < 0)
		return error;
	error = send_close(s, status, reason);
	s->close_sent = error == 0;
	nv_session_rest(s);
	return error;
}

/* --- Output --- */

struct nv_bytes nv_session_output(struct nv_session *s)
{
	if (!s->work)
		return (struct nv_bytes){ NULL, 0 };
	if (s->work->out.len == 0 && s->work->pongs)
		append_pongs(s);
	return nv_buf_bytes(&s->work->out);
}

void nv_session_consume(struct nv_session *s, size_t len)
{
	if (!s->work)
		return;
	nv_buf_consume(&s->work->out, len);
	if (s->work->out.len == 0)
		nv_buf_deinit(&s->work->out);
	nv_session_rest(s);
}

size_t nv_session_unsent(const struct nv_session *s)
{
	return s->work ? s->work->out.len : 0;
}
