/* SPDX-License-Identifier: MIT */
/* heads.h: feeds a head in every way and expects that it makes no difference: whole, byte by byte,
 * and cut in two at each place; every piece ends at a guard page. */
#ifndef PROTO_HEADS_H
#define PROTO_HEADS_H

#include <navette/handshake.h>

#include "support/guard_page.h"
#include "support/unit.h"

struct outcome {
	struct nv_head *head;
	int result;
	size_t used;
};

static inline bool same_bytes(struct nv_bytes a, struct nv_bytes b)
{
	return a.len == b.len && !a.data == !b.data &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Feeds `first` bytes, and the rest in pieces of `step`, until there is an answer. */
static inline struct outcome feed_pieces(struct guard_page *page, enum nv_head_kind kind,
                                         struct nv_bytes input, size_t first, size_t step)
{
	struct outcome outcome = { nv_head_new(kind), 0, 0 };
	size_t at = 0;
	size_t piece = first;

	assert_non_null(outcome.head);
	while (outcome.result == 0 && at < input.len) {
		size_t used;

		if (piece > input.len - at)
			piece = input.len - at;
		outcome.result = nv_head_feed(
			outcome.head, guard_page_copy(page, input.data + at, piece), piece, &used);
		assert_true(used == piece || (outcome.result != 0 && used < piece));
		outcome.used += used;
		at += piece;
		piece = step;
	}
	return outcome;
}

static inline void expect_same_fields(const struct nv_head *a, const struct nv_head *b)
{
	assert_int_equal(nv_head_field_count(a), nv_head_field_count(b));
	for (size_t i = 0; i < nv_head_field_count(a); i++) {
		struct nv_bytes name_a, name_b, value_a, value_b;

		nv_head_field_at(a, i, &name_a, &value_a);
		nv_head_field_at(b, i, &name_b, &value_b);
		assert_true(same_bytes(name_a, name_b));
		assert_true(same_bytes(value_a, value_b));
	}
}

static inline void expect_same(struct outcome a, struct outcome b)
{
	assert_int_equal(a.result, b.result);
	assert_int_equal(a.used, b.used);
	assert_int_equal(nv_head_problem(a.head).status, nv_head_problem(b.head).status);
	assert_ptr_equal(nv_head_problem(a.head).text, nv_head_problem(b.head).text);
	assert_int_equal(nv_head_minor(a.head), nv_head_minor(b.head));
	assert_int_equal(nv_head_status(a.head), nv_head_status(b.head));
	assert_true(same_bytes(nv_head_method(a.head), nv_head_method(b.head)));
	assert_true(same_bytes(nv_head_target(a.head), nv_head_target(b.head)));
	assert_true(same_bytes(nv_head_path(a.head), nv_head_path(b.head)));
	assert_true(same_bytes(nv_head_query(a.head), nv_head_query(b.head)));
	assert_true(same_bytes(nv_head_reason(a.head), nv_head_reason(b.head)));
	expect_same_fields(a.head, b.head);
}

/* The caller frees the head. A long input is cut at some 300 places only. */
static inline struct outcome feed_every_way(enum nv_head_kind kind, struct nv_bytes input)
{
	size_t stride = input.len / 300 > 1 ? input.len / 300 : 1;
	struct guard_page page;
	struct outcome whole;

	guard_page_init(&page, input.len + 1);
	whole = feed_pieces(&page, kind, input, input.len, 1);
	for (size_t cut = 0; cut < input.len; cut += stride) {
		struct outcome split = feed_pieces(&page, kind, input, cut, cut ? input.len : 1);

		expect_same(whole, split);
		nv_head_free(split.head);
	}
	guard_page_deinit(&page);
	return whole;
}

/* A head that must be complete at the end of `text`. */
static inline struct nv_head *parse_head(enum nv_head_kind kind, const char *text)
{
	struct outcome outcome = feed_every_way(kind, nv_str(text));

	if (outcome.result != 1)
		fail_msg("%s: %s", text, nv_head_problem(outcome.head).text);
	assert_int_equal(outcome.used, strlen(text));
	return outcome.head;
}

#define assert_bytes(bytes, expected)                                                              \
	do {                                                                                       \
		struct nv_bytes assert_bytes_ = (bytes);                                           \
		if (!assert_bytes_.data || !nv_bytes_is(assert_bytes_, expected))                  \
			fail_msg("\"%.*s\" is not \"%s\"", (int)assert_bytes_.len,                 \
			         (const char *)assert_bytes_.data, expected);                      \
	} while (0)

#define assert_absent(bytes) assert_null((bytes).data)

#endif
