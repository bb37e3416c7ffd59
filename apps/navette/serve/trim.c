/* SPDX-License-Identifier: MIT */
/* trim.c: the C library keeps what is freed between blocks in use, and after a crowd has left that
 * is nearly all. To ask for it takes a walk over the heap, so it is done once things are quiet: while
 * clients come and go the memory is wanted again anyway.
 *
 * malloc_trim cuts the end off the first heap only, and it merges small pieces into the ends of the others
 * that stay for good then. Those are cut when a large block of their heap is freed, by whatever thread.
 * So each thread leaves one behind with the first client that goes, and all are freed when things are
 * quiet. */
#include "serve/trim.h"

#include <stdatomic.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#else
#define malloc_trim(pad) ((void)(pad))
#define mallopt(option, value) ((void)(value))
#endif

#define LATER_TICKS 8u
#define PIECE_SIZE 65536u /* from this size on, to free a block cuts its heap */

struct piece {
	struct piece *next;
};

static atomic_uint gone;
static atomic_uint round_now = 1;
static _Atomic(struct piece *) pieces; /* one of each thread that clients have left in this round */

static void leave_piece(void)
{
	static _Thread_local unsigned left; /* in this round */
	unsigned now = atomic_load(&round_now);
	struct piece *piece = left == now ? NULL : malloc(PIECE_SIZE);

	if (!piece)
		return;
	left = now;
	piece->next = atomic_load(&pieces);
	while (!atomic_compare_exchange_weak(&pieces, &piece->next, piece))
		;
}

static void free_pieces(void)
{
	struct piece *piece;

	atomic_fetch_add(&round_now, 1);
	piece = atomic_exchange(&pieces, NULL);
	while (piece) {
		struct piece *next = piece->next;

		free(piece);
		piece = next;
	}
}

/* A heap for each thread that is busy, so that they do not wait for each other, and not the eight for
 * each core that the library would make. */
void nv_trim_prepare(uint32_t threads)
{
	mallopt(M_ARENA_MAX, (int)threads);
}

void nv_trim_gone(void)
{
	atomic_fetch_add(&gone, 1);
	leave_piece();
}

/* Once things are quiet; and later, for what the last to leave have held a little longer. */
void nv_trim_tick(void)
{
	static unsigned seen;
	static unsigned quiet = LATER_TICKS + 1;
	unsigned now = atomic_load(&gone);

	if (now != seen)
		quiet = 0;
	else if (quiet <= LATER_TICKS)
		quiet++;
	seen = now;
	if (quiet == LATER_TICKS)
		free_pieces();
	if (quiet == 1 || quiet == LATER_TICKS)
		malloc_trim(0);
}
