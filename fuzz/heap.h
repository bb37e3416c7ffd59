/* SPDX-License-Identifier: MIT */
/* heap.h: the library's memory in a fuzzer: counted, and failing once where the input says so. */
#ifndef FUZZ_HEAP_H
#define FUZZ_HEAP_H

#include <stddef.h>

/* From now on; allocation `nth` fails, 0: none. */
void heap_start(size_t nth);

/* Aborts when something is still allocated, and gives the C library's allocator back. */
void heap_end(void);

#endif
