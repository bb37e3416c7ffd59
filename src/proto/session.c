/* SPDX-License-Identifier: MIT */
/* session.c: the receiving half of a session: bytes in, events out (RFC 6455 5 to 7).
 *
 * A frame is checked in the order of its bytes: the first, the second, the length, the limits, and
 * only then is memory used, for what has arrived and never for what was announced. A message that
 * lies whole in the lent bytes is delivered from there; any other is gathered in `held`. */
#include "proto/session.h"

#include <string.h>

#include "proto/close.h"
#include "proto/mask.h"
#include "proto/session_deflate.h"
#include "proto/utf8.h"

enum {
	FIN = 0x80,
	RSV = 0x70,
	OPCODE = 0x0f,
	MASK = 0x80
};

bool nv_session_fail(struct nv_session *s, uint16_t status, const char *error)
{
	s->phase = NV_SESSION_FAILED;
	s->status = status;
	s->error = error;
	nv_session_answer_close(s, status, nv_str(error));
	return false;
}

static bool protocol_error(struct nv_session *s, const char *error)
{
	return nv_session_fail(s, NV_STATUS_PROTOCOL_ERROR, error);
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
static bool check_reserved(struct nv_session *s)
{
	uint8_t bits = s->head[0] & RSV;

	if (bits && !s->deflate)
		return protocol_error(s, "a reserved bit is set, but no extension was agreed on");
	if (bits & ~NV_RSV1)
		return protocol_error(s, "a reserved bit is set that no extension uses");
	if (bits && !starts_message(s->opcode))
		return protocol_error(s, "a frame that starts no message is marked as compressed");
	return true;
}

static bool check_first(struct nv_session *s)
{
	s->fin = (s->head[0] & FIN) != 0;
	s->opcode = s->head[0] & OPCODE;
	if (!check_reserved(s))
		return false;
	if (!opcode_is_known(s->opcode))
		return protocol_error(s, "an unknown opcode");
	if (nv_opcode_is_control(s->opcode) && !s->fin)
		return protocol_error(s, "a fragmented control frame");
	if (nv_opcode_is_control(s->opcode))
		return true;
	if (s->opcode == NV_CONTINUATION && !s->message)
		return protocol_error(s, "a continuation without a message");
	if (s->opcode != NV_CONTINUATION && s->message)
		return protocol_error(s, "a new message inside another");
	return true;
}

static bool check_second(struct nv_session *s)
{
	bool masked = (s->head[1] & MASK) != 0;

	/* RFC 6455 5.1: a client masks every frame, a server none. */
	if (s->options->role == NV_SERVER && !masked)
		return protocol_error(s, "a client's frame is not masked");
	if (s->options->role == NV_CLIENT && masked)
		return protocol_error(s, "a server's frame is masked");
	if (nv_opcode_is_control(s->opcode) && (s->head[1] & 0x7f) > NV_CONTROL_MAX)
		return protocol_error(s, "a control frame of more than 125 bytes");
	return true;
}

static bool count_fragment(struct nv_session *s)
{
	s->empty = s->left == 0 ? s->empty + 1 : 0;
	if (s->empty > s->options->max_empty)
		return nv_session_fail(s, NV_STATUS_POLICY, "too many empty fragments in a row");
	if (++s->fragments > s->options->max_fragments)
		return nv_session_fail(s, NV_STATUS_POLICY, "too many fragments in one message");
	return true;
}

/* The message under way, or the one that this frame starts. */
static bool is_compressed(const struct nv_session *s)
{
	if (!s->deflate)
		return false;
	return s->opcode == NV_CONTINUATION ? s->deflate->receiving : (s->head[0] & NV_RSV1) != 0;
}

/* What is compressed counts when it is not any more; but more bytes than that can hardly be meant
 * to become fewer. */
static uint64_t frame_limit(const struct nv_session *s)
{
	uint64_t max = s->options->max_message;

	return is_compressed(s) ? max + max / 8 + 256 : max - s->message_len;
}

static bool check_length(struct nv_session *s)
{
	if (!nv_frame_read_length(s->head, &s->left))
		return protocol_error(s, "a payload length that is not in its shortest form");
	if (nv_opcode_is_control(s->opcode))
		return true;
	if (s->left > frame_limit(s))
		return nv_session_fail(s, NV_STATUS_TOO_BIG, "a message over the size limit");
	return count_fragment(s);
}

/* Gathers the head up to `size` bytes; false when the lent bytes end before. */
static bool gather_head(struct nv_session *s, size_t size)
{
	size_t lent = (size_t)(s->end - s->cursor);
	size_t missing = size - s->head_len;
	size_t take = missing < lent ? missing : lent;

	if (take > 0)
		memcpy(s->head + s->head_len, s->cursor, take);
	s->cursor += take;
	s->head_len = (uint8_t)(s->head_len + take);
	return take == missing;
}

static bool read_first(struct nv_session *s)
{
	if (!gather_head(s, 1) || !check_first(s))
		return false;
	s->phase = NV_SESSION_SECOND;
	return true;
}

static bool read_second(struct nv_session *s)
{
	if (!gather_head(s, 2) || !check_second(s))
		return false;
	s->phase = NV_SESSION_LENGTH;
	return true;
}

static bool read_length(struct nv_session *s)
{
	if (!gather_head(s, 2 + nv_frame_length_size(s->head[1])) || !check_length(s))
		return false;
	s->phase = NV_SESSION_KEY;
	return true;
}

static bool read_key(struct nv_session *s)
{
	size_t start = 2 + nv_frame_length_size(s->head[1]);

	if (s->head[1] & MASK) {
		if (!gather_head(s, start + sizeof s->key))
			return false;
		memcpy(s->key, s->head + start, sizeof s->key);
	}
	if (starts_message(s->opcode)) {
		s->message = s->opcode;
		if (s->deflate)
			s->deflate->receiving = is_compressed(s);
	}
	s->key_offset = 0;
	s->head_len = 0;
	s->phase = NV_SESSION_PAYLOAD;
	return true;
}

/* --- Its payload --- */

static bool hold(struct nv_session *s, struct nv_bytes part)
{
	if (nv_buf_append(&s->held, part.data, part.len) == 0)
		return true;
	return nv_session_fail(s, NV_STATUS_INTERNAL, "out of memory for a message");
}

/* Takes what the lent bytes hold of the payload, unmasked. */
static struct nv_bytes take_payload(struct nv_session *s)
{
	size_t lent = (size_t)(s->end - s->cursor);
	size_t len = s->left < lent ? (size_t)s->left : lent;
	struct nv_bytes part = { s->cursor, len };

	if (s->options->role == NV_SERVER)
		nv_mask(s->cursor, s->cursor, len, s->key, s->key_offset);
	s->key_offset = (uint8_t)((s->key_offset + len) % sizeof s->key);
	s->cursor += len;
	s->left -= len;
	return part;
}

static bool read_ping(struct nv_session *s, struct nv_event *event, struct nv_bytes payload)
{
	if (nv_session_answer_ping(s, payload) < 0)
		return nv_session_fail(s, NV_STATUS_INTERNAL, "out of memory for a pong");
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
		return nv_session_fail(s, deserved, error);
	s->close_received = true;
	s->phase = NV_SESSION_DONE;
	/* A message that had begun is dropped; a Close that was gathered behind it goes with it later. */
	s->message_len = 0;
	if (!s->delivered)
		nv_buf_deinit(&s->held);
	nv_session_inflate_stop(s);
	/* RFC 6455 5.5.1: echo the status code. */
	nv_session_answer_close(s, status, (struct nv_bytes){ NULL, 0 });
	*event = (struct nv_event){ NV_EVENT_CLOSE, NV_CLOSE, status, reason, NULL };
	return true;
}

static bool end_control(struct nv_session *s, struct nv_event *event, struct nv_bytes payload)
{
	if (s->opcode == NV_PING)
		return read_ping(s, event, payload);
	if (s->opcode == NV_CLOSE)
		return read_close(s, event, payload);
	*event = (struct nv_event){ NV_EVENT_PONG, NV_PONG, 0, payload, NULL };
	return true;
}

/* A control frame may stand between the fragments of a message: it is gathered behind them. */
static bool read_control(struct nv_session *s, struct nv_event *event)
{
	struct nv_bytes part = take_payload(s);

	if (s->left > 0 || s->held.len > s->message_len) {
		if (!hold(s, part) || s->left > 0)
			return false;
		part.data = s->held.data + s->message_len;
		part.len = s->held.len - s->message_len;
		s->delivered = true;
	}
	s->phase = NV_SESSION_FIRST;
	return end_control(s, event, part);
}

static void end_message(struct nv_session *s)
{
	s->message = 0;
	s->message_len = 0;
	s->fragments = 0;
	s->empty = 0;
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
	nv_buf_deinit(&s->held);
	s->message_len = 0;
	s->utf8 = NV_UTF8_ACCEPT;
	if (s->left == 0 && s->fin)
		end_message(s);
	return false;
}

bool nv_session_check_text(struct nv_session *s, struct nv_bytes part, bool last)
{
	if (s->message != NV_TEXT)
		return true;
	s->utf8 = nv_utf8_feed(s->utf8, part.data, part.len);
	if (s->utf8 == NV_UTF8_REJECT || (last && s->utf8 != NV_UTF8_ACCEPT))
		return nv_session_fail(s, NV_STATUS_INVALID_DATA,
		                       "a text message that is not UTF-8");
	return true;
}

static bool read_data(struct nv_session *s, struct nv_event *event)
{
	struct nv_bytes part = take_payload(s);
	bool last = s->fin && s->left == 0;
	bool compressed = s->deflate && s->deflate->receiving;

	if (s->left == 0)
		s->phase = NV_SESSION_FIRST;
	if (s->close_sent)
		return drop_data(s);
	if (!compressed && !nv_session_check_text(s, part, last))
		return false;
	if (!compressed && s->held.len == 0 && last)
		return deliver(s, event, part);
	if (!(compressed ? nv_session_inflate(s, part, last) : hold(s, part)))
		return false;
	s->message_len = (uint32_t)s->held.len;
	if (!last)
		return false;
	s->delivered = true;
	return deliver(s, event, nv_buf_bytes(&s->held));
}

static bool read_payload(struct nv_session *s, struct nv_event *event)
{
	if (nv_opcode_is_control(s->opcode))
		return read_control(s, event);
	return read_data(s, event);
}

/* --- Events --- */

/* Reads on in the head; true when the payload is next. */
static bool read_head(struct nv_session *s)
{
	return (s->phase != NV_SESSION_FIRST || read_first(s)) &&
	       (s->phase != NV_SESSION_SECOND || read_second(s)) &&
	       (s->phase != NV_SESSION_LENGTH || read_length(s)) &&
	       (s->phase != NV_SESSION_KEY || read_key(s)) && s->phase == NV_SESSION_PAYLOAD;
}

static void release_delivered(struct nv_session *s)
{
	if (!s->delivered)
		return;
	s->delivered = false;
	if (s->message_len > 0)
		s->held.len = s->message_len;
	else
		nv_buf_deinit(&s->held);
}

static bool tell_failure(struct nv_session *s, struct nv_event *event)
{
	s->phase = NV_SESSION_DONE;
	nv_buf_deinit(&s->held);
	nv_session_inflate_stop(s);
	*event = (struct nv_event){ NV_EVENT_CLOSE, NV_CLOSE, s->status, nv_str(s->error),
		                    s->error };
	return true;
}

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

bool nv_session_next(struct nv_session *s, struct nv_event *event)
{
	release_delivered(s);
	while (read_head(s)) {
		if (read_payload(s, event))
			return true;
		if (s->phase == NV_SESSION_PAYLOAD)
			break;
		release_delivered(s);
	}
	if (s->phase == NV_SESSION_FAILED)
		return tell_failure(s, event);
	lend(s, s->head, 0);
	return false;
}

bool nv_session_in_message(const struct nv_session *s)
{
	return s->phase <= NV_SESSION_PAYLOAD &&
	       (s->message || s->head_len > 0 || s->phase == NV_SESSION_PAYLOAD);
}

bool nv_session_close_received(const struct nv_session *s)
{
	return s->close_received;
}
