/* SPDX-License-Identifier: MIT */
/* client_conn.c: what stands between a client's connections and the program: handlers that note the state, give
 * the connection what waits, and keep the pongs of our own pings. Messages go to the program directly. */
#include "ws/client_try.h"

struct nv_client *nv_conn_client(const struct nv_conn *conn)
{
	return conn->owner->session.role == NV_CLIENT ? nv_client_of(conn) : NULL;
}

/* --- Feeding --- */

void nv_client_close_conn(struct nv_client *client)
{
	struct nv_conn *conn = nv_client_conn(client);

	if (conn &&
	    nv_conn_close(conn, client->close_status,
	                  client->close_reason[0] ? client->close_reason : NULL) == NV_ERR_NOMEM)
		nv_conn_abort(conn);
}

void nv_client_feed(struct nv_client *client)
{
	struct nv_conn *conn = nv_client_conn(client);

	if (!conn || !nv_conn_can_send(conn))
		return;
	switch (nv_outbox_feed(&client->outbox, conn)) {
	case NV_FEED_AGAIN:
		nv_client_wish(client, NV_WISH_FEED);
		break;
	case NV_FEED_DONE:
		if (nv_client_is_closing(client))
			nv_client_close_conn(client);
		break;
	case NV_FEED_LATER:
		break;
	}
}

/* --- The handlers between --- */

static void between_open(struct nv_conn *conn)
{
	struct nv_client *client = nv_client_of(conn);

	atomic_store(&client->state, NV_CLIENT_OPEN);
	if (client->handlers.on_open)
		client->handlers.on_open(conn);
	if (!client->freed)
		nv_client_opened(client);
}

static void between_pong(struct nv_conn *conn, struct nv_bytes data)
{
	struct nv_client *client = nv_client_of(conn);

	if (nv_outbox_pong(&client->outbox, conn, data))
		nv_client_feed(client);
	else if (client->handlers.on_pong)
		client->handlers.on_pong(conn, data);
}

/* Whoever is told that all has left may send first. */
static void between_drain(struct nv_conn *conn)
{
	struct nv_client *client = nv_client_of(conn);

	if (client->handlers.on_drain)
		client->handlers.on_drain(conn);
	if (!client->freed)
		nv_client_feed(client);
}

static void between_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct nv_client *client = nv_client_of(conn);
	struct nv_try *attempt = nv_try_of(conn);
	uint64_t open_ms = nv_loop_now(client->loop) - attempt->opened_ms;

	nv_try_ended(attempt);
	nv_outbox_closed(&client->outbox, conn);
	if (client->handlers.on_close)
		client->handlers.on_close(conn, close);
	nv_client_lost(client, close, open_ms);
}

void nv_client_init_between(struct nv_client *client)
{
	client->between = client->handlers;
	client->between.on_open = between_open;
	client->between.on_pong = between_pong;
	client->between.on_drain = between_drain;
	client->between.on_close = between_close;
}
