/* SPDX-License-Identifier: MIT */
/* test_keys.c: masking keys are the generator's bytes, each once, and without them there is none. */
#include "ws/keys.h"

#include "net/random.h"
#include "sim/sim.h"
#include "support/unit.h"

#define BLOCKS 3u

static void hands_out_each_byte_once(void **state)
{
	static uint8_t expected[BLOCKS * NV_KEYS_SIZE], got[BLOCKS * NV_KEYS_SIZE];
	static struct nv_keys keys;

	sim_seed(29);
	assert_int_equal(nv_random(expected, sizeof expected), 0);
	sim_seed(29);
	for (size_t i = 0; i < sizeof got; i += 4)
		assert_int_equal(nv_keys_next(&keys, got + i), 0);
	assert_memory_equal(got, expected, sizeof got);
}

static void has_none_when_the_generator_fails(void **state)
{
	static struct nv_keys keys;
	uint8_t first[4], second[4];

	sim_fail_random(NV_ERR_SYSTEM);
	assert_int_equal(nv_keys_next(&keys, first), NV_ERR_SYSTEM);
	assert_int_equal(nv_keys_next(&keys, first), 0);
	for (size_t i = 1; i < NV_KEYS_SIZE / 4; i++)
		assert_int_equal(nv_keys_next(&keys, second), 0);
	sim_fail_random(NV_ERR_SYSTEM);
	assert_int_equal(nv_keys_next(&keys, second), NV_ERR_SYSTEM);
	assert_int_equal(nv_keys_next(&keys, second), 0);
	assert_memory_not_equal(first, second, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("F-29 each of the generator's bytes is used once",
		          hands_out_each_byte_once),
		unit_case("F-29 no key when the generator fails",
		          has_none_when_the_generator_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
