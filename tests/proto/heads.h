/* SPDX-License-Identifier: MIT */
/* heads.h: feeds a head in every way and expects that it makes no difference: whole, byte by byte,
 * cut in two at each place, and three times in five at places that a seed chooses; every piece ends at
 * a guard page. */
#ifndef PROTO_HEADS_H
#define PROTO_HEADS_H

#include <navette/handshake.h>

#include "support/guard_page.h"
#include "support/prng.h"
#include "support/sanitizer.h"
#include "support/unit.h"

/* A long head is cut in two at each place; under a sanitizer, which makes that many times slower, at
 * some hundreds of them. */
#if SANITIZED
#define MOST_CUTS 500u
#else
#define MOST_CUTS SIZE_MAX
#endif

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

/* Feeds the next piece, unless there is an answer already. */
static inline void feed_piece(struct guard_page *page, struct outcome *outcome,
                              struct nv_bytes piece)
{
	size_t used;

	if (outcome->result != 0)
		return;
	outcome->result = nv_head_feed(outcome->head, guard_page_copy(page, piece.data, piece.len),
	                               piece.len, &used);
	assert_true(used == piece.len || (outcome->result != 0 && used < piece.len));
	outcome->used += used;
}

/* Cuts the input at these places, which ascend. */
static inline struct outcome feed_cut(struct guard_page *page, enum nv_head_kind kind,
                                      struct nv_bytes input, const size_t *cuts, size_t count)
{
	struct outcome outcome = { nv_head_new(kind), 0, 0 };
	size_t at = 0;

	assert_non_null(outcome.head);
	for (size_t i = 0; i <= count; i++) {
		size_t end = i < count ? cuts[i] : input.len;

		feed_piece(page, &outcome, (struct nv_bytes){ input.data + at, end - at });
		at = end;
	}
	return outcome;
}

static inline struct outcome feed_bytes(struct guard_page *page, enum nv_head_kind kind,
                                        struct nv_bytes input)
{
	struct outcome outcome = { nv_head_new(kind), 0, 0 };

	assert_non_null(outcome.head);
	for (size_t i = 0; i < input.len; i++)
		feed_piece(page, &outcome, (struct nv_bytes){ input.data + i, 1 });
	return outcome;
}

static inline void sort_cuts(size_t *cuts, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && cuts[j - 1] > cuts[j]; j--) {
			size_t larger = cuts[j - 1];

			cuts[j - 1] = cuts[j];
			cuts[j] = larger;
		}
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

static inline void expect_same_and_free(struct outcome whole, struct outcome other)
{
	expect_same(whole, other);
	nv_head_free(other.head);
}

/* The caller frees the head. A cut behind the last byte that is read is none. */
static inline struct outcome feed_ways(enum nv_head_kind kind, struct nv_bytes input,
                                       size_t most_cuts)
{
	struct guard_page page;
	struct outcome whole;
	size_t stride;

	guard_page_init(&page, input.len + 1);
	whole = feed_cut(&page, kind, input, NULL, 0);
	expect_same_and_free(whole, feed_bytes(&page, kind, input));
	stride = whole.used / most_cuts + 1;
	for (size_t cut = 0; cut <= whole.used; cut += stride)
		expect_same_and_free(whole, feed_cut(&page, kind, input, &cut, 1));
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct prng prng = { seed };
		size_t cuts[4];

		for (size_t i = 0; i < 4; i++)
			cuts[i] = prng_below(&prng, whole.used + 1);
		sort_cuts(cuts, 4);
		expect_same_and_free(whole, feed_cut(&page, kind, input, cuts, 4));
	}
	guard_page_deinit(&page);
	return whole;
}

static inline struct outcome feed_every_way(enum nv_head_kind kind, struct nv_bytes input)
{
	return feed_ways(kind, input, MOST_CUTS);
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
