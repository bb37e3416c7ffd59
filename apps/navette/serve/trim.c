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

/* A heap for each thread that is busy, so that they do not wait for each other, and not the eight for
 * each core that the library would make. */
void nv_trim_prepare(uint32_t threads)
{
	mallopt(M_ARENA_MAX, (int)threads);
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
