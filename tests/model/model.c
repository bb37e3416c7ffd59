/* SPDX-License-Identifier: MIT */
/* model.c: receives a stream as RFC 6455 sections 5 to 7 tell it, one byte after the other, and
 * compressed messages as RFC 7692 section 7 does.
 *
 * Where the RFC leaves a choice, it is the one that docs/architecture.md tells: a ping after our own
 * Close is answered; data after it is dropped unread, though every frame must still be right and
 * within the limits; after the peer's Close, or after a failure, nothing counts any more. A compressed
 * message is whole when it and the four bytes that are added to it end where a block does, also one
 * that is marked as final, and nothing came out of the four; without any payload it is empty and leaves
 * the window as it is. */
#include "model/model.h"

#include <stdlib.h>

#include "model/inflate.h"
#include "model/utf8.h"

struct model {
	const struct model_input *input;
	struct event_log *log;
	size_t at; /* in the stream */
	bool close_sent;
	/* The frame. */
	bool fin;
	bool rsv1;
	uint8_t opcode;
	bool masked;
	uint64_t len;
	uint64_t taken; /* bytes of its payload */
	uint8_t key[4];
	/* The message; 0: none is under way. */
	uint8_t message_opcode;
	bool compressed;
	uint8_t *message;
	size_t message_cap;
	uint64_t message_len;
	uint64_t point; /* where its last code point starts */
	uint64_t fragments;
	uint64_t empty;   /* fragments without payload in a row, up to now */
	uint64_t payload; /* bytes of all its frames, up to now */
	/* Decompression. */
	struct inflate inflate;
	size_t appended; /* bytes of 00 00 ff ff */
	bool dropped;    /* the message ended behind our own Close */
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
	m->rsv1 = byte / 64 % 2 == 1;
	if (byte / 16 % 4 != 0 || (m->rsv1 && !m->input->deflate.agreed))
		return fail(m, 1002);
	/* RFC 7692 6.1: only the first frame of a message may be marked. */
	if (m->rsv1 && m->opcode != 1 && m->opcode != 2)
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
		return read_number(m, 8) &&
		       ((m->len >= 65536 && m->len < 1ull << 63) || fail(m, 1002));
	return true;
}

/* What is compressed is measured when it is not any more. */
static bool is_too_long(const struct model *m)
{
	uint64_t max = m->input->max_message;

	if (m->opcode == 0 ? m->compressed : m->rsv1)
		return m->len > max + max / 8 + 256;
	return m->len > max || m->message_len + m->len > max;
}

static bool check_limits(struct model *m)
{
	if (is_control(m))
		return true;
	if (is_too_long(m))
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

/* The payload's next byte, RFC 6455 5.3. */
static bool take_unmasked(struct model *m, uint8_t *byte)
{
	if (!take(m, byte))
		return false;
	*byte ^= m->key[m->taken++ % 4];
	return true;
}

static bool read_head(struct model *m)
{
	m->taken = 0;
	return read_first(m) && read_second(m) && read_length(m) && check_limits(m) && read_key(m);
}

/* --- Control frames, RFC 6455 5.5 --- */

/* RFC 6455 7.4: 1004, 1005, 1006 and 1015 are reserved, and the registry ends at 1014. */
static bool status_may_be_sent(uint16_t status)
{
	switch (status) {
	case 1000:
	case 1001:
	case 1002:
	case 1003:
	case 1007:
	case 1008:
	case 1009:
	case 1010:
	case 1011:
	case 1012:
	case 1013:
	case 1014:
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
		if (!take_unmasked(m, &data[i]))
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

static void append(struct model *m, uint8_t byte)
{
	if (m->message_len == m->message_cap) {
		m->message_cap = m->message_cap ? m->message_cap * 2 : 256;
		m->message = realloc(m->message, m->message_cap);
		if (!m->message)
			abort();
	}
	m->message[m->message_len++] = byte;
}

/* RFC 7692 7.2.1: what a sender removes is an empty block; so nothing comes out of it. */
static bool put(void *context, uint8_t byte)
{
	struct model *m = context;

	/* What was added belongs to an empty block. */
	if (m->appended > 0)
		return fail(m, 1007);
	if (m->appended > 0)
		return fail(m, 1007);
	if (m->message_len == m->input->max_message)
		return fail(m, 1009);
	append(m, byte);
	return m->message_opcode != 1 || check_text(m);
}

/* Up to the next frame of the message, past control frames. */
static bool read_continuation(struct model *m)
{
	if (m->close_sent)
		m->message_len = 0;
	while (read_head(m)) {
		if (!is_control(m))
			return true;
		if (!read_control(m))
			return false;
	}
	return false;
}

/* The next byte of the message's payload, of whichever frame: 1; 0: there is none; -1: this is the end
 * of the stream or of the connection. Data behind our own Close are dropped. */
static int next_payload(struct model *m, uint8_t *byte)
{
	do {
		while (m->taken == m->len) {
			if (m->fin)
				return 0;
			if (!read_continuation(m))
				return -1;
		}
		if (!take_unmasked(m, byte))
			return -1;
	} while (m->close_sent);
	m->payload++;
	return 1;
}

static bool copy_payload(struct model *m)
{
	uint8_t byte;
	int got;

	m->appended = 0;
	while ((got = next_payload(m, &byte)) > 0) {
		if (!put(m, byte))
			return false;
	}
	return got == 0;
}

/* --- Compressed messages, RFC 7692 7.2.2 --- */

/* "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message." Without any
 * payload there is nothing to decompress. */
static int next_compressed(void *context, uint8_t *byte)
{
	static const uint8_t tail[] = { 0x00, 0x00, 0xff, 0xff };
	struct model *m = context;
	int got = next_payload(m, byte);

	m->dropped = got == 0 && m->close_sent;
	if (m->dropped)
		return -1;
	if (got != 0 || m->payload == 0 || m->appended == sizeof tail)
		return got;
	*byte = tail[m->appended++];
	return 1;
}

/* RFC 7692 7.1.1: whether the peer's messages refer to those before. */
static bool peer_takes_over(const struct model *m)
{
	return m->input->role == NV_SERVER ? !m->input->deflate.client_no_context_takeover
	                                   : !m->input->deflate.server_no_context_takeover;
}

static bool inflate_payload(struct model *m)
{
	m->payload = 0;
	if (!peer_takes_over(m))
		inflate_forget(&m->inflate);
	switch (inflate_all(&m->inflate)) {
	case INFLATE_WHOLE:
		return true;
	case INFLATE_STOPPED:
		return m->dropped;
	default:
		return fail(m, 1007);
	}
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

static bool read_message(struct model *m)
{
	m->message_opcode = m->opcode;
	m->compressed = m->rsv1;
	m->appended = 0;
	return (m->compressed ? inflate_payload(m) : copy_payload(m)) && end_message(m);
}

void model_receive(const struct model_input *input, struct event_log *log)
{
	struct model m = { .input = input, .log = log };

	m.inflate = (struct inflate){ .next = next_compressed, .put = put, .context = &m };
	while (read_head(&m) && (is_control(&m) ? read_control(&m) : read_message(&m)))
		;
	free(m.message);
	inflate_free(&m.inflate);
}
