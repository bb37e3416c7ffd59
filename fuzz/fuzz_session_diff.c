/* SPDX-License-Identifier: MIT */
/* fuzz_session_diff.c: any stream, in any pieces, through the session and through the model.
 *
 * Input: flags (1: client, 2: with a Close of our own, 4: with permessage-deflate, 8 and 16: without
 * takeover of servers and of clients, 32: all in one piece), the three limits, where our Close leaves
 * (two bytes), a seed for the pieces; then the stream. */
#include "input.h"
#include "model/comparison.h"

static size_t seeded_piece(void *context, size_t left)
{
	return next_piece(context, left);
}

static size_t one_piece(void *context, size_t left)
{
	(void)context;
	return left;
}

/* 0 is no limit. */
static uint32_t some_limit(struct input *input)
{
	uint8_t limit = input_byte(input);

	return limit ? limit : NV_OFF;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct comparison comparison;
	struct input input = { data, size };
	uint8_t flags = input_byte(&input);
	struct model_input stream = { .role = flags & 1 ? NV_CLIENT : NV_SERVER };
	size_t close_at;
	uint32_t seed;

	stream.deflate.agreed = flags & 4;
	stream.deflate.server_no_context_takeover = flags & 8;
	stream.deflate.client_no_context_takeover = flags & 16;
	stream.max_message = some_limit(&input);
	stream.max_fragments = some_limit(&input);
	stream.max_empty = some_limit(&input);
	close_at = input_word(&input);
	seed = input_byte(&input);
	stream.stream = input_bytes(&input, input.len);
	stream.close_at = flags & 2 ? close_at % (stream.stream.len + 1) : MODEL_NEVER;
	if (comparison_run(&comparison, &stream, flags & 32 ? one_piece : seeded_piece, &seed))
		return 0;
	comparison_print(&comparison, &stream, stderr);
	abort();
}
