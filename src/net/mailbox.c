/* SPDX-License-Identifier: MIT */
/* mailbox.c: a stack of tasks that writers push by compare-and-swap and the reader takes whole.
 *
 * Taking everything by one exchange leaves no room for the ABA problem. The tasks stay the
 * posters'; waking the reader is the loop's part. */
#include "net/mailbox.h"

#include "net/loop.h"

#define SHARE 256

bool nv_mailbox_push(struct nv_mailbox *mailbox, struct nv_task *newest, struct nv_task *oldest)
{
	struct nv_task *before = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);

	do {
		oldest->next = before;
	} while (!atomic_compare_exchange_weak_explicit(
		&mailbox->newest, &before, newest, memory_order_release, memory_order_relaxed));
	return before == NULL;
}

struct nv_task *nv_mailbox_take(struct nv_mailbox *mailbox)
{
	struct nv_task *task =
		atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
	struct nv_task *oldest = NULL;

	while (task) {
		struct nv_task *next = task->next;

		task->next = oldest;
		oldest = task;
		task = next;
	}
	return oldest;
}

void nv_mailbox_run(struct nv_mailbox *mailbox)
{
	if (!mailbox->taken)
		mailbox->taken = nv_mailbox_take(mailbox);
	for (int i = 0; i < SHARE && mailbox->taken; i++) {
		struct nv_task *task = mailbox->taken;

		mailbox->taken = task->next;
		task->run(task);
	}
}
