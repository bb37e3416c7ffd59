/* SPDX-License-Identifier: MIT */
/* slab.c: blocks of slots, each with a map of those in use. The memory of a free slot is poisoned
 * where an address sanitizer watches, as the allocator's would be. */
#include "ws/slab.h"

#include <stdalign.h>

#include "base/alloc.h"

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif

#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define WORDS (NV_SLAB_BLOCK / 64)

struct nv_slab_block {
	uint64_t used[WORDS];
	uint32_t count;
	alignas(max_align_t) uint8_t objects[];
};

void nv_slab_init(struct nv_slab *slab, size_t object_size)
{
	size_t align = alignof(max_align_t);

	*slab = (struct nv_slab){ .object_size = (object_size + align - 1) / align * align };
}

void nv_slab_deinit(struct nv_slab *slab)
{
	for (size_t i = 0; i < NV_SLAB_GENERATION_ARRAYS; i++)
		nv_free((void *)atomic_load(&slab->generations[i]));
	nv_free(slab->blocks);
	*slab = (struct nv_slab){ .object_size = slab->object_size };
}

/* --- Generations --- */

/* The array of a slot, and the first slot of that: 0, 256, 512, 1024, 2048 ... */
static size_t array_of(uint32_t slot, uint32_t *first)
{
	uint32_t block = slot / NV_SLAB_BLOCK;
	size_t index = 0;

	for (*first = 0; block > 0; block /= 2)
		index++;
	if (index > 0)
		*first = NV_SLAB_BLOCK << (index - 1);
	return index;
}

static _Atomic(uint32_t) *generation_at(const struct nv_slab *slab, uint32_t slot)
{
	uint32_t first;
	size_t index = array_of(slot, &first);
	_Atomic(uint32_t) *array;

	if (index >= NV_SLAB_GENERATION_ARRAYS)
		return NULL;
	array = atomic_load_explicit(&slab->generations[index], memory_order_acquire);
	return array ? array + (slot - first) : NULL;
}

uint32_t nv_slab_generation(const struct nv_slab *slab, uint32_t slot)
{
	_Atomic(uint32_t) *generation = generation_at(slab, slot);

	return generation ? atomic_load_explicit(generation, memory_order_acquire) : 0;
}

void nv_slab_age(struct nv_slab *slab, uint32_t slot)
{
	_Atomic(uint32_t) *generation = generation_at(slab, slot);
	uint32_t next = atomic_load_explicit(generation, memory_order_relaxed) + 1;

	atomic_store_explicit(generation, next ? next : 1, memory_order_release);
}

static int make_generations(struct nv_slab *slab, uint32_t slot)
{
	uint32_t first;
	size_t index = array_of(slot, &first);
	uint32_t count = first ? first : NV_SLAB_BLOCK;
	_Atomic(uint32_t) *array;

	if (atomic_load_explicit(&slab->generations[index], memory_order_relaxed))
		return 0;
	array = nv_alloc(count * sizeof *array);
	if (!array)
		return NV_ERR_NOMEM;
	for (uint32_t i = 0; i < count; i++)
		atomic_init(&array[i], 1);
	atomic_store_explicit(&slab->generations[index], array, memory_order_release);
	return 0;
}

/* --- Blocks --- */

static size_t block_bytes(const struct nv_slab *slab)
{
	return NV_SLAB_BLOCK * slab->object_size;
}

static int make_place(struct nv_slab *slab, uint32_t index)
{
	uint32_t count = slab->block_count ? 2 * slab->block_count : 4;
	struct nv_slab_block **blocks;

	if (index < slab->block_count)
		return 0;
	blocks = nv_realloc(slab->blocks, count * sizeof(struct nv_slab_block *));
	if (!blocks)
		return NV_ERR_NOMEM;
	for (uint32_t i = slab->block_count; i < count; i++)
		blocks[i] = NULL;
	slab->blocks = blocks;
	slab->block_count = count;
	return 0;
}

static struct nv_slab_block *block_new(struct nv_slab *slab, uint32_t index)
{
	struct nv_slab_block *block;

	if (index >= NV_SLAB_MAX / NV_SLAB_BLOCK || make_place(slab, index) < 0 ||
	    make_generations(slab, index * NV_SLAB_BLOCK) < 0)
		return NULL;
	block = nv_alloc(sizeof *block + block_bytes(slab));
	if (!block)
		return NULL;
	memset(block, 0, sizeof *block);
	ASAN_POISON_MEMORY_REGION(block->objects, block_bytes(slab));
	slab->blocks[index] = block;
	return block;
}

static void block_free(struct nv_slab *slab, uint32_t index)
{
	struct nv_slab_block *block = slab->blocks[index];

	slab->blocks[index] = NULL;
	ASAN_UNPOISON_MEMORY_REGION(block->objects, block_bytes(slab));
	nv_free(block);
}

static bool has_room(const struct nv_slab *slab, uint32_t index)
{
	const struct nv_slab_block *block = slab->blocks[index];

	return !block || block->count < NV_SLAB_BLOCK;
}

static void *object_at(const struct nv_slab *slab, struct nv_slab_block *block, uint32_t place)
{
	return block->objects + place * slab->object_size;
}

static uint32_t lowest_bit(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

static uint32_t free_place(const struct nv_slab_block *block)
{
	uint32_t word = 0;

	while (block->used[word] == UINT64_MAX)
		word++;
	return word * 64 + lowest_bit(~block->used[word]);
}

/* --- Objects --- */

void *nv_slab_take(struct nv_slab *slab, uint32_t *slot)
{
	struct nv_slab_block *block = NULL;
	uint32_t place;
	void *object;

	while (slab->roomy < slab->block_count && !has_room(slab, slab->roomy))
		slab->roomy++;
	if (slab->roomy < slab->block_count)
		block = slab->blocks[slab->roomy];
	if (!block)
		block = block_new(slab, slab->roomy);
	if (!block)
		return NULL;
	place = free_place(block);
	block->used[place / 64] |= UINT64_C(1) << place % 64;
	block->count++;
	slab->count++;
	*slot = slab->roomy * NV_SLAB_BLOCK + place;
	object = object_at(slab, block, place);
	ASAN_UNPOISON_MEMORY_REGION(object, slab->object_size);
	return memset(object, 0, slab->object_size);
}

void nv_slab_give(struct nv_slab *slab, uint32_t slot)
{
	uint32_t index = slot / NV_SLAB_BLOCK;
	uint32_t place = slot % NV_SLAB_BLOCK;
	struct nv_slab_block *block = slab->blocks[index];

	nv_slab_age(slab, slot);
	ASAN_POISON_MEMORY_REGION(object_at(slab, block, place), slab->object_size);
	block->used[place / 64] &= ~(UINT64_C(1) << place % 64);
	slab->count--;
	if (index < slab->roomy)
		slab->roomy = index;
	if (--block->count == 0)
		block_free(slab, index);
}

bool nv_slab_has(const struct nv_slab *slab, uint32_t slot)
{
	uint32_t index = slot / NV_SLAB_BLOCK;
	uint32_t place = slot % NV_SLAB_BLOCK;

	return index < slab->block_count && slab->blocks[index] &&
	       (slab->blocks[index]->used[place / 64] >> place % 64 & 1) != 0;
}

void *nv_slab_at(const struct nv_slab *slab, uint32_t slot)
{
	return object_at(slab, slab->blocks[slot / NV_SLAB_BLOCK], slot % NV_SLAB_BLOCK);
}

/* The first place in use from this one on; NV_SLAB_BLOCK: none. */
static uint32_t next_place(const struct nv_slab_block *block, uint32_t place)
{
	for (uint32_t word = place / 64; word < WORDS; word++) {
		uint64_t used = block->used[word];

		if (word == place / 64)
			used &= UINT64_MAX << place % 64;
		if (used)
			return word * 64 + lowest_bit(used);
	}
	return NV_SLAB_BLOCK;
}

uint32_t nv_slab_next(const struct nv_slab *slab, uint32_t slot)
{
	uint32_t place = slot % NV_SLAB_BLOCK;

	for (uint32_t i = slot / NV_SLAB_BLOCK; i < slab->block_count; i++, place = 0) {
		uint32_t next =
			slab->blocks[i] ? next_place(slab->blocks[i], place) : NV_SLAB_BLOCK;

		if (next < NV_SLAB_BLOCK)
			return i * NV_SLAB_BLOCK + next;
	}
	return NV_SLAB_NONE;
}
