/* SPDX-License-Identifier: MIT */
/* heap.h: the library's memory in a fuzzer: counted, and failing once where the input says so.
 * libdeflate's own, a fixed size, is not among it. */
#ifndef FUZZ_HEAP_H
#define FUZZ_HEAP_H

#include <stddef.h>

/* From now on; allocation `nth` fails, 0: none. */
void heap_start(size_t nth);

/* The most bytes that lived at a time since then; a block that moves counts twice meanwhile. */
size_t heap_peak(void);

/* Aborts when something is still allocated, and gives the C library's allocator back. */
void heap_end(void);

#endif
