/* SPDX-License-Identifier: MIT */
/* wipe.h: overwrites secrets before their memory is given back. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <string.h>

/* Zeroes that the compiler may not leave out, for it is told that somebody reads them. */
static inline void nv_wipe(void *secret, size_t size)
{
	memset(secret, 0, size);
	__asm__ volatile("" : : "r"(secret) : "memory");
}

#endif
