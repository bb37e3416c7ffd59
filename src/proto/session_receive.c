/* SPDX-License-Identifier: MIT */
/* session_receive.c: the receiving half of a session, for whatever may arrive and however it is cut
 * (RFC 6455 5 to 7).
 *
 * A frame is checked in the order of its bytes: the first, the second, the length, the limits, and
 * only then is memory used for its payload, for what has arrived and never for what was announced. A
 * message that lies whole in the lent bytes is delivered from there; any other is gathered in
 * `held`. */
#include "proto/close.h"
#include "proto/mask.h"
#include "proto/session_deflate.h"
#include "proto/session_work.h"
#include "proto/utf8.h"

bool nv_session_fail(struct nv_session *s, struct nv_event *event, uint16_t status,
                     const char *error)
{
	s->phase = NV_SESSION_FAILED;
	*event = (struct nv_event){ NV_EVENT_CLOSE, NV_CLOSE, status, nv_str(error), error };
	nv_session_answer_close(s, status, event->data);
	return false;
}

static bool protocol_error(struct nv_session *s, struct nv_event *event, const char *error)
{
	return nv_session_fail(s, event, NV_STATUS_PROTOCOL_ERROR, error);
}

/* --- The head of a frame --- */

static bool opcode_is_known(uint8_t opcode)
{
	return opcode <= NV_BINARY || (opcode >= NV_CLOSE && opcode <= NV_PONG);
}

static bool starts_message(uint8_t opcode)
{
	return opcode == NV_TEXT || opcode == NV_BINARY;
}

/* RFC 7692 6: RSV1 marks the first frame of a compressed message, and no other. */
static bool check_reserved(struct nv_session *s, struct nv_event *event)
{
	uint8_t bits = s->work->head[0] & NV_FRAME_RSV;

	if (bits && !s->deflate)
		return protocol_error(s, event,
		                      "a reserved bit is set, but no extension was agreed on");
	if (bits & ~NV_RSV1)
		return protocol_error(s, event, "a reserved bit is set that no extension uses");
	if (bits && !starts_message(s->work->opcode))
		return protocol_error(s, event,
		                      "a frame that starts no message is marked as compressed");
	return true;
}

static bool check_first(struct nv_session *s, struct nv_event *event)
{
	struct nv_session_work *w = s->work;

	w->fin = (w->head[0] & NV_FRAME_FIN) != 0;
	w->opcode = w->head[0] & NV_FRAME_OPCODE;
	if (!check_reserved(s, event))
		return false;
	if (!opcode_is_known(w->opcode))
		return protocol_error(s, event, "an unknown opcode");
	if (nv_opcode_is_control(w->opcode) && !w->fin)
		return protocol_error(s, event, "a fragmented control frame");
	if (nv_opcode_is_control(w->opcode))
		return true;
	if (w->opcode == NV_CONTINUATION && !s->message)
		return protocol_error(s, event, "a continuation without a message");
	if (w->opcode != NV_CONTINUATION && s->message)
		return protocol_error(s, event, "a new message inside another");
	return true;
}

static bool check_second(struct nv_session *s, struct nv_event *event)
{
	struct nv_session_work *w = s->work;
	bool masked = (w->head[1] & NV_FRAME_MASK) != 0;

	/* RFC 6455 5.1: a client masks every frame, a server none. */
	if (s->options->role == NV_SERVER && !masked)
		return protocol_error(s, event, "a client's frame is not masked");
	if (s->options->role == NV_CLIENT && masked)
		return protocol_error(s, event, "a server's frame is masked");
	if (nv_opcode_is_control(w->opcode) && (w->head[1] & NV_FRAME_LENGTH) > NV_CONTROL_MAX)
		return protocol_error(s, event, "a control frame of more than 125 bytes");
	return true;
}

static bool count_fragment(struct nv_session *s, struct nv_event *event)
{
	struct nv_session_work *w = s->work;

	w->empty = w->left == 0 ? w->empty + 1 : 0;
	if (w->empty > s->options->max_empty)
		return nv_session_fail(s, event, NV_STATUS_POLICY,
		                       "too many empty fragments in a row");
	if (++w->fragments > s->options->max_fragments)
		return nv_session_fail(s, event, NV_STATUS_POLICY,
		                       "too many fragments in one message");
	return true;
}

/* The message under way, or the one that this frame starts. */
static bool is_compressed(const struct nv_session *s)
{
	if (!s->deflate)
		return false;
	return s->work->opcode == NV_CONTINUATION ? s->deflate->receiving
	                                          : (s->work->head[0] & NV_RSV1) != 0;
}

/* What is compressed counts when it is not any more; but more bytes than that can hardly be meant
 * to become fewer. */
static uint64_t frame_limit(const struct nv_session *s)
{
	uint64_t max = s->options->max_message;

	return is_compressed(s) ? max + max / 8 + 256 : max - s->work->message_len;
}

static bool check_length(struct nv_session *s, struct nv_event *event)
{
	struct nv_session_work *w = s->work;

	if (!nv_frame_read_length(w->head, &w->left))
		return protocol_error(s, event,
		                      "a payload length that is not in its shortest form");
	if (nv_opcode_is_control(w->opcode))
		return true;
	if (w->left > frame_limit(s))
		return nv_session_fail(s, event, NV_STATUS_TOO_BIG,
		                       "a message over the size limit");
	return count_fragment(s, event);
}

/* Gathers the head up to `size` bytes; false when the lent bytes end before. */
static bool gather_head(struct nv_session *s, size_t size)
{
	struct nv_session_work *w = s->work;
	size_t lent = (size_t)(s->end - s->cursor);
	size_t missing = size - w->head_len;
	size_t take = missing < lent ? missing : lent;

	if (take > 0)
		memcpy(w->head + w->head_len, s->cursor, take);
	s->cursor += take;
	w->head_len = (uint8_t)(w->head_len + take);
	return take == missing;
}

static bool read_first(struct nv_session *s, struct nv_event *event)
{
	if (!gather_head(s, 1) || !check_first(s, event))
		return false;
	s->phase = NV_SESSION_SECOND;
	return true;
}

static bool read_second(struct nv_session *s, struct nv_event *event)
{
	if (!gather_head(s, 2) || !check_second(s, event))
		return false;
	s->phase = NV_SESSION_LENGTH;
	return true;
}

static bool read_length(struct nv_session *s, struct nv_event *event)
{
	size_t size = 2 + nv_frame_length_size(s->work->head[1]);

	if (!gather_head(s, size) || !check_length(s, event))
		return false;
	s->phase = NV_SESSION_KEY;
	return true;
}

static bool read_key(struct nv_session *s)
{
	struct nv_session_work *w = s->work;
	size_t start = 2 + nv_frame_length_size(w->head[1]);

	if (w->head[1] & NV_FRAME_MASK) {
		if (!gather_head(s, start + sizeof w->key))
			return false;
		memcpy(w->key, w->head + start, sizeof w->key);
	}
	if (starts_message(w->opcode)) {
		s->message = w->opcode;
		if (s->deflate)
			s->deflate->receiving = is_compressed(s);
	}
	w->key_offset = 0;
	w->head_len = 0;
	s->phase = NV_SESSION_PAYLOAD;
	return true;
}

/* Reads on in the head; true when the payload is next. */
static bool read_head(struct nv_session *s, struct nv_event *event)
{
	return (s->phase != NV_SESSION_FIRST || read_first(s, event)) &&
	       (s->phase != NV_SESSION_SECOND || read_second(s, event)) &&
	       (s->phase != NV_SESSION_LENGTH || read_length(s, event)) &&
	       (s->phase != NV_SESSION_KEY || read_key(s)) && s->phase == NV_SESSION_PAYLOAD;
}

/* --- Its payload --- */

static bool hold(struct nv_session *s, struct nv_event *event, struct nv_bytes part)
{
	if (nv_buf_append(&s->work->held, part.data, part.len) == 0)
		return true;
	return nv_session_fail(s, event, NV_STATUS_INTERNAL, "out of memory for a message");
}

/* Takes what the lent bytes hold of the payload, unmasked. */
static struct nv_bytes take_payload(struct nv_session *s)
{
	struct nv_session_work *w = s->work;
	size_t lent = (size_t)(s->end - s->cursor);
	size_t len = w->left < lent ? (size_t)w->left : lent;
	struct nv_bytes part = { s->cursor, len };

	if (s->options->role == NV_SERVER)
		nv_mask(s->cursor, s->cursor, len, w->key, w->key_offset);
	w->key_offset = (uint8_t)((w->key_offset + len) % sizeof w->key);
	s->cursor += len;
	w->left -= len;
	return part;
}

static bool read_ping(struct nv_session *s, struct nv_event *event, struct nv_bytes payload)
{
	if (nv_session_answer_ping(s, payload) < 0)
		return nv_session_fail(s, event, NV_STATUS_INTERNAL, "out of memory for a pong");
	*event = (struct nv_event){ NV_EVENT_PING, NV_PING, 0, payload, NULL };
	return true;
}

static bool read_close(struct nv_session *s, struct nv_event *event, struct nv_bytes payload)
{
	struct nv_bytes reason;
	const char *error;
	uint16_t status;
	uint16_t deserved = nv_close_read(payload, &status, &reason, &error);

	if (deserved)
		return nv_session_fail(s, event, deserved, error);
	s->close_received = true;
	s->phase = NV_SESSION_DONE;
	/* A message that had begun is dropped; a Close that was gathered behind it goes with it later. */
	s->work->message_len = 0;
	if (!s->delivered)
		nv_buf_deinit(&s->work->held);
	nv_session_inflate_stop(s);
	/* RFC 6455 5.5.1: echo the status code. */
	nv_session_answer_close(s, status, (struct nv_bytes){ NULL, 0 });
	*event = (struct nv_event){ NV_EVENT_CLOSE, NV_CLOSE, status, reason, NULL };
	return true;
}

static bool end_control(struct nv_session *s, struct nv_event *event, struct nv_bytes payload)
{
	if (s->work->opcode == NV_PING)
		return read_ping(s, event, payload);
	if (s->work->opcode == NV_CLOSE)
		return read_close(s, event, payload);
	*event = (struct nv_event){ NV_EVENT_PONG, NV_PONG, 0, payload, NULL };
	return true;
}

/* A control frame may stand between the fragments of a message: it is gathered behind them. */
static bool read_control(struct nv_session *s, struct nv_event *event)
{
	struct nv_session_work *w = s->work;
	struct nv_bytes part = take_payload(s);

	if (w->left > 0 || w->held.len > w->message_len) {
		if (!hold(s, event, part) || w->left > 0)
			return false;
		part.data = w->held.data + w->message_len;
		part.len = w->held.len - w->message_len;
		s->delivered = true;
	}
	s->phase = NV_SESSION_FIRST;
	return end_control(s, event, part);
}

static void end_message(struct nv_session *s)
{
	s->message = 0;
	s->work->message_len = 0;
	s->work->fragments = 0;
	s->work->empty = 0;
}

static bool deliver(struct nv_session *s, struct nv_event *event, struct nv_bytes message)
{
	*event = (struct nv_event){ NV_EVENT_MESSAGE, s->message, 0, message, NULL };
	end_message(s);
	return true;
}

/* Our Close is sent: the peer may still send data, and nobody wants it (RFC 6455 5.5.1). */
static bool drop_data(struct nv_session *s)
{
	struct nv_session_work *w = s->work;

	nv_buf_deinit(&w->held);
	w->message_len = 0;
	w->utf8 = NV_UTF8_ACCEPT;
	if (w->left == 0 && w->fin)
		end_message(s);
	return false;
}

bool nv_session_fail_text(struct nv_session *s, struct nv_event *event)
{
	return nv_session_fail(s, event, NV_STATUS_INVALID_DATA,
	                       "a text message that is not UTF-8");
}

bool nv_session_check_text(struct nv_session *s, struct nv_event *event, struct nv_bytes part,
                           bool last)
{
	struct nv_session_work *w = s->work;

	if (s->message != NV_TEXT)
		return true;
	w->utf8 = nv_utf8_feed(w->utf8, part.data, part.len);
	if (w->utf8 == NV_UTF8_REJECT || (last && w->utf8 != NV_UTF8_ACCEPT))
		return nv_session_fail_text(s, event);
	return true;
}

static bool read_data(struct nv_session *s, struct nv_event *event)
{
	struct nv_session_work *w = s->work;
	struct nv_bytes part = take_payload(s);
	bool last = w->fin && w->left == 0;
	bool compressed = s->deflate && s->deflate->receiving;

	if (w->left == 0)
		s->phase = NV_SESSION_FIRST;
	if (s->close_sent)
		return drop_data(s);
	if (!compressed && !nv_session_check_text(s, event, part, last))
		return false;
	if (!compressed && w->held.len == 0 && last)
		return deliver(s, event, part);
	if (!(compressed ? nv_session_inflate(s, event, part, last) : hold(s, event, part)))
		return false;
	w->message_len = (uint32_t)w->held.len;
	if (!last)
		return false;
	s->delivered = true;
	return deliver(s, event, nv_buf_bytes(&w->held));
}

static bool read_payload(struct nv_session *s, struct nv_event *event)
{
	if (nv_opcode_is_control(s->work->opcode))
		return read_control(s, event);
	return read_data(s, event);
}

/* --- Events --- */

static void release_delivered(struct nv_session *s)
{
	struct nv_session_work *w = s->work;

	if (!s->delivered)
		return;
	s->delivered = false;
	if (w->message_len > 0)
		w->held.len = w->message_len;
	else
		nv_buf_deinit(&w->held);
}

/* False: the lent bytes are used up, or the session has failed. */
static bool read_frames(struct nv_session *s, struct nv_event *event)
{
	if (!nv_session_begin(s))
		return nv_session_fail(s, event, NV_STATUS_INTERNAL, "out of memory for a frame");
	while (read_head(s, event)) {
		if (read_payload(s, event))
			return true;
		if (s->phase == NV_SESSION_PAYLOAD)
			return false;
		release_delivered(s);
	}
	return false;
}

static void drop_message(struct nv_session *s)
{
	if (s->work)
		nv_buf_deinit(&s->work->held);
	nv_session_inflate_stop(s);
}

bool nv_session_receive(struct nv_session *s, struct nv_event *event)
{
	release_delivered(s);
	if (s->phase <= NV_SESSION_PAYLOAD && s->cursor < s->end && read_frames(s, event))
		return true;
	if (s->phase != NV_SESSION_FAILED)
		return false;
	/* The event is made already. */
	s->phase = NV_SESSION_DONE;
	drop_message(s);
	return true;
}
