/* SPDX-License-Identifier: MIT */
/* test_exclusions.c: which entries are not for whom, against a plain list. */
#include "support/unit.h"

#include "ws/exclusions.h"

#include "support/failing_alloc.h"
#include "support/prng.h"

#define ENTRIES 400
#define IDS 60

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

/* As a server makes them: loop, slot, generation. */
static uint64_t id_of(size_t number)
{
	return (uint64_t)(number % 3) << 56 | (uint64_t)number << 32 | (1 + number / 7);
}

static uint32_t listed(const uint64_t *ids, uint32_t count, uint64_t id, uint32_t from)
{
	for (; from < count; from++) {
		if (ids[from] == id)
			return from;
	}
	return NV_NO_ENTRY;
}

static void play_turn(struct nv_exclusions *exclusions, struct prng *prng)
{
	uint64_t ids[ENTRIES];
	uint32_t from[IDS] = { 0 };
	uint32_t count;

	for (count = 0; count < ENTRIES; count++) {
		size_t asker = prng_below(prng, IDS);
		bool excludes = prng_below(prng, 3) > 0;

		ids[count] = excludes ? id_of(prng_below(prng, IDS)) : 0;
		if (excludes) {
			assert_int_equal(nv_exclusions_reserve(exclusions), 0);
			nv_exclusions_add(exclusions, ids[count], count);
		}
		from[asker] += (uint32_t)prng_below(prng, 1 + count - from[asker]);
		assert_int_equal(nv_exclusions_next(exclusions, id_of(asker), from[asker]),
		                 listed(ids, count + 1, id_of(asker), from[asker]));
	}
}

static void finds_what_a_list_has(void **state)
{
	struct nv_exclusions exclusions = { 0 };
	struct prng prng = { 5 };

	for (int turn = 0; turn < 50; turn++) {
		play_turn(&exclusions, &prng);
		nv_exclusions_clear(&exclusions);
		for (size_t i = 0; i < IDS; i++)
			assert_int_equal(nv_exclusions_next(&exclusions, id_of(i), 0), NV_NO_ENTRY);
	}
	nv_exclusions_deinit(&exclusions);
}

static void knows_no_id_without_any(void **state)
{
	struct nv_exclusions exclusions = { 0 };

	assert_int_equal(nv_exclusions_next(&exclusions, 7, 0), NV_NO_ENTRY);
	assert_int_equal(nv_exclusions_reserve(&exclusions), 0);
	nv_exclusions_add(&exclusions, 9, 0);
	assert_int_equal(nv_exclusions_next(&exclusions, 0, 0), NV_NO_ENTRY);
	assert_int_equal(nv_exclusions_next(&exclusions, 7, 0), NV_NO_ENTRY);
	assert_int_equal(nv_exclusions_next(&exclusions, 9, 0), 0);
	nv_exclusions_deinit(&exclusions);
}

static void keeps_little_from_turn_to_turn(void **state)
{
	struct nv_exclusions exclusions = { 0 };

	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(nv_exclusions_reserve(&exclusions), 0);
		nv_exclusions_add(&exclusions, 1 + i, i);
	}
	nv_exclusions_clear(&exclusions);
	assert_int_equal(failing_alloc_live_bytes(), 0);
	assert_int_equal(nv_exclusions_next(&exclusions, 1, 0), NV_NO_ENTRY);
	nv_exclusions_deinit(&exclusions);
}

static void lives_on_without_memory(void **state)
{
	struct nv_exclusions exclusions = { 0 };
	uint64_t ids[100];
	uint32_t count = 0;

	for (size_t nth = 1; count < 100; nth++) {
		failing_alloc_fail(1, nth % 2 ? FAIL_ONCE : FAIL_FOREVER);
		if (nth % 3 == 0)
			failing_alloc_fail(0, FAIL_ONCE);
		if (nv_exclusions_reserve(&exclusions) < 0)
			continue;
		ids[count] = id_of(count);
		nv_exclusions_add(&exclusions, ids[count], count);
		count++;
	}
	failing_alloc_fail(0, FAIL_ONCE);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(nv_exclusions_next(&exclusions, ids[i], 0), i);
	nv_exclusions_deinit(&exclusions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("finds what a list has", finds_what_a_list_has),
		unit_case("knows no id without any", knows_no_id_without_any),
		unit_case("keeps little from turn to turn", keeps_little_from_turn_to_turn),
		unit_case("lives on without memory", lives_on_without_memory),
	};

	return cmocka_run_group_tests(tests, install, remove_it);
}
