/* SPDX-License-Identifier: MIT */
/* link.h: one open connection in the simulated world, of a server or of a client, and its far end: what
 * holds for both roles is tested for both. */
#ifndef TESTS_WS_LINK_H
#define TESTS_WS_LINK_H

#include "proto/accept.h"
#include "support/frames.h"
#include "ws/fixture.h"

struct link {
	enum nv_role role; /* ours */
	struct fixture f;
	struct nv_client *client;
	struct sim_peer *peer;
};

static inline struct nv_client_options link_client_options(const struct nv_server_options *options)
{
	return (struct nv_client_options){
		.max_message = options->max_message,
		.message_timeout_ms = options->message_timeout_ms,
		.ping_interval_ms = options->ping_interval_ms,
		.close_timeout_ms = options->close_timeout_ms,
		.compression = options->compression,
	};
}

/* Answers the client's request. */
static inline void link_accept(struct link *l)
{
	struct nv_bytes took = sim_peer_take(l->peer);
	char request[4096], accept[NV_ACCEPT_SIZE];
	const char *key;

	assert_true(took.len < sizeof request);
	memcpy(request, took.data, took.len);
	request[took.len] = '\0';
	key = strstr(request, "Sec-WebSocket-Key: ") + strlen("Sec-WebSocket-Key: ");
	nv_accept_value((const uint8_t *)key, accept);
	sim_peer_send_text(l->peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	                            "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
	sim_peer_send(l->peer, accept, sizeof accept);
	if (strstr(request, "permessage-deflate"))
		sim_peer_send_text(l->peer, "\r\nSec-WebSocket-Extensions: permessage-deflate; "
		                            "server_no_context_takeover");
	sim_peer_send_text(l->peer, "\r\n\r\n");
}

static inline void link_open_client(struct link *l, const struct nv_server_options *options)
{
	struct nv_client_options client_options = link_client_options(options);

	l->f = (struct fixture){ 0 };
	the_fixture = &l->f;
	failing_alloc_install();
	l->f.loop = nv_loop_new();
	fixture_go_secure();
	if (fixture_speaks_tls)
		client_options.tls.ca_file = paper("ca.pem");
	l->client = nv_client_new(l->f.loop,
	                          fixture_speaks_tls ? "wss://127.0.0.1/" : "ws://127.0.0.1/",
	                          &fixture_handlers, &client_options);
	assert_non_null(l->client);
	sim_settle(l->f.loop);
	l->peer = sim_next_connect();
	if (fixture_speaks_tls)
		far_server(l->peer, paper("server.pem"), paper("server.key"));
	sim_settle(l->f.loop);
	link_accept(l);
}

static inline void link_open_server(struct link *l, const struct nv_server_options *options)
{
	fixture_start(&l->f, *options);
	l->peer = fixture_peer();
	sim_peer_send_text(l->peer, "GET /ws HTTP/1.1\r\n" UPGRADE_FIELDS);
	if (options->compression.enabled)
		sim_peer_send_text(l->peer, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
	sim_peer_send_text(l->peer, "\r\n");
}

/* The handshake is over, and "open " is seen and forgotten. */
static inline void link_open(struct link *l, enum nv_role role, struct nv_server_options options)
{
	*l = (struct link){ .role = role };
	if (role == NV_SERVER)
		link_open_server(l, &options);
	else
		link_open_client(l, &options);
	sim_settle(l->f.loop);
	sim_peer_take(l->peer);
	assert_seen("open ");
}

/* What is seen of it is not looked at. */
static inline void link_free(struct link *l)
{
	l->f.seen_len = 0;
	if (l->role == NV_SERVER) {
		fixture_stop(&l->f);
		return;
	}
	nv_client_free(l->client);
	nv_loop_free(l->f.loop);
	failing_alloc_remove();
}

/* A frame of the far end, whose key is zero. */
static inline void link_send(struct link *l, uint8_t first, const void *data, size_t len)
{
	uint8_t head[2] = { first, (uint8_t)len };

	assert_true(len < 126);
	if (l->role == NV_SERVER) {
		send_frame(l->peer, first, data, len);
		return;
	}
	sim_peer_send(l->peer, head, sizeof head);
	sim_peer_send(l->peer, data, len);
}

/* What the connection wrote is one frame. The caller frees its payload. */
static inline struct frame link_take(struct link *l)
{
	struct nv_bytes took = sim_peer_take(l->peer);
	struct frame frame;

	assert_true(frame_take(&took, l->role, &frame));
	assert_int_equal(took.len, 0);
	return frame;
}

/* What it wrote is a Close with this status, and nothing else. */
static inline void link_assert_close(struct link *l, uint16_t status)
{
	struct frame frame = link_take(l);

	assert_int_equal(frame.opcode, NV_CLOSE);
	assert_true(frame.payload.len >= 2);
	assert_int_equal(frame.payload.data[0] << 8 | frame.payload.data[1], status);
	blob_free(&frame.payload);
}

static inline void link_assert_nothing(struct link *l)
{
	assert_int_equal(sim_peer_take(l->peer).len, 0);
}

#endif
