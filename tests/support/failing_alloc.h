/* SPDX-License-Identifier: MIT */
/* failing_alloc.h: an allocator for tests that counts, fails on demand and knows what is not freed.
 *
 *     failing_alloc_install();
 *     for (n = 1; !done; n++) {
 *             failing_alloc_fail(n, FAIL_ONCE);
 *             done = try_it() == 0;
 *             assert_int_equal(failing_alloc_live_blocks(), 0);
 *     }
 *     failing_alloc_remove();
 */
#ifndef SUPPORT_FAILING_ALLOC_H
#define SUPPORT_FAILING_ALLOC_H

#include <stddef.h>

enum failing_mode {
	FAIL_ONCE,
	FAIL_FOREVER
};

/* Becomes the library's allocator; while the library holds no memory. A realloc always moves the
 * block, so that an old pointer is found by the sanitizer. */
void failing_alloc_install(void);

/* Gives the C library's allocator back; fails the test when a block is still alive. */
void failing_alloc_remove(void);

/* Counts anew from here: allocation `nth` (1 is the next) fails, alone or with all that follow.
 * 0 fails none. A realloc is an allocation. */
void failing_alloc_fail(size_t nth, enum failing_mode mode);

/* Allocations that were asked for since failing_alloc_fail (or install). */
size_t failing_alloc_count(void);

/* What is allocated now. */
size_t failing_alloc_live_blocks(void);
size_t failing_alloc_live_bytes(void);

#endif
