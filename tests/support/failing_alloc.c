/* SPDX-License-Identifier: MIT */
/* failing_alloc.c: an allocator for tests.
 *
 * Every block has its size in front and a mark that tells a foreign or broken pointer. The counters
 * are atomic, since the library's threads allocate too; install, remove and fail belong to the
 * test's thread. */
#include "support/failing_alloc.h"

#include <navette/base.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

#define MARK 0x6e61766574746521u

struct block {
	size_t size;
	uint64_t mark; /* MARK with the size mixed in */
	_Alignas(max_align_t) uint8_t data[];
};

static atomic_size_t count;
static atomic_size_t live_blocks;
static atomic_size_t live_bytes;
static atomic_size_t failing_nth;
static atomic_bool failing_forever;

static bool fails_now(void)
{
	const size_t number = ++count;
	const size_t nth = failing_nth;

	return nth && (number == nth || (failing_forever && number > nth));
}

static struct block *block_of(void *ptr)
{
	struct block *block = (void *)((uint8_t *)ptr - offsetof(struct block, data));

	if (block->mark != (MARK ^ block->size)) {
		fprintf(stderr, "failing_alloc: %p is not a block of this allocator\n", ptr);
		abort();
	}
	return block;
}

static void *block_new(size_t size)
{
	struct block *block = NULL;

	if (size <= SIZE_MAX / 2)
		block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->mark = MARK ^ size;
	live_blocks++;
	live_bytes += size;
	return block->data;
}

static void block_free(void *context, void *ptr)
{
	struct block *block = block_of(ptr);

	(void)context;
	live_blocks--;
	live_bytes -= block->size;
	block->mark = 0;
	free(block);
}

static void *block_realloc(void *context, void *ptr, size_t size)
{
	size_t kept;
	void *moved;

	if (fails_now())
		return NULL;
	moved = block_new(size);
	if (!moved || !ptr)
		return moved;
	kept = block_of(ptr)->size;
	memcpy(moved, ptr, kept < size ? kept : size);
	block_free(context, ptr);
	return moved;
}

/* What an earlier, failed test left behind is forgotten. */
void failing_alloc_install(void)
{
	const struct nv_allocator allocator = { block_realloc, block_free, NULL };

	failing_alloc_fail(0, FAIL_ONCE);
	live_blocks = 0;
	live_bytes = 0;
	nv_set_allocator(&allocator);
}

void failing_alloc_remove(void)
{
	nv_set_allocator(NULL);
	if (live_blocks)
		fail_msg("%zu blocks with %zu bytes are not freed", (size_t)live_blocks,
		         (size_t)live_bytes);
}

void failing_alloc_fail(size_t nth, enum failing_mode mode)
{
	failing_nth = nth;
	failing_forever = mode == FAIL_FOREVER;
	count = 0;
}

size_t failing_alloc_count(void)
{
	return count;
}

size_t failing_alloc_live_blocks(void)
{
	return live_blocks;
}

size_t failing_alloc_live_bytes(void)
{
	return live_bytes;
}
