/* SPDX-License-Identifier: MIT */
/* stream_maker.c: messages whole and in fragments, plain and compressed, control frames around and
 * between them, at times a Close; then zero to three changes. What does not fit the room is cut off. */
#include "model/stream_maker.h"

#include <string.h>

#define RSV1 0x40

static bool chance(struct stream_maker *m, size_t one_in)
{
	return prng_below(m->prng, one_in) == 0;
}

static void put(struct stream_maker *m, uint8_t byte)
{
	if (m->len < STREAM_MAX)
		m->bytes[m->len++] = byte;
}

static void put_number(struct stream_maker *m, uint64_t number, int size)
{
	for (int i = size - 1; i >= 0; i--)
		put(m, (uint8_t)(number >> 8 * i));
}

/* Most are wrong, whatever follows. */
static void put_odd_length(struct stream_maker *m, uint8_t mask)
{
	static const uint64_t odd[] = { 0,     125,   126,        127,       INT64_MAX,
		                        65535, 65536, UINT64_MAX, 1ull << 63 };

	if (chance(m, 2)) {
		put(m, mask | 126);
		put_number(m, odd[prng_below(m->prng, 4)], 2);
	} else {
		put(m, mask | 127);
		put_number(m, odd[prng_below(m->prng, 9)], 8);
	}
}

static void put_length(struct stream_maker *m, size_t len)
{
	uint8_t mask = m->receiver == NV_SERVER ? 0x80 : 0;

	if (chance(m, 400)) {
		put_odd_length(m, mask);
	} else if (len < 126) {
		put(m, (uint8_t)(mask | len));
	} else {
		put(m, mask | 126);
		put_number(m, len, 2);
	}
}

static void put_frame(struct stream_maker *m, uint8_t first, const uint8_t *payload, size_t len)
{
	uint8_t key[4] = { 0 };

	put(m, first);
	put_length(m, len);
	if (m->receiver == NV_SERVER) {
		if (!chance(m, 4))
			prng_fill(m->prng, key, sizeof key);
		for (int i = 0; i < 4; i++)
			put(m, key[i]);
	}
	for (size_t i = 0; i < len; i++)
		put(m, payload[i] ^ key[i % 4]);
}

/* --- Payloads --- */

static size_t some_length(struct stream_maker *m)
{
	static const size_t borders[] = { 124, 125, 126, 127, 128, 255, 256 };

	if (chance(m, 40))
		return borders[prng_below(m->prng, sizeof borders / sizeof borders[0])];
	return chance(m, 5) ? 0 : prng_below(m->prng, 20);
}

/* Text at borders of the ranges of code points; one in `bad` pieces is no UTF-8. */
static size_t some_text(struct stream_maker *m, uint8_t *out, size_t len, size_t bad)
{
	static const char *const good[] = {
		"a",
		"Hello",
		"\xc2\x80",
		"\xc3\xa9",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xe2\x82\xac",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf",
	};
	static const char *const wrong[] = {
		"\x80",
		"\xc0\xaf",
		"\xc1",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5",
		"\xfe",
		"\xff",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x98",
	};
	size_t used = 0;

	for (;;) {
		const char *piece = chance(m, bad) ? wrong[prng_below(m->prng, 13)]
		                                   : good[prng_below(m->prng, 13)];

		if (used + strlen(piece) > len)
			return used;
		memcpy(out + used, piece, strlen(piece));
		used += strlen(piece);
	}
}

/* --- Frames --- */

static void put_close(struct stream_maker *m)
{
	static const uint16_t odd[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535 };
	uint8_t payload[125];
	uint16_t status = (uint16_t)(chance(m, 3) ? 3000 + prng_below(m->prng, 2000)
	                                          : 1000 + prng_below(m->prng, 20));
	size_t len;

	if (chance(m, 8))
		status = odd[prng_below(m->prng, 10)];
	payload[0] = (uint8_t)(status >> 8);
	payload[1] = (uint8_t)status;
	len = 2 + some_text(m, payload + 2, prng_below(m->prng, 124), 60);
	if (chance(m, 4))
		len = prng_below(m->prng, 2);
	put_frame(m, 0x88, payload, len);
}

static void put_control(struct stream_maker *m)
{
	uint8_t payload[125];
	size_t len = some_length(m);

	if (chance(m, 20)) {
		put_close(m);
		return;
	}
	if (len > sizeof payload)
		len = sizeof payload;
	prng_fill(m->prng, payload, len);
	put_frame(m, chance(m, 2) ? 0x89 : 0x8a, payload, len);
}

/* A text is cut anywhere, also inside its code points. */
static void put_fragments(struct stream_maker *m, uint8_t first, const uint8_t *payload, size_t len)
{
	size_t fragments = chance(m, 2) ? 1 : 1 + prng_below(m->prng, 6);
	size_t used = 0;

	for (; fragments > 0; fragments--) {
		size_t part = fragments == 1 ? len - used : prng_below(m->prng, len - used + 1);

		put_frame(m, (uint8_t)((fragments == 1 ? 0x80 : 0) | first), payload + used, part);
		used += part;
		first = NV_CONTINUATION;
		if (fragments > 1 && chance(m, 4))
			put_control(m);
	}
}

static void put_plain(struct stream_maker *m)
{
	uint8_t opcode = chance(m, 3) ? NV_BINARY : NV_TEXT;
	uint8_t payload[1536];
	size_t len = some_length(m);

	if (chance(m, 2))
		len *= 1 + prng_below(m->prng, 6);
	if (opcode == NV_TEXT)
		len = some_text(m, payload, len, 200);
	else
		prng_fill(m->prng, payload, len);
	put_fragments(m, opcode, payload, len);
}

/* Of no compressor. */
static void put_nonsense(struct stream_maker *m)
{
	uint8_t payload[32];
	size_t len = prng_below(m->prng, sizeof payload);

	prng_fill(m->prng, payload, len);
	put_fragments(m, RSV1 | NV_BINARY, payload, len);
}

/* RFC 7692 6. Once in a while one is lost, to which later ones may refer, or is cut short. */
static void put_compressed(struct stream_maker *m)
{
	const struct deflated_message *message = &m->conversation->messages[m->said];
	size_t len = message->payload.len;
	size_t cut = chance(m, 20) ? prng_below(m->prng, chance(m, 2) ? 8 : len) : 0;

	m->said += chance(m, 30) ? 2 : 1;
	put_fragments(m, (uint8_t)(RSV1 | message->opcode), message->payload.data,
	              len - (cut < len ? cut : len));
}

static void put_message(struct stream_maker *m)
{
	if (!m->conversation || m->said >= m->conversation->count || chance(m, 4))
		put_plain(m);
	else if (chance(m, 30))
		put_nonsense(m);
	else
		put_compressed(m);
}

/* --- Changes --- */

static void cut_out(struct stream_maker *m, size_t at, size_t len)
{
	if (len > m->len - at)
		len = m->len - at;
	memmove(m->bytes + at, m->bytes + at + len, m->len - at - len);
	m->len -= len;
}

static void put_in(struct stream_maker *m, size_t at, uint8_t byte)
{
	if (m->len == STREAM_MAX)
		return;
	memmove(m->bytes + at + 1, m->bytes + at, m->len - at);
	m->bytes[at] = byte;
	m->len++;
}

static void change(struct stream_maker *m)
{
	size_t at = prng_below(m->prng, m->len);

	if (m->len == 0)
		return;
	switch (prng_below(m->prng, 5)) {
	case 0:
		m->bytes[at] = (uint8_t)prng_next(m->prng);
		break;
	case 1:
		cut_out(m, at, 1 + prng_below(m->prng, 4));
		break;
	case 2:
		put_in(m, at, (uint8_t)prng_next(m->prng));
		break;
	case 3:
		m->len = chance(m, 4) ? at : m->len;
		break;
	default:
		m->bytes[at] ^= (uint8_t)(1u << prng_below(m->prng, 8));
	}
}

static void put_noise(struct stream_maker *m)
{
	for (size_t n = prng_below(m->prng, 40); n > 0; n--)
		put(m, (uint8_t)prng_next(m->prng));
}

void stream_make(struct stream_maker *maker)
{
	maker->len = 0;
	maker->said = 0;
	for (size_t n = 1 + prng_below(maker->prng, 5); n > 0; n--) {
		if (chance(maker, 4))
			put_control(maker);
		else
			put_message(maker);
	}
	if (chance(maker, 4))
		put_close(maker);
	if (chance(maker, 50))
		put_noise(maker);
	for (size_t n = chance(maker, 2) ? 0 : prng_below(maker->prng, 4); n > 0; n--)
		change(maker);
	if (chance(maker, 4))
		put_control(maker);
}
