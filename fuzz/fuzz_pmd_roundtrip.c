/* SPDX-License-Identifier: MIT */
/* fuzz_pmd_roundtrip.c: what one session compresses, a session of the other role and zlib decompress:
 * zlib with a window of exactly the bits that were agreed on, in small pieces, so that nothing may
 * refer further back than they allow (RFC 7692 7.1.2).
 *
 * Input: flags (1: the client sends, 2: each message arrives in one piece), an agreement, a seed for
 * the pieces; then messages: flags (1: may be compressed, 2: text, 4: in parts, 8: noise), a number
 * (two bytes), a length and so many bytes. They are repeated so often as the number says; of noise it
 * is the length, and the message is twice the same. */
#include <navette/session.h>
#include <zlib.h>

#include "agreement.h"

#define MESSAGE_MAX 40000u /* more than the largest window */
#define SENT_MAX 100000u   /* bytes of all messages, and one more message */

struct trip {
	struct nv_session *sender;
	struct nv_session *receiver;
	z_stream zlib;
	bool takeover; /* the sender may refer to earlier messages */
	bool in_one_piece;
	uint32_t seed;
	uint8_t message[MESSAGE_MAX];
	size_t len;
	size_t sent;                       /* of this and all before */
	uint8_t payload[16 * MESSAGE_MAX]; /* of its frames, which may be many */
	size_t payload_len;
	bool compressed;
	uint8_t last_key;
};

static int next_key(void *context, uint8_t key[4])
{
	uint8_t *last = context;

	for (int i = 0; i < 4; i++)
		key[i] = ++*last;
	return 0;
}

static struct nv_session *open_session(struct trip *t, enum nv_role role,
                                       const struct agreement *agreement)
{
	const struct nv_session_options options = { .role = role,
		                                    .max_message = NV_OFF,
		                                    .max_fragments = NV_OFF,
		                                    .max_empty = NV_OFF,
		                                    .deflate = agreement->deflate,
		                                    .compression = agreement->compression,
		                                    .masking_key = next_key,
		                                    .context = &t->last_key };
	struct nv_session *session = nv_session_new(&options);

	must(session != NULL);
	return session;
}

static void open_trip(struct trip *t, bool client_sends, const struct agreement *agreement)
{
	const struct nv_deflate *deflate = &agreement->deflate;
	uint8_t bits =
		client_sends ? deflate->client_max_window_bits : deflate->server_max_window_bits;

	t->last_key = 0;
	t->sender = open_session(t, client_sends ? NV_CLIENT : NV_SERVER, agreement);
	t->receiver = open_session(t, client_sends ? NV_SERVER : NV_CLIENT, agreement);
	t->takeover = client_sends ? !deflate->client_no_context_takeover
	                           : !deflate->server_no_context_takeover;
	t->zlib = (z_stream){ 0 };
	must(inflateInit2(&t->zlib, -(bits ? bits : 15)) == Z_OK);
}

static void close_trip(struct trip *t)
{
	nv_session_free(t->sender);
	nv_session_free(t->receiver);
	inflateEnd(&t->zlib);
}

/* --- Messages --- */

static void append(struct trip *t, const uint8_t *data, size_t len)
{
	if (len > MESSAGE_MAX - t->len)
		len = MESSAGE_MAX - t->len;
	if (len > 0)
		memcpy(t->message + t->len, data, len);
	t->len += len;
}

/* Nothing in it comes twice but the whole, from as far away as it is long. */
static void make_noise(struct trip *t, size_t len)
{
	for (; t->len < len && t->len < MESSAGE_MAX / 2; t->len++) {
		t->seed = t->seed * 1103515245u + 12345u;
		t->message[t->len] = t->seed >> 16 & 0x7f;
	}
	append(t, t->message, t->len);
}

static void read_message(struct trip *t, uint8_t how, struct input *input)
{
	size_t number = input_word(input);
	struct nv_bytes piece = input_bytes(input, input_byte(input));

	t->len = 0;
	if (how & 8)
		make_noise(t, number);
	for (; (how & 8) == 0 && number > 0; number--)
		append(t, piece.data, piece.len);
	t->sent += t->len;
}

static int send_parts(struct trip *t, enum nv_opcode opcode)
{
	size_t sent = 0;

	while (sent < t->len) {
		size_t len = next_piece(&t->seed, t->len - sent);
		int error = nv_session_send_part(
			t->sender, opcode, (struct nv_bytes){ t->message + sent, len }, false);

		if (error < 0)
			return error;
		sent += len;
		opcode = NV_CONTINUATION;
	}
	return nv_session_send_part(t->sender, opcode, (struct nv_bytes){ NULL, 0 }, true);
}

static int send_message(struct trip *t, uint8_t how)
{
	enum nv_opcode opcode = how & 2 ? NV_TEXT : NV_BINARY;
	struct nv_bytes message = { t->message, t->len };

	if ((how & 1) == 0)
		return nv_session_send_uncompressed(t->sender, opcode, message);
	return how & 4 ? send_parts(t, opcode) : nv_session_send(t->sender, opcode, message);
}

/* --- What was sent --- */

/* Adds the payload of the frame in front; its size. */
static size_t take_frame(struct trip *t, struct nv_bytes sent)
{
	uint64_t len = sent.data[1] & 0x7f;
	bool masked = sent.data[1] >> 7;
	size_t at = 2;
	size_t size = len == 126 ? 2 : len == 127 ? 8 : 0;
	const uint8_t *key;

	if (size > 0)
		len = 0;
	for (; size > 0; size--)
		len = len << 8 | sent.data[at++];
	key = sent.data + at;
	at += masked ? 4 : 0;
	must(at + len <= sent.len && t->payload_len + len <= sizeof t->payload);
	for (size_t i = 0; i < len; i++)
		t->payload[t->payload_len + i] =
			(uint8_t)(sent.data[at + i] ^ (masked ? key[i % 4] : 0));
	t->payload_len += (size_t)len;
	return at + (size_t)len;
}

static void take_frames(struct trip *t, struct nv_bytes sent)
{
	t->payload_len = 0;
	t->compressed = sent.data[0] & 0x40;
	for (size_t at = 0; at < sent.len;)
		at += take_frame(t, (struct nv_bytes){ sent.data + at, sent.len - at });
}

static void check_with_zlib(struct trip *t)
{
	uint8_t room[256];
	size_t len = 0;
	int result;

	memcpy(t->payload + t->payload_len, "\x00\x00\xff\xff", 4);
	t->zlib.next_in = t->payload;
	t->zlib.avail_in = (uInt)(t->payload_len + 4);
	do {
		size_t got;

		t->zlib.next_out = room;
		t->zlib.avail_out = sizeof room;
		result = inflate(&t->zlib, Z_SYNC_FLUSH);
		got = sizeof room - t->zlib.avail_out;
		must(len + got <= t->len && memcmp(t->message + len, room, got) == 0);
		len += got;
	} while (result == Z_OK && (t->zlib.avail_in > 0 || t->zlib.avail_out == 0));
	must((result == Z_OK || result == Z_BUF_ERROR) && len == t->len && t->zlib.avail_in == 0);
	if (!t->takeover)
		must(inflateReset(&t->zlib) == Z_OK);
}

static size_t receive(struct trip *t, struct nv_bytes bytes)
{
	uint8_t *piece = copy_of(bytes);
	struct nv_event event;
	size_t messages = 0;

	nv_session_feed(t->receiver, piece, bytes.len);
	while (nv_session_next(t->receiver, &event)) {
		must(event.type == NV_EVENT_MESSAGE && event.data.len == t->len);
		must(t->len == 0 || memcmp(event.data.data, t->message, t->len) == 0);
		messages++;
	}
	free(piece);
	return messages;
}

static void check_with_session(struct trip *t, struct nv_bytes sent)
{
	size_t messages = 0;

	for (size_t fed = 0; fed < sent.len;) {
		size_t left = sent.len - fed;
		size_t len = t->in_one_piece ? left : next_piece(&t->seed, left);

		messages += receive(t, (struct nv_bytes){ sent.data + fed, len });
		fed += len;
	}
	must(messages == 1);
}

/* False after text that is not UTF-8, of which a part may have left. */
static bool travel(struct trip *t, struct input *input)
{
	uint8_t how = input_byte(input);
	struct nv_bytes sent;
	int error;

	read_message(t, how, input);
	error = send_message(t, how);
	must(error == 0 || (error == NV_ERR_UTF8 && how & 2));
	if (error < 0)
		return false;
	sent = nv_session_output(t->sender);
	take_frames(t, sent);
	must(!t->compressed || how & 1);
	if (t->compressed)
		check_with_zlib(t);
	check_with_session(t, sent);
	nv_session_consume(t->sender, sent.len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trip trip;
	struct input input = { data, size };
	uint8_t flags = input_byte(&input);
	struct agreement agreement = input_agreement(&input);

	agreement.deflate.agreed = true;
	trip.seed = input_byte(&input);
	trip.sent = 0;
	trip.in_one_piece = flags & 2;
	open_trip(&trip, flags & 1, &agreement);
	while (input.len > 0 && trip.sent < SENT_MAX && travel(&trip, &input))
		;
	close_trip(&trip);
	return 0;
}
