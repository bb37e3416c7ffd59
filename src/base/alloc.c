/* SPDX-License-Identifier: MIT */
/* alloc.c: the one way to memory.
 *
 * Holds the program's allocator, or the C library's until one is set. The blocks belong to the
 * callers; nothing is counted, cached or aborted here. */
#include "base/alloc.h"

#include <navette/base.h>
#include <stdlib.h>

static void *libc_realloc(void *context, void *ptr, size_t size)
{
	(void)context;
	return realloc(ptr, size);
}

static void libc_free(void *context, void *ptr)
{
	(void)context;
	free(ptr);
}

static const struct nv_allocator libc_allocator = { libc_realloc, libc_free, NULL };
static struct nv_allocator current = { libc_realloc, libc_free, NULL };

void nv_set_allocator(const struct nv_allocator *allocator)
{
	current = allocator ? *allocator : libc_allocator;
}

void *nv_realloc(void *ptr, size_t size)
{
	/* A size of zero may free the block, or answer NULL, which would look like no memory. */
	return current.realloc(current.context, ptr, size ? size : 1);
}

void *nv_alloc(size_t size)
{
	return nv_realloc(NULL, size);
}

void *nv_alloc_zero(size_t size)
{
	void *ptr = nv_alloc(size);

	if (ptr)
		memset(ptr, 0, size);
	return ptr;
}

void nv_free(void *ptr)
{
	if (ptr)
		current.free(current.context, ptr);
}

char *nv_copy(struct nv_bytes bytes)
{
	char *copy = nv_alloc(bytes.len + 1);

	if (!copy)
		return NULL;
	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	copy[bytes.len] = '\0';
	return copy;
}
