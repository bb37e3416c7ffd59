/* SPDX-License-Identifier: MIT */
/* heads.c: heads, read in two ways and looked at from all sides. */
#include "heads.h"

#include "heap.h"
#include "input.h"
#include "proto/head.h"
#include "proto/request.h"

struct reading {
	struct nv_head *head;
	int result;
	size_t used;
};

static struct reading read_whole(enum nv_head_kind kind, struct nv_bytes bytes)
{
	struct reading reading = { .head = nv_head_new(kind) };
	uint8_t *copy = copy_of(bytes);

	must(reading.head != NULL);
	reading.result = nv_head_feed(reading.head, copy, bytes.len, &reading.used);
	free(copy);
	return reading;
}

static struct reading read_pieces(enum nv_head_kind kind, struct nv_bytes bytes, uint32_t seed)
{
	struct reading reading = { .head = nv_head_new(kind) };

	must(reading.head != NULL);
	while (reading.result == 0 && reading.used < bytes.len) {
		size_t len = next_piece(&seed, bytes.len - reading.used);
		uint8_t *copy = copy_of((struct nv_bytes){ bytes.data + reading.used, len });
		size_t used;

		reading.result = nv_head_feed(reading.head, copy, len, &used);
		must(reading.result != 0 ? used <= len : used == len);
		reading.used += used;
		free(copy);
	}
	return reading;
}

static void touch_fields(const struct nv_head *head)
{
	for (size_t i = 0; i < nv_head_field_count(head); i++) {
		struct nv_bytes name, value, element;
		size_t cursor = 0;
		char *text;

		nv_head_field_at(head, i, &name, &value);
		touch(value);
		text = (char *)copy_of(name);
		must(nv_head_field(head, text).data != NULL);
		must(nv_head_count(head, text) > 0);
		while (nv_head_element(head, text, &cursor, &element)) {
			must(element.len > 0);
			touch(element);
		}
		(void)nv_head_lists(head, text, "websocket");
		free(text);
	}
}

void head_touch(const struct nv_head *head)
{
	touch(nv_head_method(head));
	touch(nv_head_target(head));
	touch(nv_head_path(head));
	touch(nv_head_query(head));
	touch(nv_head_reason(head));
	touch_fields(head);
	(void)nv_handshake_wanted(head);
	(void)nv_request_check(head);
}

/* Without memory for one allocation there is a problem, or no head at all, and no leak. */
static void read_without_memory(enum nv_head_kind kind, struct nv_bytes bytes, size_t nth)
{
	struct nv_head *head;
	size_t used;
	int result;

	heap_start(nth);
	head = nv_head_new(kind);
	if (head) {
		result = nv_head_feed(head, bytes.data, bytes.len, &used);
		must((result < 0) == (nv_head_problem(head).status != 0));
		if (result == 1)
			head_touch(head);
	}
	nv_head_free(head);
	heap_end();
}

static void must_be_same(struct nv_bytes a, struct nv_bytes b)
{
	must(a.len == b.len && !a.data == !b.data);
	must(a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void compare(const struct nv_head *a, const struct nv_head *b)
{
	struct nv_problem problem_a = nv_head_problem(a);
	struct nv_problem problem_b = nv_head_problem(b);

	must(problem_a.status == problem_b.status && problem_a.text == problem_b.text);
	must_be_same(nv_head_method(a), nv_head_method(b));
	must_be_same(nv_head_target(a), nv_head_target(b));
	must_be_same(nv_head_path(a), nv_head_path(b));
	must_be_same(nv_head_query(a), nv_head_query(b));
	must_be_same(nv_head_reason(a), nv_head_reason(b));
	must(nv_head_minor(a) == nv_head_minor(b));
	must(nv_head_status(a) == nv_head_status(b));
	must(nv_head_field_count(a) == nv_head_field_count(b));
	for (size_t i = 0; i <= nv_head_field_count(a); i++) {
		struct nv_bytes name_a, name_b, value_a, value_b;

		nv_head_field_at(a, i, &name_a, &value_a);
		nv_head_field_at(b, i, &name_b, &value_b);
		must_be_same(name_a, name_b);
		must_be_same(value_a, value_b);
	}
}

struct nv_head *head_read(enum nv_head_kind kind, struct nv_bytes bytes, uint32_t seed)
{
	struct reading whole, pieces;

	read_without_memory(kind, bytes, 1 + seed % 4);
	whole = read_whole(kind, bytes);
	pieces = read_pieces(kind, bytes, seed);
	must(whole.result == pieces.result && whole.used <= bytes.len);
	must((whole.result < 0) == (nv_head_problem(whole.head).status != 0));
	if (whole.result == 1)
		must(whole.used == pieces.used);
	if (whole.result != 0)
		compare(whole.head, pieces.head);
	nv_head_free(whole.head);
	if (pieces.result == 1)
		return pieces.head;
	nv_head_free(pieces.head);
	return NULL;
}

struct nv_head *head_written(enum nv_head_kind kind, const char *bytes, int len)
{
	struct reading reading =
		read_whole(kind, (struct nv_bytes){ (const uint8_t *)bytes, (size_t)len });

	must(reading.result == 1 && reading.used == (size_t)len);
	return reading.head;
}
