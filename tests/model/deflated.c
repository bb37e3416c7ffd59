/* SPDX-License-Identifier: MIT */
/* deflated.c: messages of all kinds and sizes, cut into parts that zlib flushes in all its ways. */
#include "model/deflated.h"

#include <stdlib.h>
#include <zlib.h>

#include "support/prng.h"

#define PLAIN_MAX 66000u
#define ROOM (PLAIN_MAX * 2)

struct writer {
	struct prng prng;
	z_stream zlib;
	size_t window;                               /* bytes */
	uint8_t plain[CONVERSATION_MAX * PLAIN_MAX]; /* all of the conversation */
	size_t len;
	size_t start;      /* of what the receiver's window holds of it */
	uint8_t out[ROOM]; /* the compressed message */
	bool finished;     /* what was written last is a block with BFINAL */
};

static bool chance(struct writer *w, size_t one_in)
{
	return prng_below(&w->prng, one_in) == 0;
}

static void must(bool worked)
{
	if (!worked)
		abort();
}

static struct nv_bytes kept(struct nv_bytes bytes)
{
	uint8_t *copy = malloc(bytes.len + 1);

	must(copy != NULL);
	memcpy(copy, bytes.data, bytes.len);
	return (struct nv_bytes){ copy, bytes.len };
}

/* --- What is said --- */

/* More than one piece of anything. */
static size_t some_large_size(struct writer *w)
{
	return 1200 + prng_below(&w->prng, 8000);
}

static size_t some_size(struct writer *w)
{
	static const size_t borders[] = { 4095,  4096,  4097,  8191,  8192,  8193,  16383,
		                          16384, 16385, 32768, 32769, 65535, 65536, 65537 };
	size_t kind = prng_below(&w->prng, 40);

	if (kind == 0)
		return borders[prng_below(&w->prng, 14)];
	if (kind < 6)
		return prng_below(&w->prng, 4000);
	if (kind < 20)
		return prng_below(&w->prng, 400);
	return prng_below(&w->prng, 45);
}

static size_t some_words(struct writer *w, uint8_t *out, size_t len)
{
	static const char *const words[] = { "the ",    "shuttle ",         "carries ",
		                             "thread ", "no\xc3\xabl ",     "\xe2\x82\xac 12 ",
		                             "a",       "\xf0\x9f\xa7\xb5", "Hello",
		                             "\r\n",    "0123456789",       "\xed\xa0\x80" };
	size_t used = 0;

	for (;;) {
		const char *word = words[prng_below(&w->prng, chance(w, 300) ? 12 : 11)];

		if (used + strlen(word) > len)
			return used;
		memcpy(out + used, word, strlen(word));
		used += strlen(word);
	}
}

/* A piece of what was said, again and again. */
static size_t some_echo(struct writer *w, uint8_t *out, size_t len)
{
	size_t back = 1 + prng_below(&w->prng, w->len);

	for (size_t i = 0; i < len; i++)
		out[i] = w->len > 0 ? out[(ptrdiff_t)i - (ptrdiff_t)back] : 'e';
	return len;
}

static size_t some_plain(struct writer *w, uint8_t *out, size_t len)
{
	switch (prng_below(&w->prng, 6)) {
	case 0:
		memset(out, (int)prng_below(&w->prng, 128), len);
		return len;
	case 1:
		prng_fill(&w->prng, out, len);
		return len;
	case 2:
		return some_echo(w, out, len);
	default:
		return some_words(w, out, len);
	}
}

/* --- How it is compressed --- */

/* zlib begins again, with or without what its peer still has in its window. */
static void restart(struct writer *w, size_t said)
{
	size_t known = said - w->start;
	size_t tail = known < w->window ? known : w->window;

	must(deflateReset(&w->zlib) == Z_OK);
	if (tail > 0 && chance(w, 2))
		must(deflateSetDictionary(&w->zlib, w->plain + said - tail, (uInt)tail) == Z_OK);
}

static void write_part(struct writer *w, size_t from, size_t len, int flush)
{
	int result;

	w->zlib.next_in = w->plain + from;
	w->zlib.avail_in = (uInt)len;
	result = deflate(&w->zlib, flush);
	must((result >= Z_OK || result == Z_BUF_ERROR) && w->zlib.avail_in == 0);
	w->finished = flush == Z_FINISH;
	if (w->finished)
		restart(w, from + len);
}

static size_t end_message(struct writer *w)
{
	static const uint8_t tail[] = { 0x00, 0x00, 0xff, 0xff };
	size_t len = ROOM - w->zlib.avail_out;

	/* RFC 7692 7.2.3.4: a zero byte is a stored block without its 00 00 ff ff. */
	if (w->finished && !chance(w, 8))
		w->out[len++] = 0x00;
	if (!w->finished)
		len -= sizeof tail;
	must(w->finished || memcmp(w->out + len, tail, sizeof tail) == 0);
	return len;
}

/* The last `len` bytes of what was said; its size compressed. */
static size_t compress_message(struct writer *w, size_t len)
{
	static const int flushes[] = { Z_NO_FLUSH,   Z_NO_FLUSH,   Z_BLOCK, Z_PARTIAL_FLUSH,
		                       Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH };
	size_t from = w->len - len;
	size_t parts = chance(w, 2) ? 1 : 1 + prng_below(&w->prng, 4);
	int flush;

	w->zlib.next_out = w->out;
	w->zlib.avail_out = ROOM;
	for (; parts > 1; parts--) {
		size_t part = prng_below(&w->prng, w->len - from + 1);

		write_part(w, from, part, flushes[prng_below(&w->prng, 7)]);
		from += part;
	}
	flush = chance(w, 6) ? Z_FINISH : Z_SYNC_FLUSH;
	write_part(w, from, w->len - from, flush);
	return end_message(w);
}

/* RFC 7692 7.2.3.6 and others. */
static struct nv_bytes some_empty(struct writer *w)
{
	static const struct nv_bytes empty[] = {
		{ (const uint8_t *)"\x00", 1 },
		{ (const uint8_t *)"\x02\x00", 2 },
		{ (const uint8_t *)"", 0 },
		{ (const uint8_t *)"\x01", 1 },
		{ (const uint8_t *)"\x03\x00\x00", 3 },
		{ (const uint8_t *)"\x03\x00\x02\x00", 4 },
	};

	return empty[prng_below(&w->prng, 6)];
}

static struct deflated_message some_message(struct writer *w, bool takeover, bool large)
{
	struct deflated_message message = { .opcode = chance(w, 3) ? NV_BINARY : NV_TEXT };
	size_t size = large ? some_large_size(w) : some_size(w);
	size_t len = some_plain(w, w->plain + w->len, size);

	if (len == 0) {
		message.payload = some_empty(w);
		return message;
	}
	if (!takeover) {
		must(deflateReset(&w->zlib) == Z_OK);
		w->start = w->len;
	}
	w->len += len;
	message.payload = kept((struct nv_bytes){ w->out, compress_message(w, len) });
	return message;
}

static void make_conversation(struct writer *w, struct conversation *conversation)
{
	static const int levels[] = { 0, 1, 6, 9 };
	static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_DEFAULT_STRATEGY, Z_FIXED,
		                          Z_HUFFMAN_ONLY, Z_RLE };
	int level = levels[prng_below(&w->prng, 4)];
	int strategy = strategies[prng_below(&w->prng, 5)];
	int bits = 9 + (int)prng_below(&w->prng, 7);
	int memory = 1 + (int)prng_below(&w->prng, 9);
	bool large = chance(w, 6);

	must(deflateInit2(&w->zlib, level, Z_DEFLATED, -bits, memory, strategy) == Z_OK);
	w->window = (size_t)1 << bits;
	w->len = 0;
	w->start = 0;
	conversation->takeover = !large && chance(w, 2);
	for (size_t left = 1 + prng_below(&w->prng, CONVERSATION_MAX); left > 0; left--) {
		struct deflated_message message = some_message(w, conversation->takeover, large);

		if (message.payload.len > DEFLATED_MAX) {
			free((void *)message.payload.data);
			break;
		}
		conversation->messages[conversation->count++] = message;
	}
	deflateEnd(&w->zlib);
}

const struct conversation *deflated_conversations(void)
{
	static struct conversation conversations[CONVERSATIONS];
	static bool made;
	struct writer *w;

	if (made)
		return conversations;
	w = calloc(1, sizeof *w);
	must(w != NULL);
	for (size_t i = 0; i < CONVERSATIONS; i++)
		make_conversation(w, &conversations[i]);
	free(w);
	made = true;
	return conversations;
}
