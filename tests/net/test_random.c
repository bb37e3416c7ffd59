/* SPDX-License-Identifier: MIT */
/* test_random.c: bytes fill the buffer and no more, and do not repeat. */
#include "net/random.h"

#include "support/guard_page.h"
#include "support/unit.h"

static void fills_exactly_what_it_is_given(void **state)
{
	static const uint8_t zeros[5000];
	struct guard_page page;
	size_t sizes[] = { 0, 1, 16, 4096, 5000 };

	guard_page_init(&page, sizeof(zeros));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *bytes = guard_page_copy(&page, zeros, sizes[i]);

		assert_int_equal(nv_random(bytes, sizes[i]), 0);
		if (sizes[i] >= 16)
			assert_memory_not_equal(bytes + sizes[i] - 16, zeros, 16);
	}
	guard_page_deinit(&page);
}

static void does_not_repeat(void **state)
{
	unsigned char one[16];
	unsigned char two[16];

	assert_int_equal(nv_random(one, sizeof(one)), 0);
	assert_int_equal(nv_random(two, sizeof(two)), 0);
	assert_memory_not_equal(one, two, sizeof(one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_exactly_what_it_is_given),
		cmocka_unit_test(does_not_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
