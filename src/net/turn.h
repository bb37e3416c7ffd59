/* SPDX-License-Identifier: MIT */
/* turn.h: which loops have their turn on this thread; for backends. */
#ifndef NET_TURN_H
#define NET_TURN_H

struct nv_loop;

/* Stands on the stack of whoever turns a loop, for as long as the turn lasts. A callback may turn
 * another loop, whose turn then stands inside this one. */
struct nv_turn {
	const struct nv_loop *loop;
	const struct nv_turn *outer;
};

void nv_turn_begin(struct nv_turn *turn, const struct nv_loop *loop);
void nv_turn_end(const struct nv_turn *turn); /* the one that began last */

#endif
