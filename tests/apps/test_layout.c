/* SPDX-License-Identifier: MIT */
/* test_layout.c: where libedit's cursor stands. */
#include "connect/layout.h"

#include <locale.h>
#include <wctype.h>

#include "support/unit.h"

/* Behind the prompt "> " in ten columns. */
static void assert_place(const wchar_t *text, size_t len, size_t row, size_t column)
{
	struct nv_place place = nv_layout_place(text, len, wcslen(text), 2, 10);

	assert_int_equal(place.row, row);
	assert_int_equal(place.column, column);
}

static void letters_take_a_column(void **state)
{
	(void)state;
	assert_place(L"", 0, 0, 2);
	assert_place(L"abc", 2, 0, 4);
	assert_place(L"é\u0301ü", 3, 0, 4);
}

static void a_full_row_ends_in_the_next_one(void **state)
{
	(void)state;
	assert_place(L"1234567", 7, 0, 9);
	assert_place(L"12345678", 8, 1, 0);
	assert_place(L"12345678123456789012", 20, 2, 2);
}

static void wide_ones_take_two(void **state)
{
	(void)state;
	assert_place(L"漢字\U0001F600", 3, 0, 8);
	assert_place(L"漢字漢字", 4, 1, 0);
}

static void a_wide_one_is_not_cut(void **state)
{
	(void)state;
	assert_place(L"1234567漢", 8, 1, 2);
	assert_place(L"1234567漢", 7, 1, 0);
	assert_place(L"1234567x", 7, 0, 9);
}

static void controls_are_written_out(void **state)
{
	(void)state;
	assert_place(L"\x01\x7f", 2, 0, 6);
	assert_place(L"\uE000", 1, 0, iswprint(0xE000) ? 3 : 9);
	assert_place(L"1234567\x01x", 8, 1, 1);
}

static void tabs_and_line_breaks(void **state)
{
	(void)state;
	assert_place(L"\tx", 1, 0, 8);
	assert_place(L"ab\ncd", 3, 1, 0);
	assert_place(L"ab\ncd", 5, 1, 2);
}

/* Written in ten columns, and wrapped anew. */
static void assert_wrapped(const wchar_t *text, size_t len, size_t columns, size_t row,
                           size_t column)
{
	struct nv_place place = nv_layout_wrapped(text, len, wcslen(text), 2, 10, columns);

	assert_int_equal(place.row, row);
	assert_int_equal(place.column, column);
}

static void what_was_written_is_wrapped_anew(void **state)
{
	(void)state;
	assert_wrapped(L"12345678901234567890", 20, 10, 2, 2);
	assert_wrapped(L"12345678901234567890", 20, 30, 0, 22);
	assert_wrapped(L"12345678901234567890", 10, 6, 2, 0);
	assert_wrapped(L"ab\ncd", 5, 30, 1, 2);
	assert_wrapped(L"123\tx", 4, 5, 1, 3);
}

static void a_row_that_a_wide_one_left_stays(void **state)
{
	(void)state;
	assert_wrapped(L"1234567漢", 8, 20, 1, 2);
	assert_wrapped(L"1234567漢", 7, 20, 1, 0);
	assert_wrapped(L"1234567漢x", 9, 10, 1, 3);
	assert_wrapped(L"1234567漢x", 9, 9, 1, 3);
	assert_wrapped(L"1234567漢x", 9, 8, 2, 3);
	assert_wrapped(L"漢漢漢", 3, 5, 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_take_a_column),
		cmocka_unit_test(a_full_row_ends_in_the_next_one),
		cmocka_unit_test(wide_ones_take_two),
		cmocka_unit_test(a_wide_one_is_not_cut),
		cmocka_unit_test(controls_are_written_out),
		cmocka_unit_test(tabs_and_line_breaks),
		cmocka_unit_test(what_was_written_is_wrapped_anew),
		cmocka_unit_test(a_row_that_a_wide_one_left_stays),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
