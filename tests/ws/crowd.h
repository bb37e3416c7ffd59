/* SPDX-License-Identifier: MIT */
/* crowd.h: a server of one loop or several in the simulated world, and its members.
 *
 * The loops have no threads: the test turns them by hand, in their order. To the server whatever is
 * called outside of a turn comes from another thread, and so does one loop's call to another. A member
 * says what the server shall do for it: acts, with semicolons between them, in one message. */
#ifndef TESTS_WS_CROWD_H
#define TESTS_WS_CROWD_H

#include "ws/crowd_acts.h"

/* --- Handlers --- */

static inline struct member *crowd_member(const struct nv_conn *conn)
{
	return nv_conn_user(conn);
}

static inline void crowd_at(enum crowd_callback callback, struct nv_conn *conn)
{
	const char *acts = crowd.acts[callback];

	if (acts && crowd_member(conn) == &crowd.members[crowd.acting])
		crowd_acts(conn, acts, strlen(acts));
}

static inline void crowd_on_upgrade(struct nv_request *request)
{
	const char *acts = crowd.acts[CROWD_UPGRADE];

	if (acts && crowd.count == crowd.acting)
		crowd_acts(NULL, acts, strlen(acts));
}

static inline void crowd_on_open(struct nv_conn *conn)
{
	struct member *m = &crowd.members[crowd.count++];

	m->conn = conn;
	m->id = nv_conn_id(conn);
	nv_conn_set_user(conn, m);
	if (nv_conn_deflate(conn)) {
		m->inflates = true;
		peer_open(&m->inflater, NV_CLIENT, nv_conn_deflate(conn));
	}
	member_note(m->seen, "open ");
	crowd_at(CROWD_OPEN, conn);
}

static inline void crowd_on_message(struct nv_conn *conn, enum nv_opcode opcode,
                                    struct nv_bytes message)
{
	crowd_acts(conn, (const char *)message.data, message.len);
	crowd_at(CROWD_MESSAGE, conn);
}

static inline void crowd_on_drain(struct nv_conn *conn)
{
	member_note(crowd_member(conn)->seen, "drain ");
	crowd_at(CROWD_DRAIN, conn);
}

static inline void crowd_on_missed(struct nv_conn *conn, uint64_t count)
{
	member_note(crowd_member(conn)->seen, "missed:%u ", (unsigned)count);
	crowd_at(CROWD_MISSED, conn);
}

static inline void crowd_on_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct member *m = crowd_member(conn);

	assert_true(nv_conn_id(conn) == m->id);
	member_note(m->seen, "close:%u,%s ", close->status, nv_cause_text(close->cause));
	crowd_at(CROWD_CLOSE, conn);
	m->conn = NULL;
}

static const struct nv_handlers crowd_handlers = {
	.on_upgrade = crowd_on_upgrade,
	.on_open = crowd_on_open,
	.on_message = crowd_on_message,
	.on_drain = crowd_on_drain,
	.on_missed = crowd_on_missed,
	.on_close = crowd_on_close,
};

/* --- Time --- */

static inline struct nv_loop *crowd_loop(size_t number)
{
	return crowd.server->workers[number].loop;
}

static inline void crowd_settle(void)
{
	bool busy = true;

	while (busy) {
		busy = false;
		for (size_t i = 0; i < crowd.server->worker_count; i++) {
			busy = busy || sim_busy(crowd_loop(i));
			sim_settle(crowd_loop(i));
		}
	}
}

/* In steps, so that the loops' clocks stay close to each other. */
static inline void crowd_advance(uint32_t ms)
{
	for (uint32_t passed = 0; passed < ms; passed += 250) {
		for (size_t i = 0; i < crowd.server->worker_count; i++)
			sim_advance(crowd_loop(i), 250);
		crowd_settle();
	}
}

/* --- Life --- */

static inline void crowd_make(struct nv_server_options options)
{
	static struct fixture f;

	fixture_start(&f, options);
	memset(&crowd, 0, sizeof crowd);
	crowd.server = f.server;
	assert_int_equal(nv_server_route(f.server, "/crowd", &crowd_handlers, NULL), 0);
}

static inline void crowd_free(void)
{
	nv_server_free(crowd.server);
	for (size_t i = 0; i < CROWD_MAX; i++)
		member_free(&crowd.members[i]);
	failing_alloc_remove();
}

/* Asks for an upgrade; the answer is not looked at. */
static inline struct sim_peer *crowd_ask(const char *fields)
{
	struct sim_peer *peer = fixture_peer();

	sim_peer_send_text(peer, "GET /crowd HTTP/1.1\r\n" UPGRADE_FIELDS);
	sim_peer_send_text(peer, fields);
	sim_peer_send_text(peer, "\r\n");
	return peer;
}

static inline void crowd_skip_answer(struct member *m)
{
	const char *end;

	blob_append(&m->wire, "", 1);
	end = strstr((const char *)m->wire.data, "\r\n\r\n");
	assert_non_null(end);
	m->wire.len -= (size_t)(end + 4 - (const char *)m->wire.data) + 1;
	memmove(m->wire.data, end + 4, m->wire.len);
	while (member_take_frame(m))
		;
}

static inline struct member *crowd_join_with(const char *fields)
{
	struct member *m = &crowd.members[crowd.count];
	struct nv_bytes answer;

	m->peer = crowd_ask(fields);
	crowd_settle();
	assert_ptr_equal(m + 1, &crowd.members[crowd.count]);
	answer = sim_peer_take(m->peer);
	blob_append(&m->wire, answer.data, answer.len);
	crowd_skip_answer(m);
	assert_told(m, "open ");
	return m;
}

static inline struct member *crowd_join(void)
{
	return crowd_join_with("");
}

/* Without a turn. */
static inline void crowd_ask_for(struct member *m, const char *acts)
{
	send_text(m->peer, acts);
}

static inline void crowd_do(struct member *m, const char *acts)
{
	crowd_ask_for(m, acts);
	crowd_settle();
}

/* As from another thread. */
static inline void crowd_elsewhere(const char *acts)
{
	crowd_acts(NULL, acts, strlen(acts));
}

static inline struct nv_stats crowd_stats(void)
{
	struct nv_stats stats;

	nv_server_stats(crowd.server, &stats);
	return stats;
}

#endif
