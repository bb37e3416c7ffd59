/* SPDX-License-Identifier: MIT */
/* guard_page.c: bytes that end where nobody may read.
 *
 * One mapping for all copies, its last page without access. What is read in front of a copy is not
 * caught. */
#include "support/guard_page.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/unit.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void guard_page_init(struct guard_page *page, size_t capacity)
{
	const size_t unit = page_size();
	void *map;

	page->size = (capacity + unit - 1) / unit * unit;
	map = mmap(NULL, page->size + unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	           0);
	assert_true(map != MAP_FAILED);
	page->map = map;
	assert_int_equal(mprotect(page->map + page->size, unit, PROT_NONE), 0);
}

void guard_page_deinit(struct guard_page *page)
{
	munmap(page->map, page->size + page_size());
	page->map = NULL;
}

uint8_t *guard_page_copy(struct guard_page *page, const void *data, size_t len)
{
	uint8_t *copy = page->map + page->size - len;

	assert_true(len <= page->size);
	if (len)
		memcpy(copy, data, len);
	return copy;
}
