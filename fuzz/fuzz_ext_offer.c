/* SPDX-License-Identifier: MIT */
/* fuzz_ext_offer.c: the lines of Sec-WebSocket-Extensions. Input: the values, with a newline between
 * them. */
#include "input.h"
#include "proto/extension.h"
#include "proto/field.h"

#define ROOM 20000u

static struct nv_head *read_offer(struct input *input)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\n";
	struct nv_head *head = nv_head_new(NV_REQUEST);
	size_t used;
	int result;

	must(head != NULL);
	must(nv_head_feed(head, (const uint8_t *)start, strlen(start), &used) == 0);
	do {
		struct nv_bytes line = input_until(input, '\n');

		(void)nv_head_feed(head, (const uint8_t *)"Sec-WebSocket-Extensions: ", 26, &used);
		(void)nv_head_feed(head, line.data, line.len, &used);
		result = nv_head_feed(head, (const uint8_t *)"\r\n", 2, &used);
	} while (input->len > 0 && result == 0);
	if (result == 0)
		result = nv_head_feed(head, (const uint8_t *)"\r\n", 2, &used);
	if (result == 1)
		return head;
	nv_head_free(head);
	return NULL;
}

/* How many parameters there are; of a valid list each has a name, and a value that may be empty only
 * where there is none. */
static size_t walk_parameters(struct nv_bytes rest, bool valid)
{
	struct nv_parameter parameter;
	size_t count = 0;

	while (nv_parameter_next(&rest, &parameter)) {
		must(++count < ROOM);
		touch(parameter.name);
		touch(parameter.value);
		must(!valid || nv_is_token(parameter.name));
		must(!valid || !parameter.value.data || parameter.value.len > 0);
	}
	must(!valid || rest.len == 0);
	return count;
}

static void walk(const struct nv_head *head)
{
	bool valid = nv_extensions_valid(head);
	struct nv_extension extension;
	size_t cursor = 0;
	size_t count = 0;

	while (nv_extension_next(head, &cursor, &extension)) {
		must(++count < ROOM);
		must(!valid || nv_is_token(extension.name));
		touch(extension.name);
		walk_parameters(extension.parameters, valid);
	}
	must(!valid || count > 0 || !nv_head_field(head, "Sec-WebSocket-Extensions").data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct nv_head *head = read_offer(&input);

	if (head)
		walk(head);
	nv_head_free(head);
	return 0;
}
