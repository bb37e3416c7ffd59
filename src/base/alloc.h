/* SPDX-License-Identifier: MIT */
/* alloc.h: the one way to memory; goes through the program's allocator (nv_set_allocator). */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <navette/base.h>

/* NULL when there is no memory; the caller fails its connection, never the process. */
void *nv_alloc(size_t size);
void *nv_alloc_zero(size_t size);
void *nv_realloc(void *ptr, size_t size);
void nv_free(void *ptr);

/* The bytes as a C string of the caller's own. */
char *nv_copy(struct nv_bytes bytes);

#endif
