/* SPDX-License-Identifier: MIT */
/* test_word.c: ASCII against its definition, byte by byte, at every alignment and length. */
#include "proto/word.h"

#include "support/guard_page.h"
#include "support/unit.h"

#define OFFSETS 64u
#define LENGTHS 257u

static bool is_ascii_by_definition(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] > 0x7f)
			return false;
	}
	return true;
}

static void every_byte_is_what_it_is(void **state)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		uint8_t block[8] = { 0 };

		for (size_t at = 0; at < sizeof block; at++) {
			memset(block, 'a', sizeof block);
			block[at] = (uint8_t)byte;
			assert_int_equal(nv_word_is_ascii(nv_word_at(block)), byte < 0x80);
			assert_int_equal(nv_is_ascii(block, at + 1), byte < 0x80);
		}
	}
}

/* Surrounded by what is not ASCII, of which nothing may be looked at. */
static void one_high_byte_is_found_anywhere(void **state)
{
	static _Alignas(64) uint8_t room[OFFSETS + LENGTHS + 8];

	for (size_t align = 0; align < OFFSETS; align++) {
		for (size_t len = 0; len < LENGTHS; len++) {
			memset(room, 0xff, sizeof room);
			memset(room + align, 0x7f, len);
			assert_true(nv_is_ascii(room + align, len));
			for (size_t at = align; at < align + len; at++) {
				room[at] = 0x80;
				if (nv_is_ascii(room + align, len) ||
				    is_ascii_by_definition(room + align, len))
					fail_msg("align %zu, length %zu, at %zu", align, len, at);
				room[at] = 0x7f;
			}
		}
	}
}

static void nothing_is_ascii(void **state)
{
	assert_true(nv_is_ascii(NULL, 0));
}

static void reads_nothing_outside(void **state)
{
	static const uint8_t text[LENGTHS];
	struct guard_page page;

	guard_page_init(&page, LENGTHS);
	for (size_t len = 0; len < LENGTHS; len++)
		assert_true(nv_is_ascii(guard_page_copy(&page, text, len), len));
	guard_page_deinit(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("U-10 every byte is what it is", every_byte_is_what_it_is),
		unit_case("U-10 one high byte is found anywhere, in every length",
		          one_high_byte_is_found_anywhere),
		cmocka_unit_test(nothing_is_ascii),
		cmocka_unit_test(reads_nothing_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
