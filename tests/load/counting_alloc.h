/* SPDX-License-Identifier: MIT */
/* counting_alloc.h: an allocator for any number of threads that knows how much is allocated. */
#ifndef LOAD_COUNTING_ALLOC_H
#define LOAD_COUNTING_ALLOC_H

#include <stddef.h>

/* Becomes the library's allocator, before anything else is called. */
void counting_alloc_install(void);

size_t counting_alloc_live(void);
/* The most that it was since the last call. */
size_t counting_alloc_peak(void);

#endif
