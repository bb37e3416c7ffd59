/* SPDX-License-Identifier: MIT */
/* test_point.c: every code point, every wrong start, every cut. */
#include "text/point.h"

#include "support/unit.h"

static size_t encode(uint32_t point, uint8_t out[4])
{
	if (point < 0x80) {
		out[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (uint8_t)(0xC0 | point >> 6);
		out[1] = (uint8_t)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (uint8_t)(0xE0 | point >> 12);
		out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
		out[2] = (uint8_t)(0x80 | (point & 0x3F));
		return 3;
	}
	out[0] = (uint8_t)(0xF0 | point >> 18);
	out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3F));
	out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
	out[3] = (uint8_t)(0x80 | (point & 0x3F));
	return 4;
}

static void finds_every_code_point_and_no_surrogate(void **state)
{
	for (uint32_t point = 0; point <= 0x110000; point++) {
		bool exists = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
		uint8_t bytes[4];
		size_t size = encode(point, bytes);
		uint32_t found = 0;

		assert_int_equal(nv_point_next((struct nv_bytes){ bytes, size }, &found),
		                 exists ? size : 0);
		if (exists)
			assert_int_equal(found, point);
		assert_int_equal(nv_point_next((struct nv_bytes){ bytes, size - 1 }, &found), 0);
	}
}

static void finds_nothing_in_wrong_bytes(void **state)
{
	const char *const wrong[] = {
		"\x80",         "\xBF",         "\xC0\xAF",         "\xC1\xBF",
		"\xE0\x9F\xBF", "\xF5\x80\x80", "\xF0\x8F\xBF\xBF", "\xFF",
		"\xC3\x28",     "\xE2\x82\x28", "\xF0\x9F\x98\x28", "\xC3\xC3"
	};
	uint32_t point;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(nv_point_next(nv_str(wrong[i]), &point), 0);
	assert_int_equal(nv_point_next((struct nv_bytes){ NULL, 0 }, &point), 0);
}

static void knows_what_deceives_a_reader(void **state)
{
	const uint32_t controls[] = { 0,      0x1F,   0x7F,   0x80,   0x9F,  0x2028,
		                      0x2029, 0x202A, 0x202E, 0x2066, 0x2069 };
	const uint32_t harmless[] = { 0x20,   0x7E,   0xA0,   0x200B, 0x2027,
		                      0x202F, 0x2065, 0x206A, 0xFEFF, 0x1F600 };

	for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++)
		assert_true(nv_point_is_control(controls[i]));
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		assert_false(nv_point_is_control(harmless[i]));
}

static void knows_what_leaves_no_mark(void **state)
{
	const uint32_t blank[] = { ' ', '\t', 0xA0, 0x2003, 0x200B, 0x2060, 0x3000, 0xFEFF };
	const uint32_t visible[] = { 'x', '_', 0xA1, 0x2010, 0x3001, 0x1F600 };

	for (size_t i = 0; i < sizeof(blank) / sizeof(*blank); i++)
		assert_true(nv_point_is_blank(blank[i]));
	for (size_t i = 0; i < sizeof(visible) / sizeof(*visible); i++)
		assert_false(nv_point_is_blank(visible[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_code_point_and_no_surrogate),
		cmocka_unit_test(finds_nothing_in_wrong_bytes),
		cmocka_unit_test(knows_what_deceives_a_reader),
		cmocka_unit_test(knows_what_leaves_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
