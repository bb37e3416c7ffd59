/* SPDX-License-Identifier: MIT */
/* mailbox.h: where other threads leave tasks for a loop; lock-free, many writers, one reader. */
#ifndef NET_MAILBOX_H
#define NET_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct nv_task;

/* Embedded by the loop, zeroed. Holds no memory of its own: the tasks are its links. */
struct nv_mailbox {
	_Atomic(struct nv_task *) newest;
	struct nv_task *taken; /* the reader's: what it has still to run, the oldest first */
};

/* Any thread; tasks of which each leads to the one before it, down to the oldest. True when it was empty,
 * and the reader is to be woken: once for a burst. */
bool nv_mailbox_push(struct nv_mailbox *mailbox, struct nv_task *newest, struct nv_task *oldest);

/* The reader's question. */
static inline bool nv_mailbox_is_empty(const struct nv_mailbox *mailbox)
{
	return !mailbox->taken &&
	       atomic_load_explicit(&mailbox->newest, memory_order_relaxed) == NULL;
}

/* The reader takes everything, linked by `next`, in the order of the posts; NULL when empty. */
struct nv_task *nv_mailbox_take(struct nv_mailbox *mailbox);

/* Runs what is there, but 256 tasks at most, so that who posts can't keep a loop from its connections;
 * it may have to be called again. A task may post itself, or be freed, in its `run`. */
void nv_mailbox_run(struct nv_mailbox *mailbox);

#endif
