/* SPDX-License-Identifier: MIT */
/* post.h: an outbox in the simulated world, the connections that it feeds, one after the other, and their
 * far ends. A connection is open as soon as its stream is: there is no handshake. */
#ifndef TESTS_WS_POST_H
#define TESTS_WS_POST_H

#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "net/tls.h"
#include "sim/sim.h"
#include "support/failing_alloc.h"
#include "support/frames.h"
#include "ws/conn.h"
#include "ws/far_tls.h"
#include "ws/outbox.h"
#include "ws/papers.h"

struct post {
	struct nv_outbox outbox;
	struct nv_conn_owner owner;
	struct nv_loop *loop;
	struct nv_conn *conn;  /* until it is released */
	bool open;             /* it is fed */
	bool eager;            /* it is fed in on_open, too */
	bool keyless;          /* no masking key is to be had */
	struct sim_peer *peer; /* of the newest connection */
	struct blob unread;    /* what it has written and the far end has not read */
	char seen[4096];
};

static struct post *the_post;

static inline int post_key(void *context, uint8_t key[4])
{
	memset(key, 0, 4);
	return ((struct post *)context)->keyless ? NV_ERR_SYSTEM : 0;
}

static inline void post_opened(struct nv_stream *stream)
{
	the_post->open = true;
	nv_conn_open(nv_conn_of(stream));
	if (the_post->eager)
		nv_outbox_feed(&the_post->outbox, nv_conn_of(stream));
}

static inline void post_no_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
}

static inline void post_no_drain(struct nv_stream *stream)
{
}

static const struct nv_conn_phase post_connecting = {
	.events = { .on_open = post_opened,
	            .on_data = post_no_data,
	            .on_drain = post_no_drain,
	            .on_close = nv_conn_stream_closed },
};

static inline void post_pong(struct nv_conn *conn, struct nv_bytes data)
{
	if (!nv_outbox_pong(&the_post->outbox, conn, data))
		strcat(the_post->seen, "pong ");
}

static inline void post_closed(struct nv_conn *conn, const struct nv_close *close)
{
	the_post->open = false;
	nv_outbox_closed(&the_post->outbox, conn);
}

static inline void post_released(struct nv_conn *conn, int error)
{
	nv_conn_deinit(conn);
	nv_free(conn);
	if (conn == the_post->conn)
		the_post->conn = NULL;
}

static const struct nv_handlers post_handlers = { .on_pong = post_pong, .on_close = post_closed };

static inline void post_start(struct post *p, struct nv_outbox_options options)
{
	*p = (struct post){ 0 };
	the_post = p;
	failing_alloc_install();
	p->loop = nv_loop_new();
	p->owner.session.role = NV_CLIENT;
	p->owner.session.masking_key = post_key;
	p->owner.session.context = p;
	nv_conn_owner_complete(&p->owner);
	p->owner.released = post_released;
	nv_set_default(&options.max_waiting, 1024);
	nv_set_default(&options.max_bytes, 1048576);
	nv_outbox_init(&p->outbox, &options);
}

static inline void post_stop(struct post *p)
{
	if (p->conn)
		nv_conn_abort(p->conn);
	sim_settle(p->loop);
	nv_outbox_deinit(&p->outbox);
	nv_deflate_pool_deinit(&p->owner.deflate);
	nv_loop_free(p->loop);
	blob_free(&p->unread);
	failing_alloc_remove();
}

/* Begins a connection, over TLS with a context. */
static inline void post_connect(struct post *p, struct nv_tls_context *context)
{
	struct nv_conn *conn = nv_alloc_zero(sizeof *conn);
	struct nv_address address;

	assert_non_null(conn);
	assert_true(nv_address_parse("127.0.0.1", 80, &address));
	nv_conn_init(conn, &p->owner, &post_connecting);
	conn->handlers = &post_handlers;
	assert_int_equal(
		context ? nv_tls_connect(p->loop, &conn->stream, &address, context, "example.org")
			: nv_loop_connect(p->loop, &conn->stream, &address),
		0);
	p->conn = conn;
	p->peer = sim_next_connect();
	p->unread.len = 0;
	if (!context)
		sim_settle(p->loop);
}

static inline int post_put(struct post *p, const char *text)
{
	bool first;

	return nv_outbox_put(&p->outbox, NV_TEXT, nv_str(text), &first);
}

static inline enum nv_feed post_feed(struct post *p)
{
	return nv_outbox_feed(&p->outbox, p->open ? p->conn : NULL);
}

/* Feeds before the flush of each turn, until it says that there is nothing to be done now. */
static inline enum nv_feed post_run(struct post *p)
{
	enum nv_feed feed;

	do {
		feed = post_feed(p);
		sim_settle(p->loop);
	} while (feed == NV_FEED_AGAIN);
	return feed;
}

/* The next frame that has arrived as a whole; false when there is none. The caller frees its payload. */
static inline bool post_read(struct post *p, struct frame *frame)
{
	struct nv_bytes took = sim_peer_take(p->peer);
	struct nv_bytes rest;

	if (took.len > 0)
		blob_append(&p->unread, took.data, took.len);
	rest = blob_bytes(&p->unread);
	if (!frame_take(&rest, NV_CLIENT, frame))
		return false;
	if (rest.len > 0)
		memmove(p->unread.data, rest.data, rest.len);
	p->unread.len = rest.len;
	return true;
}

/* What a question asks about: how many letters of its connection. */
static inline uint64_t question_of(const struct frame *frame)
{
	uint64_t number = 0;

	assert_int_equal(frame->payload.len, 12);
	assert_memory_equal(frame->payload.data, "nav:", 4);
	for (size_t i = 4; i < 12; i++)
		number = number << 8 | frame->payload.data[i];
	return number;
}

static inline void note_frame(struct post *p, const struct frame *frame)
{
	char *end = p->seen + strlen(p->seen);
	size_t room = sizeof p->seen - (size_t)(end - p->seen);

	if (frame->opcode == NV_PING)
		snprintf(end, room, "?%d ", (int)question_of(frame));
	else if (frame->opcode == NV_CLOSE)
		snprintf(end, room, "close ");
	else
		snprintf(end, room, "%.*s ", (int)frame->payload.len,
		         (const char *)frame->payload.data);
}

/* What has arrived since the last time, a word each: texts, "?N" for our pings, "close". */
static inline void assert_arrived(struct post *p, const char *expected)
{
	struct frame frame;

	while (post_read(p, &frame)) {
		note_frame(p, &frame);
		blob_free(&frame.payload);
	}
	assert_string_equal(p->seen, expected);
	p->seen[0] = '\0';
}

static inline void post_answer(struct post *p, uint64_t number)
{
	uint8_t pong[14] = { 0x8a, 12, 'n', 'a', 'v', ':' };

	for (size_t i = 0; i < 8; i++)
		pong[6 + i] = (uint8_t)(number >> (56 - 8 * i));
	sim_peer_send(p->peer, pong, sizeof pong);
	sim_settle(p->loop);
}

/* The connection breaks, and nothing more leaves. */
static inline void post_break(struct post *p)
{
	sim_peer_reset(p->peer);
	sim_settle(p->loop);
	assert_false(p->open);
}

/* "waiting sent dropped confirmed uncertain", and whether it adds up. */
static inline void assert_account(struct post *p, const char *expected)
{
	struct nv_account account;
	char text[128];

	nv_outbox_account(&p->outbox, &account);
	assert_int_equal(account.taken, account.waiting + account.sent + account.dropped);
	snprintf(text, sizeof text, "%d %d %d %d %d", (int)account.waiting, (int)account.sent,
	         (int)account.dropped, (int)account.confirmed, (int)account.uncertain);
	assert_string_equal(text, expected);
}

#endif
