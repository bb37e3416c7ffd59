/* SPDX-License-Identifier: MIT */
/* outbox_feed.c: messages on a connection: given in batches, confirmed by pongs, taken back at its end. All of
 * it on the loop's thread; the lock is held for what other threads look at.
 *
 * When a letter is given, it is known where it ends on the wire, at the earliest: behind what was written
 * by then and all that is queued, here and in the stream below TLS. Whatever comes in between moves that
 * back, control frames that overtake and what TLS adds to each record; and nothing queued by then is taken
 * out again, for what displaces others comes while a write is blocked, and nothing is given then. So of
 * a letter whose end is beyond what was written some bytes have not left, and the peer can't have read it;
 * of one whose end is not, nobody knows. A compressed message ends with its frame, like any other.
 *
 * A ping that is sent while no write is blocked goes behind all that was given: its pong says that the
 * peer has read that. */
#include "base/alloc.h"
#include "net/tls.h"
#include "ws/conn.h"
#include "ws/letter.h"

#define BATCH_LETTERS 256u
#define BATCH_BYTES 65536u
#define ASK_EVERY_MS 250u

/* RFC 6455 5.5.3: who has not answered a ping yet may answer a later one only, which need not be ours. */
#define ASK_AGAIN_MS 5000u

static bool confirms(const struct nv_outbox *outbox)
{
	return outbox->options.delivery != NV_AT_MOST_ONCE;
}

/* --- On the wire --- */

/* The stream that writes to the socket. */
static const struct nv_stream *wire_of(const struct nv_conn *conn)
{
	const struct nv_stream *stream = &conn->stream;

	while (nv_stream_is_tls(stream))
		stream = nv_tls_carrier(stream);
	return stream;
}

/* Where ends what is queued by now. */
static uint32_t end_of_queue(const struct nv_conn *conn)
{
	const struct nv_stream *stream = &conn->stream;
	uint32_t queued = stream->out.len;

	while (nv_stream_is_tls(stream)) {
		stream = nv_tls_carrier(stream);
		queued += stream->out.len;
	}
	return stream->written + queued;
}

/* A queue holds less than half of what the counter counts before it wraps. */
static bool has_passed(const struct nv_conn *conn, uint32_t end)
{
	return (int32_t)(wire_of(conn)->written - end) >= 0;
}

static bool takes(const struct nv_conn *conn)
{
	return conn && nv_conn_can_send(conn) && !nv_stream_is_blocked(&conn->stream);
}

/* It will be written when the turn ends. */
static bool is_flushed_soon(const struct nv_conn *conn)
{
	return takes(conn) && !nv_list_empty(&wire_of(conn)->link);
}

static void settle(struct nv_outbox *outbox, const struct nv_conn *conn)
{
	if (outbox->left == outbox->handed || !has_passed(conn, outbox->end))
		return;
	outbox->left = outbox->handed;
	if (!nv_outbox_keeps(outbox))
		nv_letters_free(&outbox->given);
}

/* --- Giving --- */

static void take_batch(struct nv_outbox *outbox, struct nv_list *batch)
{
	size_t bytes = 0;
	size_t count = 0;

	nv_list_init(batch);
	nv_lock_take(&outbox->lock);
	while (!nv_list_empty(&outbox->waiting) && count < BATCH_LETTERS && bytes < BATCH_BYTES) {
		struct nv_letter *letter = nv_outbox_next(outbox);

		nv_list_push(batch, &letter->link);
		outbox->account.sent++;
		outbox->kept += nv_outbox_keeps(outbox) ? 1 : 0;
		outbox->kept_bytes += nv_outbox_keeps(outbox) ? letter->len : 0;
		bytes += letter->len;
		count++;
	}
	nv_lock_give(&outbox->lock);
}

/* Under the lock. */
static void keep_no_more(struct nv_outbox *outbox, struct nv_letter *letter)
{
	nv_list_remove(&letter->link);
	outbox->kept -= nv_outbox_keeps(outbox) ? 1 : 0;
	outbox->kept_bytes -= nv_outbox_keeps(outbox) ? letter->len : 0;
}

/* To the front of the queue, in order. */
static void take_back(struct nv_outbox *outbox, struct nv_list *letters)
{
	nv_lock_take(&outbox->lock);
	while (!nv_list_empty(letters)) {
		struct nv_letter *letter = nv_letter_of(letters->prev);

		keep_no_more(outbox, letter);
		nv_list_push(outbox->waiting.next, &letter->link);
		outbox->account.waiting++;
		outbox->account.waiting_bytes += letter->len;
		outbox->account.sent--;
	}
	nv_lock_give(&outbox->lock);
}

static int give_letter(struct nv_outbox *outbox, struct nv_conn *conn, struct nv_letter *letter)
{
	struct nv_bytes message = { letter->data, letter->len };
	int error = nv_conn_send(conn, (enum nv_opcode)letter->opcode, message);

	if (error < 0)
		return error;
	letter->end = end_of_queue(conn);
	outbox->end = letter->end;
	outbox->handed++;
	nv_list_remove(&letter->link);
	nv_list_push(&outbox->given, &letter->link);
	return 0;
}

/* What the connection can't take now, for want of memory or in the middle of a message in parts, waits on. */
static void give(struct nv_outbox *outbox, struct nv_conn *conn)
{
	struct nv_list batch;

	take_batch(outbox, &batch);
	while (!nv_list_empty(&batch)) {
		if (give_letter(outbox, conn, nv_letter_of(batch.next)) < 0)
			break;
	}
	take_back(outbox, &batch);
}

/* --- Asking the peer --- */

static const uint8_t question[] = { 'n', 'a', 'v', ':' };

#define QUESTION_SIZE (sizeof question + 8)

static void write_question(uint8_t payload[QUESTION_SIZE], uint64_t number)
{
	memcpy(payload, question, sizeof question);
	for (size_t i = 0; i < 8; i++)
		payload[sizeof question + i] = (uint8_t)(number >> (56 - 8 * i));
}

static bool read_question(struct nv_bytes payload, uint64_t *number)
{
	if (payload.len != QUESTION_SIZE || memcmp(payload.data, question, sizeof question) != 0)
		return false;
	*number = 0;
	for (size_t i = 0; i < 8; i++)
		*number = *number << 8 | payload.data[sizeof question + i];
	return true;
}

/* Not often, since servers limit control frames; but at the end nothing is waited for. */
static bool may_ask(const struct nv_outbox *outbox, uint32_t now_ms, bool at_last)
{
	uint32_t passed = now_ms - outbox->asked_ms;

	if (outbox->handed == outbox->confirmed)
		return false;
	if (outbox->asked > outbox->confirmed)
		return passed >= ASK_AGAIN_MS;
	return outbox->asked == 0 || at_last || passed >= ASK_EVERY_MS;
}

static void ask(struct nv_outbox *outbox, struct nv_conn *conn)
{
	uint8_t payload[QUESTION_SIZE];

	write_question(payload, outbox->handed);
	if (nv_conn_ping(conn, (struct nv_bytes){ payload, sizeof payload }) < 0)
		return;
	outbox->asked = outbox->handed;
	outbox->asked_ms = nv_conn_now(conn);
}

static void confirm(struct nv_outbox *outbox, uint64_t number)
{
	struct nv_list read;

	nv_list_init(&read);
	nv_lock_take(&outbox->lock);
	outbox->account.confirmed += number - outbox->confirmed;
	for (; outbox->confirmed < number; outbox->confirmed++) {
		struct nv_letter *letter = nv_letter_of(outbox->given.next);

		if (!nv_outbox_keeps(outbox))
			continue;
		keep_no_more(outbox, letter);
		nv_list_push(&read, &letter->link);
	}
	nv_lock_give(&outbox->lock);
	nv_letters_free(&read);
}

/* A pong that was not asked for confirms nothing that has not left. */
bool nv_outbox_pong(struct nv_outbox *outbox, const struct nv_conn *conn, struct nv_bytes data)
{
	uint64_t number;

	if (!confirms(outbox) || !read_question(data, &number))
		return false;
	settle(outbox, conn);
	if (number > outbox->confirmed && number <= outbox->asked && number <= outbox->left)
		confirm(outbox, number);
	return true;
}

/* --- A turn of the loop --- */

/* How many wait, and whether these are the last. */
static uint64_t look(struct nv_outbox *outbox, bool *shut)
{
	uint64_t waiting;

	nv_lock_take(&outbox->lock);
	waiting = outbox->account.waiting;
	*shut = outbox->shut;
	nv_lock_give(&outbox->lock);
	return waiting;
}

enum nv_feed nv_outbox_feed(struct nv_outbox *outbox, struct nv_conn *conn)
{
	uint64_t waiting;
	bool shut;

	if (conn)
		settle(outbox, conn);
	if (takes(conn) && outbox->left == outbox->handed)
		give(outbox, conn);
	waiting = look(outbox, &shut);
	if (confirms(outbox) && takes(conn) &&
	    may_ask(outbox, nv_conn_now(conn), shut && waiting == 0))
		ask(outbox, conn);
	if (waiting > 0)
		return is_flushed_soon(conn) ? NV_FEED_AGAIN : NV_FEED_LATER;
	return confirms(outbox) && outbox->confirmed < outbox->handed ? NV_FEED_LATER
	                                                              : NV_FEED_DONE;
}

/* --- The end of a connection --- */

static void mark_doubtful(const struct nv_outbox *outbox, const struct nv_conn *conn, bool lingers)
{
	uint64_t number = outbox->confirmed;
	struct nv_list *link, *after;

	nv_list_each(link, after, &outbox->given) {
		struct nv_letter *letter = nv_letter_of(link);

		if (lingers || number++ < outbox->left || has_passed(conn, letter->end))
			letter->doubtful = true;
	}
}

static void let_go(struct nv_outbox *outbox, const struct nv_conn *conn, bool lingers)
{
	struct nv_list *link, *after;

	nv_list_each(link, after, &outbox->given) {
		struct nv_letter *letter = nv_letter_of(link);

		if (!lingers && !has_passed(conn, letter->end))
			break;
		nv_list_remove(link);
		nv_free(letter);
		outbox->left++;
	}
}

static void leave_uncertain(struct nv_outbox *outbox)
{
	nv_lock_take(&outbox->lock);
	outbox->account.uncertain += outbox->left - outbox->confirmed;
	nv_lock_give(&outbox->lock);
}

/* One that lingers still sends what it has queued. */
static void sort_out(struct nv_outbox *outbox, const struct nv_conn *conn)
{
	bool lingers = !nv_conn_is_in(conn, &nv_phase_dead);

	if (nv_outbox_keeps(outbox))
		mark_doubtful(outbox, conn, lingers);
	else
		let_go(outbox, conn, lingers);
	if (outbox->options.delivery == NV_CONFIRMED)
		leave_uncertain(outbox);
	take_back(outbox, &outbox->given);
}

void nv_outbox_closed(struct nv_outbox *outbox, const struct nv_conn *conn)
{
	settle(outbox, conn);
	sort_out(outbox, conn);
	outbox->handed = 0;
	outbox->left = 0;
	outbox->confirmed = 0;
	outbox->asked = 0;
}
