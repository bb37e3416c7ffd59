/* SPDX-License-Identifier: MIT */
/* test_deflate_pool.c: compressors by themselves: what rests and what is freed, the budget, the limits
 * of one call, and whole messages through libdeflate. */
#include "proto/deflate_pool.h"

#include <dlfcn.h>
#include <libdeflate.h>
#include <limits.h>

#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/unit.h"

static const struct nv_compression fast = { true, false, 1, 5, 12, 15, 128 };

/* libdeflate does not allocate as the library does: this stands before its own. */
static bool no_decompressor;

struct libdeflate_decompressor *libdeflate_alloc_decompressor(void)
{
	struct libdeflate_decompressor *(*alloc)(void);

	*(void **)&alloc = dlsym(RTLD_NEXT, "libdeflate_alloc_decompressor");
	return no_decompressor ? NULL : alloc();
}

static int setup(void **state)
{
	failing_alloc_install();
	return 0;
}

static int teardown(void **state)
{
	failing_alloc_remove();
	return 0;
}

static struct nv_bytes of(const char *text)
{
	return (struct nv_bytes){ (const uint8_t *)text, strlen(text) };
}

static void what_rests_is_taken_again(void **state)
{
	struct nv_deflate_pool pool = { .compression = &fast };
	struct nv_deflater *nine = nv_pool_take_deflater(&pool, 9);
	struct nv_deflater *ten = nv_pool_take_deflater(&pool, 10);
	struct nv_inflater *inflater = nv_pool_take_inflater(&pool);

	nv_pool_put_deflater(&pool, nine, 9);
	nv_pool_put_deflater(&pool, ten, 10);
	nv_pool_put_inflater(&pool, inflater);
	assert_ptr_equal(nv_pool_take_deflater(&pool, 10), ten);
	assert_ptr_equal(nv_pool_take_deflater(&pool, 9), nine);
	assert_ptr_equal(nv_pool_take_inflater(&pool), inflater);
	nv_pool_put_deflater(&pool, nine, 9);
	nv_pool_put_deflater(&pool, ten, 10);
	nv_pool_put_inflater(&pool, inflater);
	nv_deflate_pool_deinit(&pool);
	assert_int_equal(failing_alloc_live_blocks(), 0);
}

static void one_of_each_kind_rests(void **state)
{
	struct nv_deflate_budget budget = { .max = SIZE_MAX };
	struct nv_deflate_pool pool = { .compression = &fast, .budget = &budget };
	struct nv_deflater *deflaters[2];
	struct nv_inflater *inflaters[2];

	for (int i = 0; i < 2; i++) {
		deflaters[i] = nv_pool_take_deflater(&pool, 15);
		inflaters[i] = nv_pool_take_inflater(&pool);
	}
	assert_int_equal(budget.used, 2 * nv_deflater_memory(15, &fast) + 2 * NV_INFLATER_MEMORY);
	assert_true(budget.used >= failing_alloc_live_bytes());
	for (int i = 0; i < 2; i++) {
		nv_pool_put_deflater(&pool, deflaters[i], 15);
		nv_pool_put_inflater(&pool, inflaters[i]);
	}
	assert_int_equal(budget.used, nv_deflater_memory(15, &fast) + NV_INFLATER_MEMORY);
	nv_pool_put_deflater(&pool, NULL, 15);
	nv_pool_put_inflater(&pool, NULL);
	nv_deflate_pool_deinit(&pool);
	assert_int_equal(budget.used, 0);
}

static void no_more_than_the_budget(void **state)
{
	struct nv_deflate_budget budget = { .max = NV_INFLATER_MEMORY };
	struct nv_deflate_pool pool = { .compression = &fast, .budget = &budget };
	struct nv_inflater *inflater = nv_pool_take_inflater(&pool);

	assert_non_null(inflater);
	assert_null(nv_pool_take_inflater(&pool));
	assert_null(nv_pool_take_deflater(&pool, 15));
	assert_int_equal(budget.used, NV_INFLATER_MEMORY);
	nv_pool_put_inflater(&pool, inflater);
	budget.max = 0;
	assert_false(nv_budget_take(&budget, 1));
	assert_int_equal(budget.used, NV_INFLATER_MEMORY);
	nv_deflate_pool_deinit(&pool);
	assert_int_equal(budget.used, 0);
	budget.max = SIZE_MAX;
	assert_true(nv_budget_take(&budget, SIZE_MAX));
	assert_false(nv_budget_take(&budget, 1));
	nv_budget_give(&budget, SIZE_MAX);
	assert_int_equal(budget.used, 0);
}

static void without_memory_there_is_none(void **state)
{
	struct nv_deflate_budget budget = { .max = SIZE_MAX };
	struct nv_deflate_pool pool = { .compression = &fast, .budget = &budget };
	struct nv_deflater *deflater = NULL;
	struct nv_inflater *inflater = NULL;

	for (size_t n = 1; !deflater; n++) {
		failing_alloc_fail(n, FAIL_ONCE);
		deflater = nv_pool_take_deflater(&pool, 15);
		assert_true(deflater || budget.used == 0);
		assert_true(deflater || failing_alloc_live_blocks() == 0);
		assert_true(n > 4 || !deflater);
	}
	nv_pool_put_deflater(&pool, deflater, 15);
	nv_deflate_pool_deinit(&pool);
	for (size_t n = 1; !inflater; n++) {
		failing_alloc_fail(n, FAIL_ONCE);
		inflater = nv_pool_take_inflater(&pool);
		assert_true(inflater || budget.used == 0);
		assert_true(n > 1 || !inflater);
	}
	nv_pool_put_inflater(&pool, inflater);
	nv_deflate_pool_deinit(&pool);
	nv_deflater_free(NULL);
	nv_inflater_free(NULL);
}

/* --- One call --- */

static void too_much_at_once_is_refused(void **state)
{
	struct nv_deflater *deflater = nv_deflater_new(15, &fast);
	const struct nv_bytes huge = { (const uint8_t *)"", (size_t)NV_DEFLATER_MAX + 1 };
	uint8_t room[64];

	assert_int_equal(nv_deflater_write(deflater, huge, true, room, sizeof room),
	                 NV_ERR_TOO_BIG);
	assert_int_equal(nv_deflater_write(deflater, of("random text"), true, room, 4),
	                 NV_ERR_TOO_BIG);
	nv_deflater_reset(deflater);
	/* More room than zlib can count is as good as much. */
	assert_true(nv_deflater_write(deflater, of("aaaaaaaaaaaa"), true, room, SIZE_MAX) > 0);
	nv_deflater_free(deflater);
}

/* RFC 7692 7.2.3.6: a last part without anything new is one byte. */
static void an_empty_last_part_is_one_byte(void **state)
{
	struct nv_deflater *deflater = nv_deflater_new(15, &fast);
	uint8_t room[64];

	assert_true(nv_deflater_write(deflater, of("Hello"), false, room, sizeof room) > 4);
	assert_int_equal(nv_deflater_write(deflater, of(""), false, room, sizeof room), 0);
	assert_int_equal(nv_deflater_write(deflater, of(""), true, room, sizeof room), 1);
	assert_int_equal(room[0], 0);
	nv_deflater_free(deflater);
}

static void reading_takes_any_room(void **state)
{
	static const uint8_t hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07,
		                         0x00, 0x00, 0x00, 0xff, 0xff };
	struct nv_inflater *inflater = nv_inflater_new();
	uint8_t room[16];

	nv_inflater_feed(inflater, (struct nv_bytes){ hello, sizeof hello });
	assert_int_equal(nv_inflater_read(inflater, room, (size_t)INT_MAX + 1), 5);
	assert_memory_equal(room, "Hello", 5);
	assert_int_equal(nv_inflater_read(inflater, room, 1), 0);
	nv_inflater_free(inflater);
}

/* --- Whole messages --- */

static int whole(struct nv_deflate_pool *pool, const void *message, size_t len, size_t size)
{
	static uint8_t room[4096];

	memset(room, 0, sizeof room);
	return nv_pool_inflate(pool, (struct nv_bytes){ message, len }, room, size);
}

static void whole_messages_are_whole(void **state)
{
	static const uint8_t hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
	static const uint8_t final[] = { 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00 };
	struct nv_deflate_pool pool = { .compression = &fast };

	no_decompressor = true;
	assert_int_equal(whole(&pool, hello, sizeof hello, 64), -1);
	no_decompressor = false;
	assert_int_equal(whole(&pool, hello, sizeof hello, 13), 5);
	assert_int_equal(whole(&pool, hello, sizeof hello, 12), -1);
	assert_int_equal(whole(&pool, "\0", 1, 64), 0);
	for (size_t len = 0; len < sizeof hello; len++)
		assert_int_equal(whole(&pool, hello, len, 64), -1);
	assert_int_equal(whole(&pool, final, sizeof final, 64), -1);
	assert_int_equal(whole(&pool, "\x03\x00", 2, 64), -1);
	assert_int_equal(whole(&pool, "\x06", 1, 64), -1);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(whole(&pool, hello, sizeof hello, 64), -1);
	nv_deflate_pool_deinit(&pool);
}

/* A stored block that announces up to 20 bytes more than there are takes what is added for data. */
static void a_stored_block_that_was_cut_off_is_not_whole(void **state)
{
	struct nv_deflate_pool pool = { .compression = &fast };
	uint8_t block[16] = { 0 };

	for (uint8_t final = 0; final < 2; final++) {
		for (uint8_t missing = 0; missing < 20; missing++) {
			uint8_t len = (uint8_t)(8 + missing);

			memcpy(block, (uint8_t[]){ final, len, 0, (uint8_t)~len, 0xff }, 5);
			assert_int_equal(whole(&pool, block, 5 + 8, 64), -1);
		}
	}
	nv_deflate_pool_deinit(&pool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_rests_is_taken_again),
		TEST(one_of_each_kind_rests),
		TEST(no_more_than_the_budget),
		TEST(without_memory_there_is_none),
		TEST(too_much_at_once_is_refused),
		TEST(an_empty_last_part_is_one_byte),
		TEST(reading_takes_any_room),
		TEST(whole_messages_are_whole),
		TEST(a_stored_block_that_was_cut_off_is_not_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
