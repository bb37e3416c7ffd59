/* SPDX-License-Identifier: MIT */
/* fuzz_utf8_diff.c: a text in pieces against the model, which decodes it. Input: a seed, the text. */
#include "input.h"
#include "model/utf8.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint32_t seed = input_byte(&input);
	uint8_t state = NV_UTF8_ACCEPT;
	uint8_t *text = copy_of((struct nv_bytes){ input.data, input.len });
	size_t fed = 0;

	while (fed < input.len) {
		size_t len = next_piece(&seed, input.len - fed);
		enum model_text expected;

		state = nv_utf8_feed(state, text + fed, len);
		fed += len;
		expected = model_text(text, fed);
		must((state == NV_UTF8_REJECT) == (expected == MODEL_WRONG));
		must((state == NV_UTF8_ACCEPT) == (expected == MODEL_WHOLE));
	}
	free(text);
	return 0;
}
