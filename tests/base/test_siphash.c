/* SPDX-License-Identifier: MIT */
/* test_siphash.c: the vectors of the paper and of its authors' program, wherever the bytes lie. */
#include "base/siphash.h"

#include "support/guard_page.h"
#include "support/unit.h"

static uint64_t hash_of_first(struct guard_page *page, size_t len)
{
	uint8_t key[NV_SIPHASH_KEY];
	uint8_t bytes[64];

	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	return nv_siphash(key, guard_page_copy(page, bytes, len), len);
}

static void published_vectors(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} cases[] = {
		{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },  { 2, 0x0d6c8009d9a94f5a },
		{ 3, 0x85676696d7fb7e2d },  { 8, 0x93f5f5799a932462 },  { 15, 0xa129ca6149be45e5 },
		{ 16, 0x3f2acc7f57c29bdb }, { 63, 0x958a324ceb064572 },
	};
	struct guard_page page;

	(void)state;
	guard_page_init(&page, 64);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(hash_of_first(&page, cases[i].len) == cases[i].hash);
	guard_page_deinit(&page);
}

static void the_key_changes_everything(void **state)
{
	const uint8_t one[NV_SIPHASH_KEY] = { 1 };
	const uint8_t two[NV_SIPHASH_KEY] = { [15] = 1 };

	(void)state;
	assert_true(nv_siphash(one, "abc", 3) == nv_siphash(one, "abc", 3));
	assert_false(nv_siphash(one, "abc", 3) == nv_siphash(two, "abc", 3));
	assert_false(nv_siphash(one, "abc", 3) == nv_siphash(one, "abd", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(the_key_changes_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
