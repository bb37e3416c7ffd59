/* SPDX-License-Identifier: MIT */
/* test_shared_frames.c: which frames lie side by side, what is compressed and when, and the blocks. */
#include "support/unit.h"

#include "ws/shared_frames.h"

#include "support/blob.h"
#include "support/failing_alloc.h"

#define TEN_BITS 3u

struct fixture {
	struct nv_session_options options;
	struct nv_deflate_pool pool;
	struct nv_shared_frames frames;
	uint32_t count;
	uint8_t text[70000];
	uint8_t noise[70000];
};

static void make_bytes(struct fixture *f)
{
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof f->text; i++) {
		state = state * 1664525 + 1013904223;
		f->text[i] = (uint8_t)("to be or not to be "[i % 19]);
		f->noise[i] = (uint8_t)(state >> 24);
	}
}

static int setup(void **state)
{
	static struct fixture fixture;
	struct fixture *f = &fixture;

	failing_alloc_install();
	*f = (struct fixture){ .count = 0 };
	f->options.compression = (struct nv_compression){ .enabled = true };
	nv_session_options_complete(&f->options);
	f->pool.compression = &f->options.compression;
	nv_shared_frames_init(&f->frames, &f->options, &f->pool);
	make_bytes(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	failing_alloc_fail(0, FAIL_ONCE);
	nv_shared_frames_deinit(&f->frames);
	nv_deflate_pool_deinit(&f->pool);
	failing_alloc_remove();
	return 0;
}

static int add(struct fixture *f, const uint8_t *data, size_t len)
{
	int error =
		nv_shared_frames_add(&f->frames, f->count, NV_TEXT, (struct nv_bytes){ data, len });

	f->count += error == 0;
	return error;
}

static void add_all(struct fixture *f, const uint8_t *data, size_t len, size_t count)
{
	for (; count > 0; count--)
		assert_int_equal(add(f, data, len), 0);
}

static void clear(struct fixture *f)
{
	nv_shared_frames_clear(&f->frames);
	f->count = 0;
}

/* How many pieces the frames from the first on are. */
static size_t pieces(struct fixture *f, unsigned encoding)
{
	struct nv_piece piece;
	uint32_t first = 0;
	size_t count = 0;

	for (; first < f->count; count++)
		first = nv_shared_frames_get(&f->frames, encoding, first, f->count, &piece);
	assert_int_equal(first, f->count);
	return count;
}

static bool is_compressed(struct fixture *f, uint32_t index)
{
	struct nv_piece piece;

	nv_shared_frames_get(&f->frames, TEN_BITS, index, index + 1, &piece);
	return piece.bytes.data[0] & 0x40;
}

/* --- As it is --- */

static void small_frames_lie_side_by_side(void **state)
{
	struct fixture *f = *state;
	struct nv_piece piece;

	add_all(f, f->text, 20, 500);
	assert_int_equal(nv_shared_frames_get(&f->frames, 0, 0, 500, &piece), 500);
	assert_int_equal(piece.bytes.len, 500 * 22);
	assert_int_equal(piece.last, 22);
	assert_int_equal(nv_shared_frames_get(&f->frames, 0, 7, 9, &piece), 9);
	assert_int_equal(piece.bytes.len, 44);
	assert_memory_equal(piece.bytes.data, "\x81\x14to be", 7);
	assert_ptr_equal(piece.block->data + 7 * 22, piece.bytes.data);
}

static void a_piece_ends_with_its_block(void **state)
{
	struct fixture *f = *state;

	add_all(f, f->text, 1000, 100);
	assert_in_range(pieces(f, 0), 100400 / 16384 + 1, 8);
}

static void a_large_frame_leaves_the_block_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct nv_piece before, after;

	add_all(f, f->text, 20, 1);
	add_all(f, f->text, 5000, 1);
	add_all(f, f->text, 20, 1);
	nv_shared_frames_get(&f->frames, 0, 0, 1, &before);
	nv_shared_frames_get(&f->frames, 0, 2, 3, &after);
	assert_ptr_equal(after.bytes.data, before.bytes.data + before.bytes.len);
	assert_int_equal(pieces(f, 0), 3);
	nv_shared_frames_get(&f->frames, 0, 1, 2, &before);
	assert_int_equal(before.block->cap, 5014);
}

static void messages_are_found_again(void **state)
{
	struct fixture *f = *state;
	const size_t sizes[] = { 0, 1, 125, 126, 65535, 65536 };
	struct nv_bytes message;

	for (size_t i = 0; i < 6; i++)
		add_all(f, f->noise + i, sizes[i], 1);
	for (uint32_t i = 0; i < 6; i++) {
		message = nv_shared_frames_message(&f->frames, i);
		assert_int_equal(message.len, sizes[i]);
		assert_memory_equal(message.data, f->noise + i, sizes[i]);
	}
}

/* --- Compressed --- */

static void compressed_frames_lie_side_by_side_too(void **state)
{
	struct fixture *f = *state;
	struct nv_piece piece;

	add_all(f, f->text, 300, 50);
	assert_int_equal(nv_shared_frames_get(&f->frames, TEN_BITS, 0, 50, &piece), 1);
	assert_int_equal(pieces(f, TEN_BITS), 50);
	assert_int_equal(pieces(f, TEN_BITS), 1);
	assert_true(is_compressed(f, 0) && is_compressed(f, 49));
	assert_int_equal(nv_shared_frames_get(&f->frames, 0, 0, 1, &piece), 1);
	assert_int_equal(piece.bytes.data[0], 0x81);
}

static void a_message_is_compressed_once(void **state)
{
	struct fixture *f = *state;

	add_all(f, f->text, 300, 50);
	pieces(f, TEN_BITS);
	failing_alloc_fail(0, FAIL_ONCE);
	nv_deflate_pool_deinit(&f->pool);
	pieces(f, TEN_BITS);
	/* Whatever compresses now needs a new compressor. */
	assert_int_equal(failing_alloc_count(), 0);
	assert_null(f->pool.deflaters[10 - 8]);
}

/* Text was checked by who published it. */
static void compressing_does_not_look_at_text(void **state)
{
	struct fixture *f = *state;

	memset(f->noise, 0xff, 300);
	add_all(f, f->noise, 300, 1);
	assert_true(is_compressed(f, 0));
}

static void compressing_holds_nothing_for_decompressing(void **state)
{
	struct fixture *f = *state;

	add_all(f, f->text, 300, 1);
	assert_true(is_compressed(f, 0));
	nv_deflate_pool_deinit(&f->pool);
	/* Two blocks, and little beside them. */
	assert_true(failing_alloc_live_bytes() < 40000);
}

static void what_is_asked_for_out_of_order_is_right(void **state)
{
	struct fixture *f = *state;
	struct nv_piece late, early;

	for (size_t i = 0; i < 20; i++)
		add_all(f, f->text + i, 300, 1);
	nv_shared_frames_get(&f->frames, TEN_BITS, 12, 13, &late);
	nv_shared_frames_get(&f->frames, TEN_BITS, 3, 4, &early);
	pieces(f, TEN_BITS);
	for (unsigned again = 0; again < 2; again++) {
		struct nv_piece piece;

		nv_shared_frames_get(&f->frames, TEN_BITS, 12, 13, &piece);
		assert_ptr_equal(piece.bytes.data, late.bytes.data);
		assert_int_equal(piece.bytes.len, late.bytes.len);
		nv_shared_frames_get(&f->frames, TEN_BITS, 3, 4, &piece);
		assert_ptr_equal(piece.bytes.data, early.bytes.data);
		assert_int_equal(piece.bytes.len, early.bytes.len);
	}
	assert_in_range(pieces(f, TEN_BITS), 4, 5);
}

static void what_gets_no_smaller_is_the_plain_frame(void **state)
{
	struct fixture *f = *state;
	struct nv_piece plain, compressed;

	add_all(f, f->text, 300, 1);
	assert_true(is_compressed(f, 0));
	clear(f);
	add_all(f, f->noise, 1000, 1);
	add_all(f, f->text, 127, 1);
	assert_int_equal(pieces(f, TEN_BITS), 2);
	assert_int_equal(pieces(f, TEN_BITS), 1);
	nv_shared_frames_get(&f->frames, 0, 0, 2, &plain);
	nv_shared_frames_get(&f->frames, TEN_BITS, 0, 2, &compressed);
	assert_ptr_equal(plain.bytes.data, compressed.bytes.data);
	assert_int_equal(plain.bytes.len, compressed.bytes.len);
}

static void a_small_plain_frame_is_copied_behind_compressed_ones(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 10; i++) {
		add_all(f, f->text, 300, 1);
		add_all(f, f->text, 20, 1);
	}
	pieces(f, TEN_BITS);
	assert_int_equal(pieces(f, TEN_BITS), 1);
	assert_false(is_compressed(f, 1));
	clear(f);
	for (size_t i = 0; i < 10; i++) {
		add_all(f, f->text, 300, 1);
		add_all(f, f->noise, 1000, 1);
	}
	pieces(f, TEN_BITS);
	assert_int_equal(pieces(f, TEN_BITS), 20);
}

static void a_copy_stays_within_its_block(void **state)
{
	struct fixture *f = *state;
	struct nv_piece piece;

	/* Below the threshold, so that nothing else looks for room. */
	for (size_t i = 0; i < 400; i++) {
		add_all(f, f->noise, 100, 1);
		add_all(f, f->text, 1000, 1);
	}
	pieces(f, TEN_BITS);
	for (uint32_t i = 0; i < f->count; i++) {
		nv_shared_frames_get(&f->frames, TEN_BITS, i, i + 1, &piece);
		assert_in_range(piece.bytes.data - piece.block->data, 0,
		                piece.block->len - piece.bytes.len);
		assert_true(piece.block->len <= piece.block->cap);
		assert_int_equal(is_compressed(f, i), i % 2);
	}
}

/* --- Blocks --- */

static void a_block_that_nobody_needs_is_filled_again(void **state)
{
	struct fixture *f = *state;
	struct nv_piece first, second;

	add_all(f, f->text, 20, 1);
	nv_shared_frames_get(&f->frames, 0, 0, 1, &first);
	clear(f);
	add_all(f, f->text, 20, 1);
	nv_shared_frames_get(&f->frames, 0, 0, 1, &second);
	assert_ptr_equal(first.bytes.data, second.bytes.data);
	nv_shared_ref(second.block);
	clear(f);
	add_all(f, f->text, 20, 1);
	nv_shared_frames_get(&f->frames, 0, 0, 1, &first);
	assert_ptr_equal(first.bytes.data, second.bytes.data + second.bytes.len);
	nv_shared_unref(second.block);
}

static void a_block_goes_with_the_last_who_needs_it(void **state)
{
	struct fixture *f = *state;
	struct nv_piece piece;
	size_t blocks = 0;

	for (int i = 0; i < 3; i++) {
		blocks = failing_alloc_live_blocks();
		add_all(f, f->text, 5000, 1);
		nv_shared_frames_get(&f->frames, 0, 0, 1, &piece);
		nv_shared_ref(piece.block);
		clear(f);
		assert_memory_equal(piece.bytes.data + 4, "to be", 5);
		nv_shared_unref(piece.block);
	}
	assert_int_equal(failing_alloc_live_blocks(), blocks);
}

/* --- Without memory --- */

static void nothing_is_added_without_memory(void **state)
{
	struct fixture *f = *state;
	struct nv_piece piece;
	size_t failed = 0;

	for (uint32_t i = 0; i < 300; i++) {
		for (size_t nth = 1; f->count == i; nth++) {
			failing_alloc_fail(nth, FAIL_ONCE);
			failed += add(f, f->text, i % 50 == 0 ? 5000 : 100) == NV_ERR_NOMEM;
		}
		failing_alloc_fail(0, FAIL_ONCE);
		assert_int_equal(nv_shared_frames_get(&f->frames, 0, i, i + 1, &piece), i + 1);
		assert_memory_equal(piece.bytes.data + piece.bytes.len - 50,
		                    f->text + (i % 50 == 0 ? 4950 : 50), 50);
	}
	assert_in_range(failed, 15, 30);
}

static void compressing_fails_softly(void **state)
{
	struct fixture *f = *state;
	bool compressed = false;

	add_all(f, f->text, 300, 3);
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_false(is_compressed(f, 0));
	for (size_t nth = 1; !compressed; nth++) {
		clear(f);
		failing_alloc_fail(0, FAIL_ONCE);
		add_all(f, f->text, 300, 1);
		failing_alloc_fail(nth, FAIL_ONCE);
		compressed = is_compressed(f, 0);
		assert_true(compressed || failing_alloc_count() >= nth);
	}
}

#define frames_case(title, function)                                                               \
	{                                                                                          \
		(title), (function), setup, teardown, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		frames_case("small frames lie side by side", small_frames_lie_side_by_side),
		frames_case("a piece ends with its block", a_piece_ends_with_its_block),
		frames_case("a large frame leaves the block as it is",
		            a_large_frame_leaves_the_block_as_it_is),
		frames_case("messages are found again", messages_are_found_again),
		frames_case("compressed frames lie side by side too",
		            compressed_frames_lie_side_by_side_too),
		frames_case("a message is compressed once", a_message_is_compressed_once),
		frames_case("compressing does not look at text", compressing_does_not_look_at_text),
		frames_case("compressing holds nothing for decompressing",
		            compressing_holds_nothing_for_decompressing),
		frames_case("what is asked for out of order is right",
		            what_is_asked_for_out_of_order_is_right),
		frames_case("what gets no smaller is the plain frame",
		            what_gets_no_smaller_is_the_plain_frame),
		frames_case("a small plain frame is copied behind compressed ones",
		            a_small_plain_frame_is_copied_behind_compressed_ones),
		frames_case("a copy stays within its block", a_copy_stays_within_its_block),
		frames_case("a block that nobody needs is filled again",
		            a_block_that_nobody_needs_is_filled_again),
		frames_case("a block goes with the last who needs it",
		            a_block_goes_with_the_last_who_needs_it),
		frames_case("nothing is added without memory", nothing_is_added_without_memory),
		frames_case("compressing fails softly", compressing_fails_softly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
