/* SPDX-License-Identifier: MIT */
/* turn_log.c: who gets what of a turn's messages.
 *
 * Each touched topic has a chain of runs, which are entries that follow each other in the log. A taker's
 * part is what the runs of its topics cover from its cursor on, less what excludes it. With one topic
 * in the log that is one run, however many messages it has and whoever takes it. */
#include "ws/turn_log.h"

#include "proto/frame.h"
#include "proto/session_deflate.h"

#define NO_RUN UINT32_MAX
#define KEPT_MAX 65536u   /* bytes of entries, and of runs, from turn to turn */
#define NEWEST_NAMES 256u /* of which the newest is kept for one taker */

struct nv_run {
	uint32_t first;
	uint32_t end;
	uint32_t next; /* of the same topic */
};

static struct nv_entry *entry_at(const struct nv_turn_log *log, uint32_t index)
{
	return (struct nv_entry *)(void *)log->entries.data + index;
}

static struct nv_run *run_at(const struct nv_turn_log *log, uint32_t index)
{
	return (struct nv_run *)(void *)log->runs.data + index;
}

void nv_turn_log_init(struct nv_turn_log *log, struct nv_topics *topics,
                      const struct nv_session_options *options, struct nv_deflate_pool *deflate)
{
	/* A cursor or a subscription of no turn has 0. */
	*log = (struct nv_turn_log){ .topics = topics, .first = 1 };
	nv_shared_frames_init(&log->frames, options, deflate);
	nv_list_init(&log->touched);
}

void nv_turn_log_deinit(struct nv_turn_log *log)
{
	nv_turn_log_clear(log);
	nv_shared_frames_deinit(&log->frames);
	nv_exclusions_deinit(&log->exclusions);
	nv_buf_deinit(&log->entries);
	nv_buf_deinit(&log->runs);
}

uint8_t nv_encoding_of(const struct nv_session *session)
{
	const struct nv_deflate *agreed = nv_session_agreed(session);
	unsigned bits;

	if (!agreed)
		return 0;
	if (session->deflate->keeps_sent)
		return NV_ENCODING_OWN;
	/* What was not named is 15. */
	bits = agreed->server_max_window_bits ? agreed->server_max_window_bits : NV_WINDOW_BITS_MAX;
	return (uint8_t)(bits - NV_WINDOW_BITS_MIN + 1);
}

/* --- Publishing --- */

/* After room for it was reserved. */
static void touch(struct nv_turn_log *log, struct nv_topic *topic, uint32_t entry)
{
	uint32_t number = (uint32_t)(log->runs.len / sizeof(struct nv_run));
	bool touched = !nv_list_empty(&topic->touched);

	/* To the end of the list, so that nv_turn_log_each comes to it, maybe once more. */
	nv_list_remove(&topic->touched);
	nv_list_push(&log->touched, &topic->touched);
	if (touched && run_at(log, topic->last_run)->end == entry) {
		run_at(log, topic->last_run)->end++;
		return;
	}
	*run_at(log, number) = (struct nv_run){ entry, entry + 1, NO_RUN };
	log->runs.len += sizeof(struct nv_run);
	if (touched)
		run_at(log, topic->last_run)->next = number;
	else
		topic->first_run = number;
	topic->last_run = number;
}

static bool reserve(struct nv_turn_log *log, size_t runs, uint64_t excluded)
{
	return log->count < NV_NO_ENTRY && nv_buf_reserve(&log->entries, sizeof(struct nv_entry)) &&
	       nv_buf_reserve(&log->runs, runs * sizeof(struct nv_run)) &&
	       (excluded == 0 || nv_exclusions_reserve(&log->exclusions) == 0);
}

int nv_turn_log_publish(struct nv_turn_log *log, const struct nv_publication *publication)
{
	struct nv_bytes name = publication->name;
	uint64_t hash;
	size_t count;

	if (!nv_topic_is_name(name, false))
		return NV_ERR_INVALID;
	hash = nv_topics_hash(log->topics, name);
	count = nv_topics_match(log->topics, name, hash, log->found);
	if (count == 0)
		return 0;
	if (!reserve(log, count, publication->excluded) ||
	    nv_shared_frames_add(&log->frames, log->count, publication->opcode,
	                         publication->message) < 0)
		return NV_ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		touch(log, log->found[i], log->count);
	if (publication->excluded != 0)
		nv_exclusions_add(&log->exclusions, publication->excluded, log->count);
	*entry_at(log, log->count++) =
		(struct nv_entry){ hash, (uint8_t)publication->opcode, publication->slow };
	log->entries.len += sizeof(struct nv_entry);
	log->bytes += NV_FRAME_HEAD_MAX + publication->message.len;
	log->slow |= (uint8_t)(1u << publication->slow);
	return 1;
}

/* --- Taking --- */

struct taking {
	struct nv_turn_log *log;
	struct nv_taker *taker;
	bool merges; /* messages need not be told apart in the queue */
};

static bool is_full(const struct nv_taker *taker)
{
	return taker->out->len >= taker->max_queue || taker->out->droppables >= NV_DROPPABLES_MAX;
}

static enum nv_slow slow_of(const struct taking *taking, uint32_t index)
{
	uint8_t slow = entry_at(taking->log, index)->slow;

	return slow ? (enum nv_slow)(slow - 1) : taking->taker->slow;
}

/* A policy that drops needs messages one by one, but only while something waits, or may wait with no
 * room left for what is newer. */
static bool merges(const struct nv_turn_log *log, const struct nv_taker *taker)
{
	unsigned closing = 1u << (NV_SLOW_CLOSE + 1) | (taker->slow == NV_SLOW_CLOSE ? 1u : 0u);

	return (!taker->blocked && taker->out->len == 0 && log->bytes < taker->max_queue / 2) ||
	       (log->slow & ~closing) == 0;
}

/* Counts what has got its place. */
static int queued(struct nv_taker *taker, int error, uint32_t count)
{
	if (error == 0)
		taker->queued += count;
	return error;
}

static int queue_one(const struct taking *taking, uint32_t index, bool droppable)
{
	struct nv_turn_log *log = taking->log;
	struct nv_taker *taker = taking->taker;
	struct nv_piece piece;
	int error;

	if (taker->encoding == NV_ENCODING_OWN && !(droppable && taker->shares))
		return taker->send(taker->context, (enum nv_opcode)entry_at(log, index)->opcode,
		                   nv_shared_frames_message(&log->frames, index));
	/* What is not compressed leaves a kept window as it is (RFC 7692 7.2.3.2), and can be dropped. */
	nv_shared_frames_get(&log->frames, taker->encoding % NV_ENCODING_OWN, index, index + 1,
	                     &piece);
	if (droppable)
		error = nv_outq_append_droppable(taker->out, piece.block, piece.bytes,
		                                 entry_at(log, index)->tag);
	else
		error = nv_outq_append_shared(taker->out, piece.block, piece.bytes);
	return queued(taker, error, 1);
}

static bool needs_room(const struct nv_taker *taker, enum nv_slow slow)
{
	return slow == NV_SLOW_DROP_OLDEST ? is_full(taker)
	                                   : taker->out->droppables >= NEWEST_NAMES;
}

static int take_one(const struct taking *taking, uint32_t index)
{
	struct nv_taker *taker = taking->taker;
	enum nv_slow slow = slow_of(taking, index);
	int error;

	if (slow == NV_SLOW_CLOSE)
		return is_full(taker) ? NV_ERR_FULL : queue_one(taking, index, false);
	if (slow == NV_SLOW_KEEP_NEWEST && (taker->blocked || is_full(taker)))
		taker->missed += nv_outq_drop_tagged(taker->out, entry_at(taking->log, index)->tag);
	while (needs_room(taker, slow) && nv_outq_drop_oldest(taker->out))
		taker->missed++;
	error = is_full(taker) ? NV_ERR_FULL : queue_one(taking, index, true);
	if (error != NV_ERR_FULL)
		return error;
	taker->missed++;
	return 0;
}

static int take_each(const struct taking *taking, uint32_t first, uint32_t end)
{
	int error = 0;

	while (first < end && error == 0)
		error = take_one(taking, first++);
	return error;
}

/* A message is taken whenever the queue is below its limit: so are all but the last of a piece. */
static bool fits(const struct nv_taker *taker, const struct nv_piece *piece)
{
	return !is_full(taker) &&
	       piece->bytes.len - piece->last < taker->max_queue - taker->out->len;
}

static int take_range(const struct taking *taking, uint32_t first, uint32_t end)
{
	struct nv_taker *taker = taking->taker;
	struct nv_piece piece;
	uint32_t next;
	int error = 0;

	if (!taking->merges || taker->encoding == NV_ENCODING_OWN)
		return take_each(taking, first, end);
	for (; first < end && error == 0; first = next) {
		next = nv_shared_frames_get(&taking->log->frames, taker->encoding, first, end,
		                            &piece);
		if (fits(taker, &piece))
			error = queued(taker,
			               nv_outq_append_shared(taker->out, piece.block, piece.bytes),
			               next - first);
		else
			error = take_each(taking, first, next);
	}
	return error;
}

/* Less the entries that exclude the taker. */
static int take_run(const struct taking *taking, uint32_t first, uint32_t end)
{
	int error = 0;

	while (first < end && error == 0) {
		uint32_t excluded =
			nv_exclusions_next(&taking->log->exclusions, taking->taker->id, first);
		uint32_t until = excluded < end ? excluded : end;

		error = take_range(taking, first, until);
		first = until + 1;
	}
	return error;
}

/* --- Whose turn it is among several topics --- */

static void find_touched(const struct nv_subscriber *subscriber, struct nv_touched *touched)
{
	struct nv_list *link, *after;

	touched->count = 0;
	nv_list_each(link, after, &subscriber->subscriptions) {
		struct nv_subscription *subscription =
			nv_container_of(link, struct nv_subscription, of_subscriber);

		if (!nv_list_empty(&subscription->topic->touched))
			touched->subscriptions[touched->count++] = subscription;
	}
}

/* The topic's first run that ends behind `from`, or its last. */
static struct nv_run *run_from(const struct nv_turn_log *log, struct nv_subscription *subscription,
                               uint32_t from)
{
	struct nv_run *run;

	if (subscription->turn != log->first) {
		subscription->turn = log->first;
		subscription->run = subscription->topic->first_run;
	}
	run = run_at(log, subscription->run);
	while (run->end <= from && run->next != NO_RUN) {
		subscription->run = run->next;
		run = run_at(log, run->next);
	}
	return run;
}

/* What the topics have first from `from` on; empty when they have nothing more. */
static struct nv_run next_run(const struct nv_turn_log *log, const struct nv_touched *touched,
                              uint32_t from)
{
	struct nv_run next = { log->count, log->count, NO_RUN };

	for (size_t i = 0; i < touched->count; i++) {
		const struct nv_run *run = run_from(log, touched->subscriptions[i], from);
		uint32_t first = run->first > from ? run->first : from;

		if (run->end > from && first < next.first)
			next = (struct nv_run){ first, run->end, NO_RUN };
	}
	return next;
}

int nv_turn_log_take(struct nv_turn_log *log, struct nv_subscriber *subscriber,
                     struct nv_taker *taker)
{
	struct taking taking = { log, taker, merges(log, taker) };
	uint64_t cursor = subscriber->cursor;
	struct nv_run run = { 0 };
	int error = 0;

	if (!nv_turn_log_is_ahead(log, subscriber))
		return 0;
	subscriber->cursor = log->first + log->count;
	find_touched(subscriber, &log->taker);
	run.end = cursor > log->first ? (uint32_t)(cursor - log->first) : 0;
	while (run.end < log->count && error == 0) {
		run = next_run(log, &log->taker, run.end);
		error = take_run(&taking, run.first, run.end);
	}
	return error;
}

/* --- The end of the turn --- */

struct visit {
	const struct nv_turn_log *log;
	void (*each)(void *context, struct nv_subscriber *subscriber);
	void *context;
};

static void visit_one(void *context, struct nv_subscriber *subscriber)
{
	const struct visit *visit = context;

	if (nv_turn_log_is_ahead(visit->log, subscriber))
		visit->each(visit->context, subscriber);
}

void nv_turn_log_each(struct nv_turn_log *log,
                      void (*each)(void *context, struct nv_subscriber *subscriber), void *context)
{
	struct visit visit = { log, each, context };
	struct nv_list visited;

	nv_list_init(&visited);
	while (!nv_list_empty(&log->touched)) {
		struct nv_topic *topic =
			nv_container_of(log->touched.next, struct nv_topic, touched);

		nv_list_remove(&topic->touched);
		nv_list_push(&visited, &topic->touched);
		nv_topic_visit(log->topics, topic, visit_one, &visit);
	}
	nv_list_splice(&log->touched, &visited);
}

void nv_turn_log_clear(struct nv_turn_log *log)
{
	if (log->count == 0)
		return;
	while (!nv_list_empty(&log->touched))
		nv_list_remove(log->touched.next);
	nv_shared_frames_clear(&log->frames);
	nv_exclusions_clear(&log->exclusions);
	nv_buf_reuse(&log->entries, KEPT_MAX);
	nv_buf_reuse(&log->runs, KEPT_MAX);
	log->first += log->count;
	log->count = 0;
	log->bytes = 0;
	log->slow = 0;
}
