/* SPDX-License-Identifier: MIT */
/* test_slice.c: pieces of a text, each in a block of its own that ends at a guard page. */
#include "proto/slice.h"

#include "support/guard_page.h"
#include "support/unit.h"

static struct guard_page page;

static struct nv_bytes guarded(const char *text, size_t len)
{
	return (struct nv_bytes){ guard_page_copy(&page, text, len), len };
}

static void skip_goes_on_behind_what_it_skips(void **state)
{
	const struct nv_bytes text = guarded("abc", 3);

	for (size_t len = 0; len <= text.len; len++) {
		struct nv_bytes rest = text;

		nv_skip(&rest, len);
		assert_ptr_equal(rest.data, text.data + len);
		assert_int_equal(rest.len, text.len - len);
	}
}

/* `len` bytes of the text are the piece, where they lie, and what follows is the rest. */
static void check_cut(struct nv_bytes text, const char *ends, size_t len)
{
	struct nv_bytes rest = text;
	struct nv_bytes piece = nv_take_until(&rest, ends);

	assert_ptr_equal(piece.data, text.data);
	assert_int_equal(piece.len, len);
	assert_ptr_equal(rest.data, text.data + len);
	assert_int_equal(rest.len, text.len - len);
}

static void a_piece_ends_before_the_first_end(void **state)
{
	check_cut(guarded("a/b?c", 5), "/?", 1);
	check_cut(guarded("a?b/c", 5), "/?", 1);
	check_cut(guarded("/a", 2), "/?", 0);
	check_cut(guarded("ab/", 3), "/", 2);
}

static void without_an_end_all_is_one_piece(void **state)
{
	check_cut(guarded("abc", 3), "/?", 3);
	check_cut(guarded("abc", 3), "", 3);
	check_cut(guarded("", 0), "/", 0);
	check_cut(guarded("\xc3\xa9\xff", 3), "/", 3);
}

static void a_zero_byte_ends_a_piece(void **state)
{
	check_cut(guarded("ab\0cd", 5), "/", 2);
}

static int make_page(void **state)
{
	guard_page_init(&page, 16);
	return 0;
}

static int free_page(void **state)
{
	guard_page_deinit(&page);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(skip_goes_on_behind_what_it_skips),
		cmocka_unit_test(a_piece_ends_before_the_first_end),
		cmocka_unit_test(without_an_end_all_is_one_piece),
		cmocka_unit_test(a_zero_byte_ends_a_piece),
	};

	return cmocka_run_group_tests(tests, make_page, free_page);
}
