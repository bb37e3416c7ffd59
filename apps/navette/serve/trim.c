/* SPDX-License-Identifier: MIT */
/* trim.c: the C library keeps what is freed between blocks in use, and after a crowd has left that
 * is nearly all. To ask for it takes a walk over the heap, so it is done once things are quiet: while
 * clients come and go the memory is wanted again anyway. */
#include "serve/trim.h"

#include <stdatomic.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#else
#define malloc_trim(pad) ((void)(pad))
#define mallopt(option, value) ((void)(value))
#endif

static atomic_uint gone;

/* Threads share one heap, the only one whose end shrinks too; just one of them is busy. */
void nv_trim_prepare(void)
{
	mallopt(M_ARENA_MAX, 1);
}

void nv_trim_gone(void)
{
	atomic_fetch_add(&gone, 1);
}

void nv_trim_tick(void)
{
	static unsigned seen;
	static unsigned trimmed;
	unsigned now = atomic_load(&gone);

	if (now == seen && now != trimmed) {
		malloc_trim(0);
		trimmed = now;
	}
	seen = now;
}
