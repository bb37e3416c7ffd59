/* SPDX-License-Identifier: MIT */
/* reader.c: takes what was published into a connection's queue, by its policy, and keeps aside what
 * must not come between the parts of another message (RFC 6455 5.4). */
#include "ws/reader.h"

#include "base/alloc.h"
#include "ws/worker.h"

/* --- Failing --- */

/* A handler may be called here, which none of those who find the reason may do. */
static void fail_now(struct nv_hook *hook)
{
	struct nv_reader *reader = nv_container_of(hook, struct nv_reader, failing);
	struct nv_conn *conn = reader->subscriber.owner;

	if (!nv_conn_can_send(conn))
		return;
	if (reader->error == NV_ERR_FULL)
		nv_conn_fail(conn, NV_STATUS_TRY_LATER, "the peer reads too slowly");
	else
		nv_conn_fail(conn, NV_STATUS_INTERNAL, "a message was lost for want of memory");
}

static void fail_later(struct nv_reader *reader, int error)
{
	struct nv_conn *conn = reader->subscriber.owner;

	reader->error = error;
	nv_loop_before_flush(conn->stream.loop, &reader->failing);
}

/* --- Life --- */

struct nv_reader *nv_reader_get(struct nv_conn *conn)
{
	struct nv_reader *reader = conn->reader;

	if (reader)
		return reader;
	reader = nv_alloc_zero(sizeof *reader);
	if (!reader)
		return NULL;
	nv_subscriber_init(&reader->subscriber, conn);
	reader->id = nv_conn_id(conn);
	reader->failing.run = fail_now;
	conn->reader = reader;
	return reader;
}

void nv_reader_drop(struct nv_conn *conn)
{
	struct nv_reader *reader = conn->reader;

	if (!reader)
		return;
	nv_worker_unsubscribe_all(nv_worker_of(conn), &reader->subscriber);
	nv_loop_forget_hook(&reader->failing);
	nv_buf_deinit(&reader->aside);
	nv_free(reader);
	conn->reader = NULL;
}

/* --- What waits for the end of a message in parts --- */

struct kept {
	uint32_t len;
	uint32_t opcode;
};

static int keep_aside(struct nv_reader *reader, enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_conn *conn = reader->subscriber.owner;
	struct kept kept = { (uint32_t)message.len, opcode };

	if (reader->aside.len >= conn->owner->max_queue)
		return NV_ERR_FULL;
	if (message.len > UINT32_MAX / 2)
		return NV_ERR_TOO_BIG;
	if (!nv_buf_reserve(&reader->aside, sizeof kept + message.len))
		return NV_ERR_NOMEM;
	(void)nv_buf_append(&reader->aside, &kept, sizeof kept);
	(void)nv_buf_append(&reader->aside, message.data, message.len);
	return 0;
}

int nv_reader_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_reader *reader;

	if (!nv_session_in_parts(&conn->session))
		return nv_conn_send(conn, opcode, message);
	if (!nv_conn_can_send(conn))
		return NV_ERR_CLOSED;
	reader = nv_reader_get(conn);
	if (!reader)
		return NV_ERR_NOMEM;
	nv_reader_take(reader);
	return keep_aside(reader, opcode, message);
}

/* Each was let in below the limit, so that it has its place now. */
static int send_kept(struct nv_conn *conn, const struct nv_buf *aside)
{
	struct kept kept;
	int error = 0;

	for (size_t at = 0; at < aside->len && error == 0; at += sizeof kept + kept.len) {
		memcpy(&kept, aside->data + at, sizeof kept);
		error = nv_conn_queue(
			conn, (enum nv_opcode)kept.opcode,
			(struct nv_bytes){ aside->data + at + sizeof kept, kept.len });
	}
	return error;
}

void nv_reader_send_aside(struct nv_conn *conn)
{
	struct nv_buf aside;
	int error;

	if (!conn->reader || conn->reader->aside.len == 0)
		return;
	aside = conn->reader->aside;
	conn->reader->aside = (struct nv_buf){ 0 };
	error = send_kept(conn, &aside);
	if (error < 0)
		fail_later(conn->reader, error);
	nv_buf_deinit(&aside);
}

void nv_reader_fail(struct nv_conn *conn, int error)
{
	struct nv_reader *reader = nv_reader_get(conn);

	if (reader)
		fail_later(reader, error);
	else
		nv_conn_cut(conn, NV_CAUSE_MEMORY);
}

/* --- What was published --- */

static int send_own(void *context, enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_reader *reader = context;
	struct nv_conn *conn = reader->subscriber.owner;

	if (nv_session_in_parts(&conn->session))
		return keep_aside(reader, opcode, message);
	return nv_conn_queue(conn, opcode, message);
}

static void count_missed(struct nv_reader *reader, uint64_t count)
{
	reader->missed += count;
	nv_count_add(&nv_worker_of(reader->subscriber.owner)->tally.missed, count);
}

void nv_reader_take(struct nv_reader *reader)
{
	struct nv_conn *conn = reader->subscriber.owner;
	struct nv_worker *worker = nv_worker_of(conn);
	struct nv_taker taker = {
		.id = reader->id,
		.out = &conn->stream.out,
		.max_queue = conn->owner->max_queue == NV_OFF ? SIZE_MAX : conn->owner->max_queue,
		.encoding = nv_session_in_parts(&conn->session) ? NV_ENCODING_OWN
		                                                : nv_encoding_of(&conn->session),
		.blocked = nv_stream_is_blocked(&conn->stream),
		.shares = !nv_session_in_parts(&conn->session),
		.slow = nv_route_of(conn)->slow,
		.send = send_own,
		.context = reader,
	};
	int error;

	if (!nv_turn_log_is_ahead(&worker->log, &reader->subscriber) || !nv_conn_can_send(conn))
		return;
	error = nv_turn_log_take(&worker->log, &reader->subscriber, &taker);
	nv_count_add(&conn->owner->sent, taker.queued);
	count_missed(reader, taker.missed);
	if (error < 0)
		fail_later(reader, error);
	if (conn->stream.out.len > 0)
		nv_stream_flush(&conn->stream);
}

void nv_reader_lose(struct nv_reader *reader, const struct nv_publication *publication)
{
	struct nv_conn *conn = reader->subscriber.owner;
	enum nv_slow slow =
		publication->slow ? (enum nv_slow)(publication->slow - 1) : nv_route_of(conn)->slow;

	if (reader->id == publication->excluded)
		return;
	if (slow == NV_SLOW_CLOSE)
		fail_later(reader, NV_ERR_NOMEM);
	else
		count_missed(reader, 1);
}

void nv_reader_tell_missed(struct nv_conn *conn)
{
	uint64_t missed = conn->reader ? conn->reader->missed : 0;

	if (missed == 0)
		return;
	conn->reader->missed = 0;
	if (conn->handlers->on_missed)
		conn->handlers->on_missed(conn, missed);
}
