/* SPDX-License-Identifier: MIT */
/* test_keys_real.c: masking keys from the system's own generator: nobody sees a pattern in a million
 * of them. */
#include "ws/keys.h"

#include <stdlib.h>

#include "support/unit.h"

#define KEYS 1000000u

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t *draw(void)
{
	static struct nv_keys keys;
	uint32_t *drawn = calloc(KEYS, sizeof *drawn);

	assert_non_null(drawn);
	for (size_t i = 0; i < KEYS; i++)
		assert_int_equal(nv_keys_next(&keys, (uint8_t *)&drawn[i]), 0);
	return drawn;
}

/* Of so many numbers of 32 bits, 116 pairs are equal on average, give or take 11. */
static void repeats_no_more_than_chance_does(void **state)
{
	uint32_t *drawn = draw();
	unsigned equal = 0;

	qsort(drawn, KEYS, sizeof *drawn, compare);
	for (size_t i = 1; i < KEYS; i++)
		equal += drawn[i] == drawn[i - 1];
	assert_in_range(equal, 30, 210);
	free(drawn);
}

/* Each bit is set in half of them, give or take 500, whatever it was in the key before. */
static void has_no_bit_that_can_be_foretold(void **state)
{
	uint32_t *drawn = draw();

	for (unsigned bit = 0; bit < 32; bit++) {
		unsigned set = 0;
		unsigned changed = 0;

		for (size_t i = 1; i < KEYS; i++) {
			set += drawn[i] >> bit & 1;
			changed += (drawn[i] ^ drawn[i - 1]) >> bit & 1;
		}
		assert_in_range(set, KEYS / 2 - 5000, KEYS / 2 + 5000);
		assert_in_range(changed, KEYS / 2 - 5000, KEYS / 2 + 5000);
	}
	free(drawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("F-29 a million keys repeat no more than chance does",
		          repeats_no_more_than_chance_does),
		unit_case("F-29 no bit of a million keys can be foretold",
		          has_no_bit_that_can_be_foretold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
