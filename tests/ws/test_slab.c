/* SPDX-License-Identifier: MIT */
/* test_slab.c: numbered slots against a model that looks through an array. */
#include "support/unit.h"

#include "ws/slab.h"

#include "support/failing_alloc.h"
#include "support/prng.h"

#define SLOTS (5 * NV_SLAB_BLOCK)
#define OBJECT 40u

/* What each slot holds: a number of its own, or 0 when it is free; how often it was given back or
 * aged; and whether it was ever in use. */
struct model {
	uint64_t held[SLOTS];
	uint32_t gone[SLOTS];
	uint32_t count;
	uint32_t end; /* of what was ever in use */
	uint64_t last;
};

struct both {
	struct nv_slab slab;
	struct model model;
};

static int setup(void **state)
{
	static struct both both;

	failing_alloc_install();
	both = (struct both){ .model = { .count = 0 } };
	nv_slab_init(&both.slab, OBJECT);
	*state = &both;
	return 0;
}

static int teardown(void **state)
{
	struct both *both = *state;

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (both->model.held[slot])
			nv_slab_give(&both->slab, slot);
	}
	nv_slab_deinit(&both->slab);
	failing_alloc_remove();
	return 0;
}

static uint32_t lowest_free(const struct model *model)
{
	uint32_t slot = 0;

	while (model->held[slot])
		slot++;
	return slot;
}

static uint32_t next_held(const struct model *model, uint32_t slot)
{
	while (slot < SLOTS && !model->held[slot])
		slot++;
	return slot < SLOTS ? slot : NV_SLAB_NONE;
}

static void assert_zero(const uint8_t *object)
{
	static const uint8_t zero[OBJECT];

	assert_memory_equal(object, zero, OBJECT);
}

/* Both ends of the object are written, so that the sanitizer sees where it lies. */
static void mark(uint8_t *object, uint64_t number)
{
	memcpy(object, &number, sizeof number);
	memcpy(object + OBJECT - sizeof number, &number, sizeof number);
}

static void take(struct both *both)
{
	uint32_t expected = lowest_free(&both->model);
	uint32_t slot = NV_SLAB_NONE;
	uint8_t *object = nv_slab_take(&both->slab, &slot);

	assert_non_null(object);
	assert_int_equal(slot, expected);
	assert_ptr_equal(nv_slab_at(&both->slab, slot), object);
	assert_int_equal((uintptr_t)object % _Alignof(max_align_t), 0);
	assert_zero(object);
	both->model.held[slot] = ++both->model.last;
	both->model.count++;
	if (slot >= both->model.end)
		both->model.end = slot + 1;
	mark(object, both->model.last);
}

static void give(struct both *both, uint32_t slot)
{
	nv_slab_give(&both->slab, slot);
	both->model.held[slot] = 0;
	both->model.gone[slot]++;
	both->model.count--;
}

static void age(struct both *both, uint32_t slot)
{
	nv_slab_age(&both->slab, slot);
	both->model.gone[slot]++;
}

static void assert_same_slot(const struct both *both, uint32_t slot)
{
	const struct model *model = &both->model;
	uint64_t number = model->held[slot];
	const uint8_t *object;

	assert_int_equal(nv_slab_has(&both->slab, slot), number != 0);
	assert_int_equal(nv_slab_next(&both->slab, slot), next_held(model, slot));
	if (slot < model->end)
		assert_int_equal(nv_slab_generation(&both->slab, slot), 1 + model->gone[slot]);
	if (!number)
		return;
	object = nv_slab_at(&both->slab, slot);
	assert_memory_equal(object, &number, sizeof number);
	assert_memory_equal(object + OBJECT - sizeof number, &number, sizeof number);
}

static void assert_same(const struct both *both)
{
	assert_int_equal(both->slab.count, both->model.count);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		assert_same_slot(both, slot);
	assert_int_equal(nv_slab_next(&both->slab, SLOTS), NV_SLAB_NONE);
	assert_int_equal(nv_slab_next(&both->slab, NV_SLAB_MAX), NV_SLAB_NONE);
}

static void act_at_random(struct both *both, struct prng *prng, size_t takes_of_10)
{
	uint32_t slot = next_held(&both->model, (uint32_t)prng_below(prng, SLOTS));

	if (prng_below(prng, 10) < takes_of_10 && both->model.count < SLOTS - 1)
		take(both);
	else if (slot != NV_SLAB_NONE && prng_below(prng, 8) == 0)
		age(both, slot);
	else if (slot != NV_SLAB_NONE)
		give(both, slot);
}

/* Crowds that come and go, so that blocks do too. */
static void is_what_the_model_is(void **state)
{
	struct both *both = *state;
	struct prng prng = { 1 };

	for (int crowd = 0; crowd < 8; crowd++) {
		for (int i = 0; i < 2500; i++) {
			act_at_random(both, &prng, crowd % 2 == 0 ? 9 : 1);
			if (i % 50 == 0)
				assert_same(both);
		}
	}
}

static void an_empty_one_has_nothing(void **state)
{
	struct both *both = *state;

	assert_int_equal(failing_alloc_live_blocks(), 0);
	for (uint64_t slot = 0; slot < UINT32_MAX; slot = slot * 3 + 1) {
		assert_false(nv_slab_has(&both->slab, (uint32_t)slot));
		assert_int_equal(nv_slab_generation(&both->slab, (uint32_t)slot), 0);
		assert_int_equal(nv_slab_next(&both->slab, (uint32_t)slot), NV_SLAB_NONE);
	}
}

/* Beyond what was ever in use, and beyond all slots there are. */
static void a_slot_that_never_was_has_no_generation(void **state)
{
	struct both *both = *state;

	for (uint32_t i = 0; i < NV_SLAB_BLOCK + 1; i++)
		take(both);
	for (uint32_t slot = 2 * NV_SLAB_BLOCK; slot < NV_SLAB_MAX; slot += 1000)
		assert_int_equal(nv_slab_generation(&both->slab, slot), 0);
	assert_int_equal(nv_slab_generation(&both->slab, NV_SLAB_MAX - 1), 0);
	assert_int_equal(nv_slab_generation(&both->slab, NV_SLAB_MAX), 0);
	assert_int_equal(nv_slab_generation(&both->slab, UINT32_MAX), 0);
}

/* With their last object; generations stay, and go with the slab. */
static void empty_blocks_are_freed(void **state)
{
	struct both *both = *state;
	size_t before;

	for (uint32_t i = 0; i < SLOTS; i++)
		take(both);
	before = failing_alloc_live_bytes();
	for (uint32_t i = 0; i < NV_SLAB_BLOCK; i++) {
		assert_int_equal(failing_alloc_live_bytes(), before);
		give(both, 2 * NV_SLAB_BLOCK + i);
	}
	assert_true(failing_alloc_live_bytes() + NV_SLAB_BLOCK * OBJECT <= before);
	assert_same(both);
	take(both);
	assert_int_equal(both->model.held[2 * NV_SLAB_BLOCK], both->model.last);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (both->model.held[slot])
			give(both, slot);
	}
	assert_true(failing_alloc_live_bytes() < SLOTS * 8);
	assert_same(both);
}

/* The last generation is followed by the first, since 0 stands for nothing. */
static void generations_are_never_0(void **state)
{
	struct both *both = *state;
	uint32_t slot;

	assert_non_null(nv_slab_take(&both->slab, &slot));
	atomic_store(&both->slab.generations[0][slot], UINT32_MAX);
	nv_slab_give(&both->slab, slot);
	assert_int_equal(nv_slab_generation(&both->slab, slot), 1);
}

/* Each allocation of a new block in turn, since those before it are kept; how many there are. */
static size_t fail_to_take(struct both *both)
{
	uint32_t slot = NV_SLAB_NONE;
	size_t failed = 0;

	failing_alloc_fail(1, FAIL_ONCE);
	while (!nv_slab_take(&both->slab, &slot)) {
		assert_int_equal(slot, NV_SLAB_NONE);
		assert_int_equal(both->slab.count, both->model.count);
		failing_alloc_fail(2, FAIL_ONCE);
		failed++;
	}
	failing_alloc_fail(0, FAIL_ONCE);
	nv_slab_give(&both->slab, slot);
	both->model.gone[slot]++;
	return failed;
}

static void every_allocation_may_fail(void **state)
{
	struct both *both = *state;
	size_t failed = 0;

	while (both->model.count < SLOTS - 1) {
		if (both->model.count % NV_SLAB_BLOCK == 0)
			failed += fail_to_take(both);
		take(both);
	}
	/* A block each; the generations of blocks 0, 1, 2 and 3, and 4 to 7; the places of four and
	 * of eight blocks. */
	assert_int_equal(failed, 5 + 4 + 2);
	assert_same(both);
}

#define CASE(title, function)                                                                      \
	{                                                                                          \
		(title), (function), setup, teardown, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("is what the model is", is_what_the_model_is),
		CASE("an empty one has nothing", an_empty_one_has_nothing),
		CASE("a slot that never was has no generation",
		     a_slot_that_never_was_has_no_generation),
		CASE("empty blocks are freed", empty_blocks_are_freed),
		CASE("generations are never 0", generations_are_never_0),
		CASE("every allocation may fail", every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
