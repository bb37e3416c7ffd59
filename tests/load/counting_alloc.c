/* SPDX-License-Identifier: MIT */
/* counting_alloc.c: the size of a block stands in front of it. What is counted is what was asked for, so
 * that the same calls always give the same sum. */
#include "load/counting_alloc.h"

#include <navette/base.h>

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#define HEAD alignof(max_align_t)

static atomic_size_t live;
static atomic_size_t peak;

static void *block_of(void *ptr)
{
	return ptr ? (char *)ptr - HEAD : NULL;
}

static size_t size_of(const void *block)
{
	return block ? *(const size_t *)block : 0;
}

static void count(size_t more, size_t less)
{
	size_t now = atomic_fetch_add(&live, more - less) + more - less;
	size_t most = atomic_load(&peak);

	while (now > most && !atomic_compare_exchange_weak(&peak, &most, now))
		;
}

static void *counting_realloc(void *context, void *ptr, size_t size)
{
	void *block = block_of(ptr);
	size_t before = size_of(block);
	size_t *moved = size <= SIZE_MAX - HEAD ? realloc(block, HEAD + size) : NULL;

	(void)context;
	if (!moved)
		return NULL;
	*moved = size;
	count(size, before);
	return (char *)moved + HEAD;
}

static void counting_free(void *context, void *ptr)
{
	void *block = block_of(ptr);

	(void)context;
	count(0, size_of(block));
	free(block);
}

void counting_alloc_install(void)
{
	static const struct nv_allocator allocator = { counting_realloc, counting_free, NULL };

	nv_set_allocator(&allocator);
}

size_t counting_alloc_live(void)
{
	return atomic_load(&live);
}

size_t counting_alloc_peak(void)
{
	return atomic_exchange(&peak, atomic_load(&live));
}
