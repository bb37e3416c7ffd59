/* SPDX-License-Identifier: MIT */
/* outbox.c: messages that wait for a connection: the queue, its limits, and the account. What happens to
 * them on a connection stands in outbox_feed.c. */
#include "base/alloc.h"
#include "proto/utf8.h"
#include "ws/letter.h"

void nv_outbox_init(struct nv_outbox *outbox, const struct nv_outbox_options *options)
{
	memset(outbox, 0, sizeof *outbox);
	outbox->options = *options;
	nv_lock_init(&outbox->lock);
	nv_list_init(&outbox->waiting);
	nv_list_init(&outbox->given);
}

void nv_outbox_deinit(struct nv_outbox *outbox)
{
	nv_letters_free(&outbox->waiting);
	nv_letters_free(&outbox->given);
	nv_lock_deinit(&outbox->lock);
}

/* --- The queue, under the lock --- */

/* Whether so many, of so many bytes, are at a limit. As in nv_conn_send, one that joins may go beyond it. */
static bool are_full(const struct nv_outbox *outbox, uint64_t count, uint64_t bytes)
{
	const struct nv_outbox_options *options = &outbox->options;

	return (options->max_waiting != NV_OFF && count >= options->max_waiting) ||
	       (options->max_bytes != NV_OFF && bytes >= options->max_bytes);
}

static bool is_full(const struct nv_outbox *outbox)
{
	return are_full(outbox, outbox->account.waiting + outbox->kept,
	                outbox->account.waiting_bytes + outbox->kept_bytes);
}

static void enqueue(struct nv_outbox *outbox, struct nv_letter *letter)
{
	nv_list_push(&outbox->waiting, &letter->link);
	outbox->account.waiting++;
	outbox->account.waiting_bytes += letter->len;
}

struct nv_letter *nv_outbox_next(struct nv_outbox *outbox)
{
	struct nv_letter *letter = nv_letter_of(outbox->waiting.next);

	nv_list_remove(&letter->link);
	outbox->account.waiting--;
	outbox->account.waiting_bytes -= letter->len;
	return letter;
}

static void drop(struct nv_outbox *outbox, struct nv_letter *letter, struct nv_list *dropped)
{
	nv_list_push(dropped, &letter->link);
	outbox->account.dropped++;
}

/* The letter goes into the queue, or among the dropped. What is kept of the sent can't be dropped. */
static int admit(struct nv_outbox *outbox, struct nv_letter *letter, struct nv_list *dropped)
{
	bool full = is_full(outbox);

	if (outbox->shut)
		return NV_ERR_CLOSED;
	if (full && outbox->options.overflow == NV_REFUSE)
		return NV_ERR_FULL;
	outbox->account.taken++;
	if (full && (outbox->options.overflow == NV_DROP_NEWEST ||
	             are_full(outbox, outbox->kept, outbox->kept_bytes))) {
		drop(outbox, letter, dropped);
		return 0;
	}
	while (is_full(outbox))
		drop(outbox, nv_outbox_next(outbox), dropped);
	enqueue(outbox, letter);
	return 0;
}

/* --- For any thread --- */

static int put_letter(struct nv_outbox *outbox, struct nv_letter *letter, bool *first)
{
	struct nv_list dropped;
	bool empty;
	int error;

	nv_list_init(&dropped);
	nv_lock_take(&outbox->lock);
	empty = nv_list_empty(&outbox->waiting);
	error = admit(outbox, letter, &dropped);
	*first = empty && !nv_list_empty(&outbox->waiting);
	nv_lock_give(&outbox->lock);
	nv_letters_free(&dropped);
	return error;
}

int nv_outbox_put(struct nv_outbox *outbox, enum nv_opcode opcode, struct nv_bytes message,
                  bool *first)
{
	struct nv_letter *letter;
	int error;

	*first = false;
	if (opcode != NV_TEXT && opcode != NV_BINARY)
		return NV_ERR_INVALID;
	if (message.len > NV_LETTER_MAX)
		return NV_ERR_TOO_BIG;
	if (opcode == NV_TEXT && !nv_utf8_valid(message))
		return NV_ERR_UTF8;
	letter = nv_letter_new(opcode, message);
	if (!letter)
		return NV_ERR_NOMEM;
	error = put_letter(outbox, letter, first);
	if (error < 0)
		nv_free(letter);
	return error;
}

void nv_outbox_account(const struct nv_outbox *outbox, struct nv_account *account)
{
	struct nv_lock *lock = (struct nv_lock *)(uintptr_t)&outbox->lock;

	nv_lock_take(lock);
	*account = outbox->account;
	nv_lock_give(lock);
}

void nv_outbox_shut(struct nv_outbox *outbox)
{
	nv_lock_take(&outbox->lock);
	outbox->shut = true;
	nv_lock_give(&outbox->lock);
}

/* --- The end --- */

void nv_outbox_ended(struct nv_outbox *outbox)
{
	struct nv_list letters;

	nv_list_init(&letters);
	nv_lock_take(&outbox->lock);
	outbox->shut = true;
	while (!nv_list_empty(&outbox->waiting)) {
		struct nv_letter *letter = nv_outbox_next(outbox);

		if (letter->doubtful) {
			nv_list_push(&letters, &letter->link);
			outbox->account.sent++;
			outbox->account.uncertain++;
		} else {
			drop(outbox, letter, &letters);
		}
	}
	nv_lock_give(&outbox->lock);
	nv_letters_free(&letters);
}
