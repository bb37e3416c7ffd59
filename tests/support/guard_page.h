/* SPDX-License-Identifier: MIT */
/* guard_page.h: bytes that end where nobody may read, so that one byte too many is a crash. */
#ifndef SUPPORT_GUARD_PAGE_H
#define SUPPORT_GUARD_PAGE_H

#include <stddef.h>
#include <stdint.h>

struct guard_page {
	uint8_t *map;
	size_t size; /* bytes in front of the guard */
};

/* Room for copies of up to `capacity` bytes; fails the test without memory. */
void guard_page_init(struct guard_page *page, size_t capacity);
void guard_page_deinit(struct guard_page *page);

/* A writable copy whose last byte is the last one before the guard. It replaces the copy before it
 * and may have any alignment. */
uint8_t *guard_page_copy(struct guard_page *page, const void *data, size_t len);

#endif
