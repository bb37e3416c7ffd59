/* SPDX-License-Identifier: MIT */
/* heap.c: an allocator that counts what lives. Moving every block at a realloc shows old pointers. */
#include "heap.h"

#include <navette/base.h>
#include <stdlib.h>

static size_t live;
static size_t bytes; /* of the live blocks */
static size_t peak;
static size_t until_failure;

struct block {
	size_t size;
	_Alignas(max_align_t) uint8_t data[];
};

static struct block *block_of(void *ptr)
{
	return (struct block *)((uint8_t *)ptr - offsetof(struct block, data));
}

static void heap_free(void *context, void *ptr)
{
	(void)context;
	live--;
	bytes -= block_of(ptr)->size;
	free(block_of(ptr));
}

static void *heap_realloc(void *context, void *ptr, size_t size)
{
	struct block *block;
	size_t kept;

	if (until_failure > 0 && --until_failure == 0)
		return NULL;
	block = malloc(sizeof *block + size);
	if (!block)
		return NULL;
	block->size = size;
	live++;
	bytes += size;
	peak = bytes > peak ? bytes : peak;
	if (!ptr)
		return block->data;
	kept = block_of(ptr)->size;
	memcpy(block->data, ptr, kept < size ? kept : size);
	heap_free(context, ptr);
	return block->data;
}

void heap_start(size_t nth)
{
	static const struct nv_allocator allocator = { heap_realloc, heap_free, NULL };

	live = 0;
	bytes = 0;
	peak = 0;
	until_failure = nth;
	nv_set_allocator(&allocator);
}

size_t heap_peak(void)
{
	return peak;
}

void heap_end(void)
{
	nv_set_allocator(NULL);
	if (live > 0)
		abort();
}
