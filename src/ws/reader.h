/* SPDX-License-Identifier: MIT */
/* reader.h: what a connection holds to be reached by publishing, and from other threads. It is made at
 * the first need and goes with the connection's on_close. */
#ifndef WS_READER_H
#define WS_READER_H

#include "base/buf.h"
#include "net/loop.h"
#include "ws/conn.h"
#include "ws/topic.h"

struct nv_publication;

struct nv_reader {
	struct nv_subscriber subscriber; /* its owner is the connection */
	uint64_t id;                     /* of that */
	struct nv_hook failing;          /* runs when it has to be failed: not from inside a call */
	struct nv_buf aside; /* messages that wait for the end of one that is sent in parts */
	uint64_t missed;     /* and not told yet */
	int error;           /* that it fails for */
};

/* The connection's, made if need be; NULL without memory. */
struct nv_reader *nv_reader_get(struct nv_conn *conn);
/* Leaves all topics and drops what waits. Does nothing without one. */
void nv_reader_drop(struct nv_conn *conn);

/* Queues what was published for it up to now, so that what is queued next comes behind it. What fails
 * is told by failing the connection when the turn ends. Calls no handler. */
void nv_reader_take(struct nv_reader *reader);

static inline void nv_conn_catch_up(struct nv_conn *conn)
{
	if (conn->reader)
		nv_reader_take(conn->reader);
}

/* Sends a message, or keeps it for the end of one that is being sent in parts. As nv_conn_send, but
 * NV_ERR_STATE never. */
int nv_reader_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);

/* The message in parts is complete. */
void nv_reader_send_aside(struct nv_conn *conn);

/* The connection is failed when the turn ends: NV_ERR_FULL with 1013, anything else with 1011. */
void nv_reader_fail(struct nv_conn *conn, int error);

/* What was published for it could not be kept for want of memory: it is failed, or misses it. */
void nv_reader_lose(struct nv_reader *reader, const struct nv_publication *publication);

/* on_missed, if there is anything to tell. */
void nv_reader_tell_missed(struct nv_conn *conn);

#endif
