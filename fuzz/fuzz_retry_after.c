/* SPDX-License-Identifier: MIT */
/* fuzz_retry_after.c: how long servers ask clients to stay away. Input: eight bytes of a clock, then the
 * value of Retry-After, which is taken for the reason of a Close, too. */
#include "input.h"
#include "proto/retry_after.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint64_t clock = 0;
	uint32_t wait;
	uint8_t *copy;
	struct nv_bytes text;

	for (int i = 0; i < 8; i++)
		clock = clock << 8 | input_byte(&input);
	text = input_bytes(&input, input.len);
	copy = malloc(text.len ? text.len : 1);
	must(copy != NULL);
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	text.data = copy;
	wait = nv_retry_after_field(text, (int64_t)clock);
	must(wait <= NV_RETRY_AFTER_MAX_MS && wait % 1000 == 0);
	/* A second later it is a second less, or the same if it is no date. */
	if (clock < INT64_MAX && wait > 0) {
		uint32_t later = nv_retry_after_field(text, (int64_t)clock + 1);

		must(later == wait || later + 1000 == wait);
	}
	must(nv_retry_after_reason(text) <= NV_RETRY_AFTER_MAX_MS);
	free(copy);
	return 0;
}
