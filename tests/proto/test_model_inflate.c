/* SPDX-License-Identifier: MIT */
/* test_model_inflate.c: the model's decoder says what zlib says: of streams that are right and of
 * streams with a few bits changed, the same output and the same verdict at the same byte. */
#include <stdio.h>
#include <zlib.h>

#include "model/deflated.h"
#include "model/inflate.h"
#include "support/sanitizer.h"
#include "support/blob.h"
#include "support/prng.h"
#include "support/unit.h"

#define STREAMS (SANITIZED ? 30000u : 200000u)
#define STREAM_ROOM (DEFLATED_MAX + 16u)

struct bytes_left {
	struct nv_bytes bytes;
	struct blob *out;
};

static int next(void *context, uint8_t *byte)
{
	struct bytes_left *left = context;

	if (left->bytes.len == 0)
		return 0;
	*byte = *left->bytes.data++;
	left->bytes.len--;
	return 1;
}

static bool put(void *context, uint8_t byte)
{
	struct bytes_left *left = context;

	blob_append(left->out, &byte, 1);
	return true;
}

/* What a decoder made of a stream. */
struct outcome {
	enum inflate_result result;
	size_t read; /* bytes, up to the damage */
	struct blob out;
};

static void model_decodes(struct inflate *model, struct nv_bytes stream, struct outcome *outcome)
{
	struct bytes_left left = { stream, &outcome->out };

	outcome->out.len = 0;
	model->next = next;
	model->put = put;
	model->context = &left;
	outcome->result = inflate_all(model);
	outcome->read = stream.len - left.bytes.len;
}

/* --- zlib --- */

/* zlib under test, and how much it is given and may give at a time. */
struct zlib {
	z_stream stream;
	size_t in;
	size_t out;
};

/* Behind a last block it begins again, and keeps its window. */
static void go_on(z_stream *stream)
{
	uint8_t window[32768];
	uInt len = 0;

	assert_int_equal(inflateGetDictionary(stream, window, &len), Z_OK);
	assert_int_equal(inflateReset(stream), Z_OK);
	assert_int_equal(inflateSetDictionary(stream, window, len), Z_OK);
}

/* As far as it gets; Z_OK: it waits for more. */
static int zlib_takes(struct zlib *zlib, struct nv_bytes piece, struct blob *out)
{
	z_stream *stream = &zlib->stream;
	uint8_t room[1000];
	int result;
	bool full;

	stream->next_in = (Bytef *)piece.data;
	stream->avail_in = (uInt)piece.len;
	do {
		stream->next_out = room;
		stream->avail_out = (uInt)zlib->out;
		result = inflate(stream, Z_NO_FLUSH);
		blob_append(out, room, zlib->out - stream->avail_out);
		if (result == Z_STREAM_END)
			go_on(stream);
		/* At the end of a block nothing waits, and another call would forget that end. */
		full = stream->avail_out == 0 && stream->data_type != 128 && result != Z_STREAM_END;
	} while ((full || stream->avail_in > 0) && result != Z_DATA_ERROR);
	assert_true(result != Z_STREAM_ERROR && result != Z_MEM_ERROR);
	return result == Z_DATA_ERROR || result == Z_STREAM_END ? result : Z_OK;
}

static void zlib_decodes(struct zlib *zlib, struct nv_bytes stream, struct outcome *outcome)
{
	bool at_end = true; /* of a block */

	outcome->out.len = 0;
	outcome->result = INFLATE_DAMAGED;
	for (outcome->read = 0; outcome->read < stream.len;) {
		size_t left = stream.len - outcome->read;
		size_t len = zlib->in < left ? zlib->in : left;
		int result = zlib_takes(zlib, (struct nv_bytes){ stream.data + outcome->read, len },
		                        &outcome->out);

		outcome->read += len - zlib->stream.avail_in;
		if (result == Z_DATA_ERROR)
			return;
		at_end = result == Z_STREAM_END || zlib->stream.data_type == 128;
	}
	outcome->result = at_end ? INFLATE_WHOLE : INFLATE_CUT;
}

/* --- Streams --- */

static void change(struct prng *prng, uint8_t *stream, size_t len)
{
	/* The head of a block is where most can be wrong. */
	size_t at = prng_below(prng, prng_below(prng, 2) && len > 60 ? 60 : len);

	if (prng_below(prng, 4) == 0)
		stream[at] = (uint8_t)prng_next(prng);
	else
		stream[at] ^= (uint8_t)(1u << prng_below(prng, 8));
}

/* A message, at times changed or cut short, at times noise, with the end that was taken from it. */
static size_t some_stream(struct prng *prng, const struct conversation *conversation, size_t index,
                          uint8_t *stream)
{
	size_t len = 0;

	if (index < conversation->count) {
		len = conversation->messages[index].payload.len;
		memcpy(stream, conversation->messages[index].payload.data, len);
	} else {
		len = prng_below(prng, 80);
		prng_fill(prng, stream, len);
		if (len > 0)
			stream[0] = (uint8_t)((stream[0] & 0xf8) | prng_below(prng, 6));
	}
	if (prng_below(prng, 8) == 0)
		len = prng_below(prng, len + 1);
	if (prng_below(prng, 3) == 0) {
		memcpy(stream + len, "\x00\x00\xff\xff", 4);
		len += 4;
	}
	for (size_t n = prng_below(prng, 4); n > 0 && len > 0; n--)
		change(prng, stream, len);
	return len;
}

struct players {
	struct zlib zlib;
	struct inflate model;
	struct outcome expected;
	struct outcome found;
	size_t results[INFLATE_STOPPED];
	size_t damages[DAMAGE_KINDS];
};

static void start(struct players *p, struct prng *prng)
{
	static const size_t in[] = { 1, 1, 7, STREAM_ROOM };
	static const size_t out[] = { 1, 10, 1000, 1000 };

	p->zlib.in = in[prng_below(prng, 4)];
	p->zlib.out = out[prng_below(prng, 4)];
	assert_int_equal(inflateReset(&p->zlib.stream), Z_OK);
	inflate_forget(&p->model);
}

static void compare(struct players *p, uint64_t number, struct nv_bytes stream)
{
	model_decodes(&p->model, stream, &p->found);
	zlib_decodes(&p->zlib, stream, &p->expected);
	p->results[p->found.result]++;
	if (p->found.result == INFLATE_DAMAGED)
		p->damages[p->model.damage]++;
	if (p->expected.result == p->found.result && p->expected.read == p->found.read &&
	    blob_same(&p->expected.out, &p->found.out))
		return;
	fail_msg("stream %llu: zlib %d after %zu bytes, %zu out; the model %d after %zu, %zu out",
	         (unsigned long long)number, p->expected.result, p->expected.read,
	         p->expected.out.len, p->found.result, p->found.read, p->found.out.len);
}

static void play(struct players *p, uint64_t number)
{
	struct prng prng = { prng_next(&(struct prng){ number }) };
	const struct conversation *conversation =
		&deflated_conversations()[prng_below(&prng, CONVERSATIONS)];
	uint8_t stream[STREAM_ROOM];
	size_t index = 0;

	start(p, &prng);
	do {
		size_t len = some_stream(&prng, conversation, index, stream);

		if (!conversation->takeover)
			start(p, &prng);
		compare(p, number, (struct nv_bytes){ stream, len });
	} while (p->found.result == INFLATE_WHOLE && index++ < conversation->count);
}

static void print_counts(const char *title, const size_t *counts, size_t len)
{
	printf("%s", title);
	for (size_t i = 0; i < len; i++)
		printf(" %zu", counts[i]);
	printf("\n");
}

static void the_model_decodes_as_zlib_does(void **state)
{
	static struct players p;

	assert_int_equal(inflateInit2(&p.zlib.stream, -15), Z_OK);
	for (uint64_t number = 1; number <= STREAMS; number++)
		play(&p, number);
	print_counts("whole, cut, damaged:", p.results, INFLATE_STOPPED);
	print_counts("kinds of damage:", p.damages, DAMAGE_KINDS);
	for (size_t i = 0; i < INFLATE_STOPPED; i++)
		assert_true(p.results[i] > STREAMS / 20);
	for (size_t i = 0; i < DAMAGE_KINDS; i++)
		assert_true(p.damages[i] > 10);
	inflateEnd(&p.zlib.stream);
	inflate_free(&p.model);
	blob_free(&p.expected.out);
	blob_free(&p.found.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_model_decodes_as_zlib_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
