/* SPDX-License-Identifier: MIT */
/* fuzz_pmd_inflate.c: any bytes as the payload of compressed messages, in any fragments and pieces:
 * session and model agree, and what the session holds has a bound.
 *
 * Input: flags (1: client, 2: no takeover, 4: text, 8: fragments, 16: all in one piece), the limit, a
 * seed for fragments and pieces; then messages, each its length (two bytes) and its bytes. */
#include "heap.h"
#include "input.h"
#include "model/comparison.h"

enum flags {
	CLIENT = 1,
	NO_TAKEOVER = 2,
	TEXT = 4,
	FRAGMENTS = 8,
	ONE_PIECE = 16
};

#define FRAMES_MAX 65536u

struct maker {
	uint8_t stream[FRAMES_MAX];
	size_t len;
	uint32_t seed;
	uint8_t flags;
};

static size_t seeded_piece(void *context, size_t left)
{
	struct maker *m = context;

	return m->flags & ONE_PIECE ? left : next_piece(&m->seed, left);
}

static void put(struct maker *m, uint8_t byte)
{
	m->stream[m->len++] = byte;
}

/* The key is zero. */
static void put_frame(struct maker *m, uint8_t first, struct nv_bytes payload)
{
	uint8_t masked = m->flags & CLIENT ? 0 : 0x80;

	must(m->len + 8 + payload.len <= sizeof m->stream);
	put(m, first);
	if (payload.len < 126) {
		put(m, (uint8_t)(masked | payload.len));
	} else {
		put(m, masked | 126);
		put(m, (uint8_t)(payload.len >> 8));
		put(m, (uint8_t)payload.len);
	}
	for (int i = 0; masked && i < 4; i++)
		put(m, 0);
	if (payload.len > 0)
		memcpy(m->stream + m->len, payload.data, payload.len);
	m->len += payload.len;
}

static void put_message(struct maker *m, struct nv_bytes payload)
{
	uint8_t first = 0x40 | (m->flags & TEXT ? NV_TEXT : NV_BINARY);

	while (m->flags & FRAGMENTS && payload.len > 0) {
		size_t len = next_piece(&m->seed, payload.len);

		put_frame(m, first, (struct nv_bytes){ payload.data, len });
		payload.data += len;
		payload.len -= len;
		first = NV_CONTINUATION;
	}
	put_frame(m, 0x80 | first, payload);
}

static struct nv_bytes make_stream(struct maker *m, struct input *input)
{
	while (input->len > 0) {
		size_t len = input_word(input);
		/* Every byte may become a frame. */
		size_t room = (sizeof m->stream - m->len) / 8;

		if (room < 2)
			break;
		put_message(m, input_bytes(input, len < room ? len : room - 1));
	}
	return (struct nv_bytes){ m->stream, m->len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct comparison comparison;
	static struct maker maker;
	struct input input = { data, size };
	struct model_input stream = { .max_fragments = NV_OFF,
		                      .max_empty = NV_OFF,
		                      .close_at = MODEL_NEVER };
	bool same;

	maker.len = 0;
	maker.flags = input_byte(&input);
	stream.role = maker.flags & CLIENT ? NV_CLIENT : NV_SERVER;
	stream.deflate =
		(struct nv_deflate){ .agreed = true,
		                     .server_no_context_takeover = maker.flags & NO_TAKEOVER,
		                     .client_no_context_takeover = maker.flags & NO_TAKEOVER };
	stream.max_message = input_byte(&input);
	stream.max_message = stream.max_message * stream.max_message + 1;
	maker.seed = input_byte(&input);
	stream.stream = make_stream(&maker, &input);
	heap_start(0);
	same = comparison_run(&comparison, &stream, seeded_piece, &maker);
	/* Twice the message, which grows, the copy of a whole compressed one, and an inflater. */
	must(heap_peak() <= 4 * (size_t)stream.max_message + 65536);
	heap_end();
	if (same)
		return 0;
	comparison_print(&comparison, &stream, stderr);
	abort();
}
