/* SPDX-License-Identifier: MIT */
/* test_alloc.c: every block comes from the program's allocator, and a size of zero is no failure.
 * It tests the failing allocator of the other tests along the way. */
#include "base/alloc.h"

#include <navette/base.h>

#include "support/failing_alloc.h"
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

static void blocks_are_counted_by_the_programs_allocator(void **state)
{
	uint8_t *one = nv_alloc(100);
	uint8_t *two = nv_alloc(28);

	assert_non_null(one);
	assert_non_null(two);
	assert_int_equal(failing_alloc_live_blocks(), 2);
	assert_int_equal(failing_alloc_live_bytes(), 128);
	nv_free(one);
	nv_free(two);
	assert_int_equal(failing_alloc_live_blocks(), 0);
	assert_int_equal(failing_alloc_live_bytes(), 0);
	assert_int_equal(failing_alloc_count(), 2);
}

static void zeroed_memory_is_zero(void **state)
{
	const uint8_t zeros[300] = { 0 };
	uint8_t *dirty = nv_alloc(sizeof(zeros));
	uint8_t *clean;

	assert_non_null(dirty);
	memset(dirty, 0xff, sizeof(zeros));
	nv_free(dirty);
	clean = nv_alloc_zero(sizeof(zeros));
	assert_non_null(clean);
	assert_memory_equal(clean, zeros, sizeof(zeros));
	nv_free(clean);
}

static void realloc_keeps_the_content(void **state)
{
	char *text = nv_realloc(NULL, 6);

	assert_non_null(text);
	memcpy(text, "bytes", 6);
	text = nv_realloc(text, 1000);
	assert_non_null(text);
	assert_string_equal(text, "bytes");
	text = nv_realloc(text, 2);
	assert_non_null(text);
	assert_memory_equal(text, "by", 2);
	nv_free(text);
}

static void a_size_of_zero_is_a_block(void **state)
{
	void *none = nv_alloc(0);
	void *zeroed = nv_alloc_zero(0);
	void *shrunk = nv_realloc(nv_alloc(10), 0);

	assert_non_null(none);
	assert_non_null(zeroed);
	assert_non_null(shrunk);
	nv_free(none);
	nv_free(zeroed);
	nv_free(shrunk);
}

static void freeing_null_does_not_reach_the_allocator(void **state)
{
	nv_free(NULL);
	assert_int_equal(failing_alloc_live_blocks(), 0);
}

static void one_allocation_fails(void **state)
{
	void *one, *three;

	failing_alloc_fail(2, FAIL_ONCE);
	one = nv_alloc(1);
	assert_null(nv_alloc(1));
	three = nv_alloc_zero(1);
	assert_non_null(one);
	assert_non_null(three);
	assert_int_equal(failing_alloc_count(), 3);
	nv_free(one);
	nv_free(three);
}

static void all_allocations_fail_from_the_nth_on(void **state)
{
	void *one;

	failing_alloc_fail(2, FAIL_FOREVER);
	one = nv_alloc(1);
	assert_non_null(one);
	assert_null(nv_alloc(1));
	assert_null(nv_alloc_zero(1));
	assert_null(nv_realloc(one, 2));
	nv_free(one);
}

static void a_failed_realloc_keeps_the_block(void **state)
{
	char *text = nv_alloc(6);

	assert_non_null(text);
	memcpy(text, "bytes", 6);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_null(nv_realloc(text, 1000));
	assert_string_equal(text, "bytes");
	nv_free(text);
}

static void null_restores_the_c_library(void **state)
{
	void *block;

	nv_set_allocator(NULL);
	block = nv_realloc(nv_alloc(10), 20);
	assert_non_null(block);
	nv_free(block);
	block = nv_realloc(nv_alloc_zero(10), 0);
	assert_non_null(block);
	nv_free(block);
	assert_int_equal(failing_alloc_count(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, install, remove_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blocks_are_counted_by_the_programs_allocator),
		TEST(zeroed_memory_is_zero),
		TEST(realloc_keeps_the_content),
		TEST(a_size_of_zero_is_a_block),
		TEST(freeing_null_does_not_reach_the_allocator),
		TEST(one_allocation_fails),
		TEST(all_allocations_fail_from_the_nth_on),
		TEST(a_failed_realloc_keeps_the_block),
		TEST(null_restores_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
