/* SPDX-License-Identifier: MIT */
/* test_outq.c: the output queue: order, sharing of chunks, stable slices, no memory while empty,
 * dropping, and control frames that overtake. */
#include "base/outq.h"

#include <time.h>

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
	assert_null(queue->tail);
	assert_false(queue->begun);
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
	assert_true(failing_alloc_live_bytes() <= 2048);
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

/* However long the queue is. */
static void a_small_piece_behind_shared_bytes_stays_small(void **state)
{
	static const uint8_t own[100];
	struct nv_shared *block = nv_shared_new(100);
	struct nv_outq queue = { 0 };

	block->len = 100;
	while (queue.len < 1 << 20) {
		assert_int_equal(nv_outq_append_shared(&queue, block,
		                                       (struct nv_bytes){ block->data, 100 }),
		                 0);
		assert_int_equal(nv_outq_append(&queue, own, sizeof own), 0);
	}
	assert_true(failing_alloc_live_bytes() <= queue.len);
	nv_outq_deinit(&queue);
	nv_shared_unref(block);
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
	assert_null(nv_outq_reserve(&queue, NV_OUTQ_MAX - 299));
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

/* --- Messages that may be dropped --- */

/* Each of its bytes is a message of its own. */
static void publish(struct nv_outq *queue, struct nv_shared *shared, size_t from, size_t count,
                    uint64_t tag)
{
	for (size_t i = from; i < from + count; i++) {
		struct nv_bytes slice = { shared->data + i, 1 };

		assert_int_equal(nv_outq_append_droppable(queue, shared, slice, tag), 0);
	}
}

static void the_oldest_is_dropped_first(void **state)
{
	struct nv_shared *shared = shared_of("abcdef");
	struct nv_outq queue = { 0 };

	assert_false(nv_outq_drop_oldest(&queue));
	append(&queue, "1");
	publish(&queue, shared, 0, 2, 7);
	append_shared(&queue, shared, 2, 1);
	append(&queue, "2");
	publish(&queue, shared, 3, 3, 7);
	assert_text(&queue, "1abc2def");
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "1bc2def");
	assert_true(nv_outq_drop_oldest(&queue));
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "1c2ef");
	assert_true(nv_outq_drop_oldest(&queue));
	assert_true(nv_outq_drop_oldest(&queue));
	assert_false(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "1c2");
	publish(&queue, shared, 0, 1, 7);
	append(&queue, "3");
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "1c23");
	nv_outq_consume(&queue, 4);
	assert_int_equal(shared->refs, 1);
	nv_shared_unref(shared);
	assert_empty(&queue);
}

static void a_queue_of_droppables_can_be_emptied(void **state)
{
	struct nv_shared *shared = shared_of("abc");
	struct nv_outq queue = { 0 };

	publish(&queue, shared, 0, 3, 7);
	nv_shared_unref(shared);
	assert_int_equal(slice_count(&queue), 3);
	while (nv_outq_drop_oldest(&queue))
		continue;
	assert_empty(&queue);
}

static void what_has_begun_to_leave_is_not_dropped(void **state)
{
	struct nv_shared *shared = shared_of("abcdef");
	struct nv_outq queue = { 0 };

	assert_int_equal(
		nv_outq_append_droppable(&queue, shared, (struct nv_bytes){ shared->data, 2 }, 7),
		0);
	publish(&queue, shared, 2, 4, 7);
	nv_outq_consume(&queue, 1);
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "bdef");
	assert_int_equal(nv_outq_drop_tagged(&queue, 7), 3);
	assert_text(&queue, "b");
	assert_false(nv_outq_drop_oldest(&queue));
	publish(&queue, shared, 0, 2, 7);
	nv_outq_consume(&queue, 1);
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "b");
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
}

static void a_tag_is_dropped_alone(void **state)
{
	struct nv_shared *shared = shared_of("abcdef");
	struct nv_outq queue = { 0 };

	assert_int_equal(nv_outq_drop_tagged(&queue, 7), 0);
	publish(&queue, shared, 0, 2, 7);
	append(&queue, "1");
	publish(&queue, shared, 2, 1, UINT64_MAX);
	publish(&queue, shared, 3, 3, 7);
	assert_int_equal(nv_outq_drop_tagged(&queue, 0), 0);
	assert_text(&queue, "ab1cdef");
	assert_int_equal(nv_outq_drop_tagged(&queue, 7), 5);
	assert_text(&queue, "1c");
	append(&queue, "2");
	assert_int_equal(nv_outq_drop_tagged(&queue, UINT64_MAX), 1);
	assert_text(&queue, "12");
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
}

static void a_droppable_costs_as_much_as_a_reference(void **state)
{
	struct nv_shared *shared = shared_of("ab");
	struct nv_outq queue = { 0 };
	size_t before = failing_alloc_live_bytes();

	publish(&queue, shared, 0, 1, 7);
	assert_true(failing_alloc_live_bytes() - before <= 40);
	nv_outq_deinit(&queue);
	append_shared(&queue, shared, 1, 1);
	assert_true(failing_alloc_live_bytes() - before <= 40);
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
}

static void tells_what_it_keeps_from_being_freed(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_shared *one = shared_of("abcd");
	struct nv_shared *two = shared_of("efgh");
	size_t chunk = sizeof(struct nv_chunk);

	assert_int_equal(nv_outq_memory(&queue), 0);
	publish(&queue, one, 0, 1, 1);
	publish(&queue, one, 2, 1, 1);
	assert_int_equal(nv_outq_memory(&queue), 2 * chunk + one->cap);
	publish(&queue, two, 0, 1, 1);
	assert_int_equal(nv_outq_memory(&queue), 3 * chunk + one->cap + two->cap);
	assert_int_equal(nv_outq_append(&queue, "x", 1), 0);
	assert_true(nv_outq_memory(&queue) > 4 * chunk + one->cap + two->cap);
	nv_outq_deinit(&queue);
	nv_shared_unref(one);
	nv_shared_unref(two);
}

/* Were what may not be dropped walked over each time, this would take 1,000,000,000 steps. */
static void many_drops_walk_once(void **state)
{
	struct nv_outq queue = { 0 };
	struct nv_shared *shared;
	clock_t start;

	failing_alloc_remove(); /* it is slow with so many blocks */
	shared = shared_of("abcd");
	for (size_t i = 0; i < 100000; i++) {
		append_shared(&queue, shared, i % 2 * 2, 1);
		if (i % 10 == 0)
			publish(&queue, shared, 1, 1, 7);
	}
	start = clock();
	for (size_t i = 0; i < 10000; i++)
		assert_true(nv_outq_drop_oldest(&queue));
	assert_false(nv_outq_drop_oldest(&queue));
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	assert_int_equal(queue.len, 100000);
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
	failing_alloc_install();
}

/* --- Control frames --- */

static void insert(struct nv_outq *queue, const char *frame, bool limited)
{
	assert_int_equal(nv_outq_insert_control(queue, frame, strlen(frame), limited), 0);
}

static void a_control_frame_overtakes_what_has_not_begun(void **state)
{
	struct nv_outq queue = { 0 };

	insert(&queue, "P", false);
	assert_text(&queue, "P");
	append(&queue, "data");
	insert(&queue, "Q", true);
	insert(&queue, "R", false);
	assert_text(&queue, "PQRdata");
	append(&queue, "more");
	assert_text(&queue, "PQRdatamore");
	nv_outq_consume(&queue, 11);
	assert_empty(&queue);
}

static void a_control_frame_waits_for_the_chunk_under_way(void **state)
{
	struct nv_shared *shared = shared_of("xyz");
	struct nv_outq queue = { 0 };

	append(&queue, "data");
	append_shared(&queue, shared, 0, 3);
	nv_outq_consume(&queue, 1);
	insert(&queue, "P", false);
	insert(&queue, "Q", true);
	assert_text(&queue, "ataPQxyz");
	nv_outq_consume(&queue, 3);
	insert(&queue, "R", false);
	assert_text(&queue, "PQRxyz");
	nv_outq_consume(&queue, 4);
	insert(&queue, "S", true);
	assert_text(&queue, "yzS");
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
}

static void of_limited_ones_the_newest_four_wait(void **state)
{
	struct nv_outq queue = { 0 };

	append(&queue, "data");
	nv_outq_consume(&queue, 1);
	for (const char *pong = "12345678"; *pong; pong++)
		assert_int_equal(nv_outq_insert_control(&queue, pong, 1, true), 0);
	assert_text(&queue, "ata5678");
	insert(&queue, "ping", false);
	insert(&queue, "9", true);
	assert_text(&queue, "ata678ping9");
	nv_outq_consume(&queue, 4);
	insert(&queue, "A", true);
	assert_text(&queue, "78ping9A");
	insert(&queue, "B", true);
	assert_text(&queue, "8ping9AB");
	nv_outq_deinit(&queue);
	assert_empty(&queue);
}

static void a_limited_one_under_way_is_not_displaced(void **state)
{
	struct nv_outq queue = { 0 };

	append(&queue, "data");
	insert(&queue, "<1>", true);
	nv_outq_consume(&queue, 1);
	for (const char *pong = "23456"; *pong; pong++)
		assert_int_equal(nv_outq_insert_control(&queue, pong, 1, true), 0);
	assert_text(&queue, "1>3456data");
	nv_outq_deinit(&queue);
}

static void nothing_overtakes_what_was_begun_by_its_owner(void **state)
{
	struct nv_outq queue = { 0 };

	nv_outq_begin(&queue);
	assert_empty(&queue);
	append(&queue, "101");
	nv_outq_begin(&queue);
	insert(&queue, "P", false);
	append(&queue, "data");
	insert(&queue, "Q", false);
	assert_text(&queue, "101PQdata");
	nv_outq_consume(&queue, 3);
	insert(&queue, "R", false);
	assert_text(&queue, "PQRdata");
	nv_outq_deinit(&queue);
	assert_empty(&queue);
}

static void control_frames_share_chunks(void **state)
{
	struct nv_outq queue = { 0 };

	append(&queue, "data");
	for (size_t i = 0; i < 10000; i++)
		insert(&queue, "P!", false);
	assert_true(failing_alloc_live_blocks() <= 10);
	assert_int_equal(queue.len, 20004);
	nv_outq_deinit(&queue);
}

static void control_frames_and_drops_do_not_disturb_each_other(void **state)
{
	struct nv_shared *shared = shared_of("abc");
	struct nv_outq queue = { 0 };

	publish(&queue, shared, 0, 1, 7);
	for (const char *pong = "1234"; *pong; pong++)
		assert_int_equal(nv_outq_insert_control(&queue, pong, 1, true), 0);
	append(&queue, "!");
	publish(&queue, shared, 1, 2, 7);
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "1234!bc");
	insert(&queue, "5", true);
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "2345!c");
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
}

/* Until where nothing can be dropped is remembered; that very place goes away. */
static void a_drop_after_a_displaced_frame_finds_its_way(void **state)
{
	struct nv_shared *shared = shared_of("ab");
	struct nv_outq queue = { 0 };

	append(&queue, "data");
	nv_outq_consume(&queue, 1);
	publish(&queue, shared, 0, 2, 7);
	insert(&queue, "1", true);
	assert_true(nv_outq_drop_oldest(&queue));
	for (const char *pong = "2345"; *pong; pong++)
		assert_int_equal(nv_outq_insert_control(&queue, pong, 1, true), 0);
	assert_text(&queue, "ata2345b");
	assert_true(nv_outq_drop_oldest(&queue));
	assert_false(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "ata2345");
	assert_non_null(nv_outq_reserve(&queue, 1000));
	assert_false(nv_outq_drop_oldest(&queue));
	nv_outq_commit(&queue, 0);
	publish(&queue, shared, 0, 1, 7);
	assert_true(nv_outq_drop_oldest(&queue));
	assert_text(&queue, "ata2345");
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
}

static void without_memory_nothing_is_displaced(void **state)
{
	struct nv_shared *shared = shared_of("a");
	struct nv_outq queue = { 0 };

	for (const char *pong = "1234"; *pong; pong++)
		assert_int_equal(nv_outq_insert_control(&queue, pong, 1, true), 0);
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_outq_insert_control(&queue, "5", 1, true), NV_ERR_NOMEM);
	assert_int_equal(nv_outq_insert_control(&queue, "6", 1, false), NV_ERR_NOMEM);
	assert_int_equal(
		nv_outq_append_droppable(&queue, shared, (struct nv_bytes){ shared->data, 1 }, 7),
		NV_ERR_NOMEM);
	assert_int_equal(shared->refs, 1);
	assert_text(&queue, "1234");
	nv_outq_deinit(&queue);
	nv_shared_unref(shared);
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
		TEST(a_small_piece_behind_shared_bytes_stays_small),
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
		TEST(the_oldest_is_dropped_first),
		TEST(a_queue_of_droppables_can_be_emptied),
		TEST(what_has_begun_to_leave_is_not_dropped),
		TEST(a_tag_is_dropped_alone),
		TEST(a_droppable_costs_as_much_as_a_reference),
		TEST(tells_what_it_keeps_from_being_freed),
		TEST(many_drops_walk_once),
		TEST(a_control_frame_overtakes_what_has_not_begun),
		TEST(a_control_frame_waits_for_the_chunk_under_way),
		TEST(of_limited_ones_the_newest_four_wait),
		TEST(a_limited_one_under_way_is_not_displaced),
		TEST(nothing_overtakes_what_was_begun_by_its_owner),
		TEST(control_frames_share_chunks),
		TEST(control_frames_and_drops_do_not_disturb_each_other),
		TEST(a_drop_after_a_displaced_frame_finds_its_way),
		TEST(without_memory_nothing_is_displaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
