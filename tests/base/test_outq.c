/* SPDX-License-Identifier: MIT */
/* test_outq.c: the output queue: order, sharing of chunks, stable slices, no memory while empty. */
#include "base/outq.h"
#include "base/shared.h"

#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/unit.h"

static int install(void **state)
{
	failing_alloc_install();
	return 0;
}

static int remove_it(void **state)
{
	failing_alloc_remove();
	return 0;
}

static void append(struct nv_outq *queue, const char *text)
{
	assert_int_equal(nv_outq_append(queue, text, strlen(text)), 0);
}

/* Appends the numbers from *next on, as bytes. */
static void append_numbers(struct nv_outq *queue, uint8_t *next, size_t len)
{
	uint8_t *room = nv_outq_reserve(queue, len);
	size_t i;

	assert_non_null(room);
	for (i = 0; i < len; i++)
		room[i] = (*next)++;
	nv_outq_commit(queue, len);
}

static size_t slice_count(const struct nv_outq *queue)
{
	struct nv_bytes slices[64];

	return nv_outq_peek(queue, slices, 64);
}

/* The whole queue holds the numbers from `first` on, and its length is the sum of its slices. */
static void assert_numbers(const struct nv_outq *queue, uint8_t first)
{
	struct nv_bytes slices[64];
	const size_t count = nv_outq_peek(queue, slices, 64);
	size_t sum = 0, i, k;

	for (i = 0; i < count; i++) {
		assert_true(slices[i].len > 0);
		for (k = 0; k < slices[i].len; k++)
			assert_int_equal(slices[i].data[k], (uint8_t)(first + sum + k));
		sum += slices[i].len;
	}
	assert_int_equal(sum, queue->len);
}

static void assert_empty(const struct nv_outq *queue)
{
	assert_null(queue->head);
	assert_null(queue->tail);
	assert_int_equal(queue->len, 0);
	assert_int_equal(slice_count(queue), 0);
	assert_int_equal(failing_alloc_live_blocks(), 0);
}

static void starts_empty_and_without_memory(void **state)
{
	struct nv_outq queue = { 0 };

	assert_int_equal(nv_outq_append(&queue, NULL, 0), 0);
	nv_outq_consume(&queue, 0);
	nv_outq_commit(&queue, 0);
	assert_empty(&queue);
	nv_outq_deinit(&queue);
	assert_int_equal(failing_alloc_count(), 0);
}

static void small_pieces_share_one_chunk(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_bytes slice;

	append(&queue, "one ");
	append(&queue, "two ");
	append(&queue, "three");
	assert_int_equal(queue.len, 13);
	assert_int_equal(failing_alloc_live_blocks(), 1);
	assert_true(failing_alloc_live_bytes() <= 512);
	assert_int_equal(nv_outq_peek(&queue, &slice, 1), 1);
	assert_true(nv_bytes_is(slice, "one two three"));
	nv_outq_deinit(&queue);
	assert_empty(&queue);
}

static void nothing_is_held_once_all_is_consumed(void **state)
{
	struct nv_outq queue = { 0 };
	uint8_t next = 0;

	append(&queue, "short");
	nv_outq_consume(&queue, 5);
	assert_empty(&queue);
	append_numbers(&queue, &next, 100000);
	append_numbers(&queue, &next, 10);
	nv_outq_consume(&queue, 100010);
	assert_empty(&queue);
}

static void chunks_are_freed_as_they_are_consumed(void **state)
{
	struct nv_outq queue = { 0 };
	uint8_t next = 0;

	append_numbers(&queue, &next, 20000);
	append_numbers(&queue, &next, 20000);
	assert_int_equal(failing_alloc_live_blocks(), 2);
	nv_outq_consume(&queue, 19999);
	assert_int_equal(failing_alloc_live_blocks(), 2);
	nv_outq_consume(&queue, 1);
	assert_int_equal(failing_alloc_live_blocks(), 1);
	nv_outq_consume(&queue, 20000);
	assert_empty(&queue);
}

static void consuming_stops_inside_a_chunk(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_bytes slice;

	append(&queue, "abcdef");
	nv_outq_consume(&queue, 2);
	append(&queue, "gh");
	assert_int_equal(queue.len, 6);
	assert_int_equal(nv_outq_peek(&queue, &slice, 1), 1);
	assert_true(nv_bytes_is(slice, "cdefgh"));
	nv_outq_deinit(&queue);
}

static void chunks_grow_with_the_queue(void **state)
{
	struct nv_outq queue = { 0 };
	uint8_t next = 0;
	size_t largest = 0, i, before;

	for (i = 0; i < 200000; i++) {
		before = failing_alloc_live_bytes();
		append_numbers(&queue, &next, 1);
		if (failing_alloc_live_bytes() - before > largest)
			largest = failing_alloc_live_bytes() - before;
	}
	assert_int_equal(largest, 16 * 1024);
	assert_true(failing_alloc_count() <= 6 + 200000 / 16000);
	assert_true(failing_alloc_live_bytes() <= queue.len + 17 * 1024);
	assert_numbers(&queue, 0);
	nv_outq_deinit(&queue);
}

static void a_big_piece_gets_a_chunk_of_its_size(void **state)
{
	struct nv_outq queue = { 0 };
	uint8_t next = 0;

	append_numbers(&queue, &next, 1 << 20);
	assert_int_equal(failing_alloc_live_blocks(), 1);
	assert_true(failing_alloc_live_bytes() < (1 << 20) + 64);
	append_numbers(&queue, &next, 1);
	assert_int_equal(slice_count(&queue), 2);
	assert_numbers(&queue, 0);
	nv_outq_deinit(&queue);
}

static void slices_stay_while_more_is_appended(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_bytes slice, again;
	uint8_t next = 0;

	append_numbers(&queue, &next, 100);
	assert_int_equal(nv_outq_peek(&queue, &slice, 1), 1);
	append_numbers(&queue, &next, 50000);
	assert_int_equal(nv_outq_peek(&queue, &again, 1), 1);
	assert_ptr_equal(slice.data, again.data);
	assert_int_equal(slice.data[99], 99);
	nv_outq_deinit(&queue);
}

static void peek_answers_at_most_what_is_asked(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_bytes slices[2];
	uint8_t next = 0;
	size_t i;

	for (i = 0; i < 4; i++)
		append_numbers(&queue, &next, 20000);
	assert_int_equal(nv_outq_peek(&queue, slices, 0), 0);
	assert_int_equal(nv_outq_peek(&queue, slices, 2), 2);
	assert_int_equal(slices[0].len, 20000);
	assert_int_equal(slices[1].len, 20000);
	assert_int_equal(slices[1].data[0], 20000 % 256);
	nv_outq_deinit(&queue);
}

static void less_may_be_committed_than_was_reserved(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_bytes slice;
	uint8_t *room = nv_outq_reserve(&queue, 100);

	assert_non_null(room);
	memcpy(room, "abc", 3);
	nv_outq_commit(&queue, 3);
	append(&queue, "def");
	assert_int_equal(nv_outq_peek(&queue, &slice, 1), 1);
	assert_true(nv_bytes_is(slice, "abcdef"));
	nv_outq_deinit(&queue);
}

static void a_reservation_may_be_given_up(void **state)
{
	struct nv_outq queue = { 0 };

	assert_non_null(nv_outq_reserve(&queue, 0));
	nv_outq_commit(&queue, 0);
	assert_empty(&queue);
	assert_non_null(nv_outq_reserve(&queue, 100));
	assert_int_equal(slice_count(&queue), 0);
	nv_outq_commit(&queue, 0);
	assert_empty(&queue);
	assert_non_null(nv_outq_reserve(&queue, 100));
	assert_non_null(nv_outq_reserve(&queue, 1000));
	nv_outq_deinit(&queue);
	assert_empty(&queue);
}

static void empty_chunks_are_never_seen(void **state)
{
	struct nv_outq queue = { 0 };
	uint8_t next = 0;

	assert_non_null(nv_outq_reserve(&queue, 100));
	append_numbers(&queue, &next, 5000);
	assert_int_equal(slice_count(&queue), 1);
	assert_non_null(nv_outq_reserve(&queue, 5000));
	append_numbers(&queue, &next, 20000);
	assert_int_equal(slice_count(&queue), 2);
	assert_numbers(&queue, 0);
	nv_outq_consume(&queue, 5000);
	assert_numbers(&queue, 5000 % 256);
	assert_non_null(nv_outq_reserve(&queue, 5000));
	nv_outq_consume(&queue, 20000);
	assert_empty(&queue);
}

static void without_memory_the_queue_stays_as_it_was(void **state)
{
	struct nv_outq queue = { 0 };
	uint8_t next = 0;

	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_outq_append(&queue, "abc", 3), NV_ERR_NOMEM);
	assert_empty(&queue);
	failing_alloc_fail(0, FAIL_ONCE);
	append_numbers(&queue, &next, 300);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_null(nv_outq_reserve(&queue, 5000));
	assert_null(nv_outq_reserve(&queue, SIZE_MAX));
	assert_null(nv_outq_reserve(&queue, SIZE_MAX - 8));
	assert_int_equal(queue.len, 300);
	append_numbers(&queue, &next, 5000);
	assert_numbers(&queue, 0);
	nv_outq_deinit(&queue);
}

static void random_use_keeps_every_byte_in_order(void **state)
{
	struct prng prng = { 11 };
	struct nv_outq queue = { 0 };
	uint8_t next = 0, first = 0;
	size_t round, len;

	for (round = 0; round < 1000; round++) {
		append_numbers(&queue, &next, prng_below(&prng, round % 10 ? 200 : 20000));
		len = prng_below(&prng, queue.len + 1);
		nv_outq_consume(&queue, len);
		first = (uint8_t)(first + len);
		assert_numbers(&queue, first);
	}
	nv_outq_consume(&queue, queue.len);
	assert_empty(&queue);
}

/* --- Shared blocks --- */

static struct nv_shared *shared_of(const char *text)
{
	struct nv_shared *shared = nv_shared_new(64);

	assert_non_null(shared);
	memcpy(shared->data, text, strlen(text));
	shared->len = strlen(text);
	return shared;
}

static void append_shared(struct nv_outq *queue, struct nv_shared *shared, size_t from, size_t len)
{
	assert_int_equal(
		nv_outq_append_shared(queue, shared, (struct nv_bytes){ shared->data + from, len }),
		0);
}

static void assert_text(const struct nv_outq *queue, const char *text)
{
	struct nv_bytes slices[64];
	const size_t count = nv_outq_peek(queue, slices, 64);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		assert_true(at + slices[i].len <= strlen(text));
		assert_memory_equal(slices[i].data, text + at, slices[i].len);
		at += slices[i].len;
	}
	assert_int_equal(at, strlen(text));
	assert_int_equal(queue->len, at);
}

static void shared_bytes_are_referred_to(void **state)
{
	struct nv_shared *shared = shared_of("bcd");
	struct nv_outq queue = { 0 }, other = { 0 };
	struct nv_bytes slice;

	append(&queue, "a");
	append_shared(&queue, shared, 0, 3);
	append(&queue, "e");
	append_shared(&other, shared, 1, 1);
	assert_int_equal(shared->refs, 3);
	assert_text(&queue, "abcde");
	assert_text(&other, "c");
	assert_int_equal(nv_outq_peek(&other, &slice, 1), 1);
	assert_ptr_equal(slice.data, shared->data + 1);
	nv_shared_unref(shared);
	nv_outq_consume(&queue, 2);
	assert_text(&queue, "cde");
	nv_outq_deinit(&queue);
	assert_int_equal(shared->refs, 1);
	nv_outq_consume(&other, 1);
	assert_empty(&queue);
}

static void shared_bytes_in_a_row_are_one_slice(void **state)
{
	struct nv_shared *shared = shared_of("abcdef");
	struct nv_shared *another = shared_of("gh");
	struct nv_outq queue = { 0 };

	append_shared(&queue, shared, 0, 2);
	append_shared(&queue, shared, 2, 2);
	assert_int_equal(shared->refs, 2);
	assert_int_equal(slice_count(&queue), 1);
	append_shared(&queue, shared, 5, 1);
	append_shared(&queue, another, 0, 2);
	append_shared(&queue, another, 0, 0);
	assert_int_equal(slice_count(&queue), 3);
	assert_text(&queue, "abcdfgh");
	nv_outq_consume(&queue, 1);
	append_shared(&queue, another, 0, 1);
	assert_text(&queue, "bcdfghg");
	nv_shared_unref(shared);
	nv_shared_unref(another);
	nv_outq_consume(&queue, 7);
	assert_empty(&queue);
}

static void shared_bytes_without_memory(void **state)
{
	struct nv_shared *shared = shared_of("ab");
	struct nv_outq queue = { 0 };

	failing_alloc_fail(1, FAIL_FOREVER);
	assert_null(nv_shared_new(1));
	assert_int_equal(
		nv_outq_append_shared(&queue, shared, (struct nv_bytes){ shared->data, 2 }),
		NV_ERR_NOMEM);
	assert_int_equal(shared->refs, 1);
	assert_null(nv_shared_new(SIZE_MAX));
	nv_shared_unref(shared);
	nv_shared_unref(NULL);
	assert_empty(&queue);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, install, remove_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starts_empty_and_without_memory),
		TEST(small_pieces_share_one_chunk),
		TEST(nothing_is_held_once_all_is_consumed),
		TEST(chunks_are_freed_as_they_are_consumed),
		TEST(consuming_stops_inside_a_chunk),
		TEST(chunks_grow_with_the_queue),
		TEST(a_big_piece_gets_a_chunk_of_its_size),
		TEST(slices_stay_while_more_is_appended),
		TEST(peek_answers_at_most_what_is_asked),
		TEST(less_may_be_committed_than_was_reserved),
		TEST(a_reservation_may_be_given_up),
		TEST(empty_chunks_are_never_seen),
		TEST(without_memory_the_queue_stays_as_it_was),
		TEST(random_use_keeps_every_byte_in_order),
		TEST(shared_bytes_are_referred_to),
		TEST(shared_bytes_in_a_row_are_one_slice),
		TEST(shared_bytes_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
