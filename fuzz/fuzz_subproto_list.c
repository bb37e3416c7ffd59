/* SPDX-License-Identifier: MIT */
/* fuzz_subproto_list.c: lists of subprotocols. Input: the lines, with a newline between them. */
#include "input.h"
#include "proto/field.h"
#include "proto/subprotocol.h"

static void check(const struct nv_subprotocols *set)
{
	must(set->count <= NV_SUBPROTOCOLS_MAX);
	for (size_t i = 0; i < set->count; i++) {
		must(nv_is_token(set->names[i]));
		must(nv_subprotocols_has(set, set->names[i]));
		for (size_t other = 0; other < i; other++)
			must(!nv_bytes_equal(set->names[i], set->names[other]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t *copy = copy_of((struct nv_bytes){ data, size });
	struct nv_subprotocols set = { .count = 0 };
	const char *problem = NULL;

	input.data = copy;
	while (!problem && input.len > 0)
		problem = nv_subprotocols_add(&set, input_until(&input, '\n'));
	if (!problem)
		check(&set);
	free(copy);
	return 0;
}
