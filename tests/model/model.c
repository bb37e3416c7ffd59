/* SPDX-License-Identifier: MIT */
/* model.c: receives a stream as RFC 6455 sections 5 to 7 tell it, one byte after the other.
 *
 * Where the RFC leaves a choice, it is the one that docs/architecture.md tells: a ping after our own
 * Close is answered; data after it is dropped unread, though every frame must still be right and
 * within the limits; after the peer's Close, or after a failure, nothing counts any more. */
#include "model/model.h"

#include <stdlib.h>

#include "model/utf8.h"

struct model {
	const struct model_input *input;
	struct event_log *log;
	size_t at; /* in the stream */
	bool close_sent;
	/* The frame. */
	bool fin;
	uint8_t opcode;
	bool masked;
	uint64_t len;
	uint8_t key[4];
	/* The message; 0: none is under way. */
	uint8_t message_opcode;
	uint8_t *message;
	uint64_t message_len;
	uint64_t point; /* where its last code point starts */
	uint64_t fragments;
	uint64_t empty; /* fragments without payload in a row, up to now */
};

static void tell(struct model *m, enum logged kind, const uint8_t *data, uint64_t len)
{
	event_log_add(m->log, (struct logged_event){ .kind = kind },
	              (struct nv_bytes){ data, (size_t)len });
}

static void send_close(struct model *m, uint16_t status)
{
	struct logged_event event = { .kind = LOGGED_CLOSE_SENT, .status = status };

	if (m->close_sent)
		return;
	m->close_sent = true;
	event_log_add(m->log, event, (struct nv_bytes){ NULL, 0 });
}

static void tell_close(struct model *m, uint16_t status, bool failed, struct nv_bytes reason)
{
	struct logged_event event = { .kind = LOGGED_CLOSE, .status = status, .failed = failed };

	event_log_add(m->log, event, reason);
	send_close(m, status);
}

/* RFC 6455 7.1.7 */
static bool fail(struct model *m, uint16_t status)
{
	tell_close(m, status, true, (struct nv_bytes){ NULL, 0 });
	return false;
}

/* The next byte; false at the end of the stream. */
static bool take(struct model *m, uint8_t *byte)
{
	if (m->at == m->input->close_at)
		send_close(m, 1000);
	if (m->at == m->input->stream.len)
		return false;
	*byte = m->input->stream.data[m->at++];
	return true;
}

/* --- The head, RFC 6455 5.2 --- */

static bool is_control(const struct model *m)
{
	return m->opcode >= 8;
}

static bool read_first(struct model *m)
{
	uint8_t byte;

	if (!take(m, &byte))
		return false;
	m->fin = byte >= 0x80;
	m->opcode = byte % 16;
	if (byte / 16 % 8 != 0)
		return fail(m, 1002);
	switch (m->opcode) {
	case 0: /* goes on with a message, so there must be one */
		return m->message_opcode != 0 || fail(m, 1002);
	case 1:
	case 2: /* starts a message, so there must be none */
		return m->message_opcode == 0 || fail(m, 1002);
	case 8:
	case 9:
	case 10: /* RFC 6455 5.5: control frames are never fragmented */
		return m->fin || fail(m, 1002);
	default:
		return fail(m, 1002);
	}
}

static bool read_second(struct model *m)
{
	uint8_t byte;

	if (!take(m, &byte))
		return false;
	m->masked = byte >= 128;
	m->len = byte % 128;
	if (m->masked != (m->input->role == NV_SERVER))
		return fail(m, 1002);
	if (is_control(m) && m->len > 125)
		return fail(m, 1002);
	return true;
}

static bool read_number(struct model *m, int size)
{
	uint8_t byte;

	m->len = 0;
	for (int i = 0; i < size; i++) {
		if (!take(m, &byte))
			return false;
		m->len = m->len * 256 + byte;
	}
	return true;
}

/* "The minimal number of bytes MUST be used to encode the length." */
static bool read_length(struct model *m)
{
	if (m->len == 126)
		return read_number(m, 2) && (m->len >= 126 || fail(m, 1002));
	if (m->len == 127)
		return read_number(m, 8) && ((m->len >= 65536 && m->len < 1ull << 63) || fail(m, 1002));
	return true;
}

static bool check_limits(struct model *m)
{
	if (is_control(m))
		return true;
	if (m->len > m->input->max_message || m->message_len + m->len > m->input->max_message)
		return fail(m, 1009);
	m->fragments++;
	m->empty = m->len == 0 ? m->empty + 1 : 0;
	if (m->empty > m->input->max_empty || m->fragments > m->input->max_fragments)
		return fail(m, 1008);
	return true;
}

static bool read_key(struct model *m)
{
	memset(m->key, 0, sizeof m->key);
	for (int i = 0; m->masked && i < 4; i++) {
		if (!take(m, &m->key[i]))
			return false;
	}
	return true;
}

/* RFC 6455 5.3 */
static bool take_unmasked(struct model *m, uint64_t index, uint8_t *byte)
{
	if (!take(m, byte))
		return false;
	*byte ^= m->key[index % 4];
	return true;
}

/* --- Control frames, RFC 6455 5.5 --- */

/* RFC 6455 7.4: 1004, 1005, 1006 and 1015 are reserved, and the registry ends at 1014. */
static bool status_may_be_sent(uint16_t status)
{
	switch (status) {
	case 1000: case 1001: case 1002: case 1003:
	case 1007: case 1008: case 1009: case 1010: case 1011:
	case 1012: case 1013: case 1014:
		return true;
	default:
		return status >= 3000 && status < 5000;
	}
}

static bool receive_close(struct model *m, const uint8_t *data, uint64_t len)
{
	uint16_t status;

	if (len == 0) {
		tell_close(m, 1005, false, (struct nv_bytes){ NULL, 0 });
		return false;
	}
	if (len == 1)
		return fail(m, 1002);
	status = (uint16_t)(data[0] * 256 + data[1]);
	if (!status_may_be_sent(status))
		return fail(m, 1002);
	if (model_text(data + 2, (size_t)len - 2) != MODEL_WHOLE)
		return fail(m, 1007);
	tell_close(m, status, false, (struct nv_bytes){ data + 2, (size_t)len - 2 });
	return false;
}

static bool read_control(struct model *m)
{
	uint8_t data[125];

	for (uint64_t i = 0; i < m->len; i++) {
		if (!take_unmasked(m, i, &data[i]))
			return false;
	}
	if (m->opcode == 8)
		return receive_close(m, data, m->len);
	tell(m, m->opcode == 9 ? LOGGED_PING : LOGGED_PONG, data, m->len);
	if (m->opcode == 9)
		tell(m, LOGGED_PONG_SENT, data, m->len);
	return true;
}

/* --- Messages, RFC 6455 5.4 and 5.6 --- */

/* Looks at the byte that has just come: text fails as soon as it can't become UTF-8. */
static bool check_text(struct model *m)
{
	enum model_text text =
		model_point(m->message + m->point, (size_t)(m->message_len - m->point));

	if (text == MODEL_WHOLE)
		m->point = m->message_len;
	return text != MODEL_WRONG || fail(m, 1007);
}

static bool read_payload(struct model *m)
{
	for (uint64_t i = 0; i < m->len; i++) {
		uint8_t byte;

		if (!take_unmasked(m, i, &byte))
			return false;
		if (m->close_sent)
			continue;
		m->message[m->message_len++] = byte;
		if (m->message_opcode == 1 && !check_text(m))
			return false;
	}
	return true;
}

static bool end_message(struct model *m)
{
	struct logged_event event = { .kind = LOGGED_MESSAGE, .opcode = m->message_opcode };

	if (!m->close_sent && m->message_opcode == 1 && m->point != m->message_len)
		return fail(m, 1007);
	if (!m->close_sent)
		event_log_add(m->log, event,
		              (struct nv_bytes){ m->message, (size_t)m->message_len });
	m->message_opcode = 0;
	m->message_len = 0;
	m->point = 0;
	m->fragments = 0;
	m->empty = 0;
	return true;
}

static bool read_data(struct model *m)
{
	if (m->opcode != 0)
		m->message_opcode = m->opcode;
	if (!read_payload(m))
		return false;
	if (m->close_sent)
		m->message_len = 0;
	return !m->fin || end_message(m);
}

/* False at the end: of the stream, or of the connection. */
static bool read_frame(struct model *m)
{
	return read_first(m) && read_second(m) && read_length(m) && check_limits(m) && read_key(m) &&
	       (is_control(m) ? read_control(m) : read_data(m));
}

void model_receive(const struct model_input *input, struct event_log *log)
{
	struct model model = { .input = input, .log = log };

	model.message = malloc(input->stream.len + 1);
	if (!model.message)
		abort();
	while (read_frame(&model))
		;
	free(model.message);
}
