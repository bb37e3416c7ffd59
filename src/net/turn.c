/* SPDX-License-Identifier: MIT */
/* turn.c: the turns under way on each thread, innermost first. */
#include "net/turn.h"

#include "net/loop.h"

static _Thread_local const struct nv_turn *innermost;

void nv_turn_begin(struct nv_turn *turn, const struct nv_loop *loop)
{
	*turn = (struct nv_turn){ loop, innermost };
	innermost = turn;
}

void nv_turn_end(const struct nv_turn *turn)
{
	innermost = turn->outer;
}

bool nv_loop_is_current(const struct nv_loop *loop)
{
	for (const struct nv_turn *turn = innermost; turn; turn = turn->outer) {
		if (turn->loop == loop)
			return true;
	}
	return false;
}
