/* SPDX-License-Identifier: MIT */
/* caller.h: one client in the simulated world, what its callbacks saw, and far ends that play its servers. */
#ifndef TESTS_WS_CALLER_H
#define TESTS_WS_CALLER_H

#include <navette/navette.h>

#include "proto/accept.h"
#include "sim/sim.h"
#include "support/failing_alloc.h"
#include "ws/seen.h"

static struct nv_loop *loop;
static struct nv_client *client;
/* What a callback does besides: called with a word for it, such as "retry". */
static void (*on_event)(const char *event, void *about);

static const char *const caller_states[] = { "connecting", "open", "waiting", "closing", "ended" };
static const char *const caller_stages[] = { "url",   "resolve", "connect",
	                                     "proxy", "tls",     "handshake" };

static inline void caller_event(const char *event, void *about)
{
	if (on_event)
		on_event(event, about);
}

static inline void caller_open(struct nv_conn *conn)
{
	saw("open ");
	caller_event("open", conn);
}

static inline void caller_message(struct nv_conn *conn, enum nv_opcode opcode,
                                  struct nv_bytes message)
{
	(void)opcode;
	saw("message:%.*s ", (int)message.len, (const char *)message.data);
	caller_event("message", conn);
}

static inline void caller_close(struct nv_conn *conn, const struct nv_close *close)
{
	saw("close:%u ", close->status);
	caller_event("close", conn);
}

static inline void caller_fail(struct nv_client *failed, void *user,
                               const struct nv_failure *failure)
{
	assert_ptr_equal(user, &client);
	(void)failed;
	saw("fail:%s,%s,%d,%s ", caller_stages[failure->stage], nv_strerror(failure->error),
	    failure->status, failure->text);
	caller_event("fail", (void *)(uintptr_t)failure);
}

static inline void caller_retry(struct nv_client *judged, void *user, struct nv_retry *retry)
{
	(void)judged;
	(void)user;
	saw("retry:%s,%u ", retry->again ? "yes" : "no", retry->tries);
	caller_event("retry", retry);
}

static inline void caller_state(struct nv_client *changed, void *user, enum nv_client_state state)
{
	(void)user;
	assert_int_equal(nv_client_state_now(changed), state);
	saw("%s ", caller_states[state]);
	caller_event(caller_states[state], changed);
}

static const struct nv_handlers caller_handlers = {
	.on_open = caller_open,
	.on_message = caller_message,
	.on_close = caller_close,
};

static inline void caller_begin(void)
{
	seen[0] = '\0';
	on_event = NULL;
	failing_alloc_install();
	loop = nv_loop_new();
	assert_non_null(loop);
}

/* The client's own callbacks are those above, but for on_trace. */
static inline struct nv_client *caller_new(const char *url, struct nv_client_options options)
{
	options.user = &client;
	options.on_fail = caller_fail;
	options.on_retry = caller_retry;
	options.on_state = caller_state;
	return nv_client_new(loop, url, &caller_handlers, &options);
}

/* The client has begun, and has connected if that needs no more than to be accepted. */
static inline void caller_start(const char *url, struct nv_client_options options)
{
	caller_begin();
	client = caller_new(url, options);
	assert_non_null(client);
	sim_settle(loop);
}

/* What is seen of it is looked at by the test, or not. */
static inline void caller_stop(void)
{
	on_event = NULL;
	nv_client_free(client);
	client = NULL;
	nv_loop_free(loop);
	failing_alloc_remove();
}

/* What the far end has got, as a string that lives until the next call. */
static inline const char *caller_said(struct sim_peer *peer)
{
	static char said[20000];
	struct nv_bytes took = sim_peer_take(peer);

	assert_true(took.len < sizeof said);
	if (took.len > 0)
		memcpy(said, took.data, took.len);
	said[took.len] = '\0';
	return said;
}

/* Accepts the request that has arrived, and lets that be seen. Returns the request. */
static inline const char *caller_accept(struct sim_peer *peer)
{
	const char *request = caller_said(peer);
	const char *key = strstr(request, "Sec-WebSocket-Key: ");
	char accept[NV_ACCEPT_SIZE];

	if (!key)
		fail_msg("no request in \"%s\"; seen \"%s\"", request, seen);
	nv_accept_value((const uint8_t *)key + strlen("Sec-WebSocket-Key: "), accept);
	sim_peer_send_text(peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	                         "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
	sim_peer_send(peer, accept, sizeof accept);
	sim_peer_send_text(peer, "\r\n\r\n");
	sim_settle(loop);
	return request;
}

/* The next server that is connected to, which accepts. */
static inline struct sim_peer *caller_open_next(void)
{
	struct sim_peer *peer = sim_next_connect();

	assert_non_null(peer);
	(void)caller_accept(peer);
	return peer;
}

/* A Close of the far end, which then ends in order. */
static inline void caller_end(struct sim_peer *peer, uint16_t status, const char *reason)
{
	uint8_t head[4] = { 0x88, (uint8_t)(2 + strlen(reason)), (uint8_t)(status >> 8),
		            (uint8_t)status };

	sim_peer_send(peer, head, sizeof head);
	sim_peer_send_text(peer, reason);
	sim_peer_eof(peer);
	sim_settle(loop);
}

#endif
