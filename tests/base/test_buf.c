/* SPDX-License-Identifier: MIT */
/* test_buf.c: bytes that grow: content, growth by doubling, sizes that overflow, no memory. */
#include "base/buf.h"

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

static void starts_empty_and_without_memory(void **state)
{
	struct nv_buf buf = { 0 };

	assert_int_equal(nv_buf_append(&buf, NULL, 0), 0);
	nv_buf_consume(&buf, 0);
	assert_null(buf.data);
	assert_int_equal(nv_buf_bytes(&buf).len, 0);
	assert_int_equal(failing_alloc_count(), 0);
	nv_buf_deinit(&buf);
}

static void appends_and_consumes(void **state)
{
	struct nv_buf buf = { 0 };

	assert_int_equal(nv_buf_append(&buf, "Hello, ", 7), 0);
	assert_int_equal(nv_buf_append(&buf, "world", 5), 0);
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "Hello, world"));
	nv_buf_consume(&buf, 0);
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "Hello, world"));
	nv_buf_consume(&buf, 3);
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "lo, world"));
	nv_buf_consume(&buf, 9);
	assert_int_equal(buf.len, 0);
	assert_int_equal(nv_buf_append(&buf, "again", 5), 0);
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "again"));
	nv_buf_deinit(&buf);
}

static void is_usable_after_deinit(void **state)
{
	struct nv_buf buf = { 0 };

	assert_int_equal(nv_buf_append(&buf, "one", 3), 0);
	nv_buf_deinit(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.cap, 0);
	assert_int_equal(nv_buf_append(&buf, "two", 3), 0);
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "two"));
	nv_buf_deinit(&buf);
	nv_buf_deinit(&buf);
}

static void reserved_room_is_behind_the_content(void **state)
{
	struct nv_buf buf = { 0 };
	uint8_t *room;

	assert_non_null(nv_buf_reserve(&buf, 0));
	assert_int_equal(nv_buf_append(&buf, "ab", 2), 0);
	room = nv_buf_reserve(&buf, 1000);
	assert_ptr_equal(room, buf.data + 2);
	assert_int_equal(buf.len, 2);
	assert_true(buf.cap >= 1002);
	memset(room, 'c', 1000);
	buf.len += 1000;
	assert_memory_equal(buf.data, "abc", 3);
	assert_int_equal(buf.data[1001], 'c');
	nv_buf_deinit(&buf);
}

static void room_that_is_there_costs_no_allocation(void **state)
{
	struct nv_buf buf = { 0 };
	size_t count;

	assert_non_null(nv_buf_reserve(&buf, 500));
	count = failing_alloc_count();
	assert_ptr_equal(nv_buf_reserve(&buf, buf.cap), buf.data);
	buf.len = buf.cap;
	assert_ptr_equal(nv_buf_reserve(&buf, 0), buf.data + buf.len);
	assert_int_equal(failing_alloc_count(), count);
	nv_buf_deinit(&buf);
}

static void grows_by_doubling(void **state)
{
	struct nv_buf buf = { 0 };
	size_t i;

	for (i = 0; i < 1 << 20; i++)
		assert_int_equal(nv_buf_append(&buf, "x", 1), 0);
	assert_int_equal(buf.len, 1 << 20);
	assert_true(buf.cap <= 2 << 20);
	assert_true(failing_alloc_count() <= 20);
	nv_buf_deinit(&buf);
}

static void a_size_that_overflows_is_no_memory(void **state)
{
	struct nv_buf buf = { 0 };

	assert_null(nv_buf_reserve(&buf, SIZE_MAX));
	assert_int_equal(nv_buf_append(&buf, "abc", 3), 0);
	assert_null(nv_buf_reserve(&buf, SIZE_MAX));
	assert_null(nv_buf_reserve(&buf, SIZE_MAX - 2));
	assert_null(nv_buf_reserve(&buf, SIZE_MAX - 3));
	assert_null(nv_buf_reserve(&buf, SIZE_MAX / 2 + 1));
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "abc"));
	nv_buf_deinit(&buf);
}

static void without_memory_the_content_stays(void **state)
{
	struct nv_buf buf = { 0 };
	const char text[200] = "text";

	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_buf_append(&buf, "abc", 3), NV_ERR_NOMEM);
	assert_null(buf.data);
	failing_alloc_fail(0, FAIL_ONCE);
	assert_int_equal(nv_buf_append(&buf, "abc", 3), 0);
	failing_alloc_fail(1, FAIL_ONCE);
	assert_int_equal(nv_buf_append(&buf, text, sizeof(text)), NV_ERR_NOMEM);
	assert_true(nv_bytes_is(nv_buf_bytes(&buf), "abc"));
	assert_int_equal(nv_buf_append(&buf, text, sizeof(text)), 0);
	assert_int_equal(buf.len, 203);
	nv_buf_deinit(&buf);
}

/* Appends and consumes at random; the content is the sequence of the numbers from `first` on. */
static void random_use_keeps_every_byte_in_order(void **state)
{
	struct prng prng = { 7 };
	struct nv_buf buf = { 0 };
	uint8_t next = 0, first = 0, piece[300];
	size_t round, len, i;

	for (round = 0; round < 2000; round++) {
		len = prng_below(&prng, sizeof(piece));
		for (i = 0; i < len; i++)
			piece[i] = next++;
		assert_int_equal(nv_buf_append(&buf, piece, len), 0);
		len = prng_below(&prng, buf.len + 1);
		nv_buf_consume(&buf, len);
		first = (uint8_t)(first + len);
		for (i = 0; i < buf.len; i++)
			assert_int_equal(buf.data[i], (uint8_t)(first + i));
	}
	nv_buf_deinit(&buf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, install, remove_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starts_empty_and_without_memory),
		TEST(appends_and_consumes),
		TEST(is_usable_after_deinit),
		TEST(reserved_room_is_behind_the_content),
		TEST(room_that_is_there_costs_no_allocation),
		TEST(grows_by_doubling),
		TEST(a_size_that_overflows_is_no_memory),
		TEST(without_memory_the_content_stays),
		TEST(random_use_keeps_every_byte_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
