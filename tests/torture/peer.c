/* SPDX-License-Identifier: MIT */
/* peer.c: clients and streams, each as the scenario wants it. */
#include "torture/peer.h"

#include <stdio.h>

#include "support/unit.h"
#include "torture/scenario.h"
#include "torture/talk.h"
#include "torture/world.h"
#include "ws/client_try.h"

/* --- Clients --- */

static struct peer *peer_of(const struct nv_conn *conn)
{
	return nv_conn_user(conn);
}

static void client_open(struct nv_conn *conn)
{
	witness_open(&peer_of(conn)->witness, conn);
	if (the_world.scenario->opened)
		the_world.scenario->opened(conn);
}

static void client_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	const struct scenario *scenario = the_world.scenario;
	struct witness *witness = &peer_of(conn)->witness;

	witness_message(witness, opcode, message);
	if (scenario->answered)
		scenario->answered(conn, witness->messages);
	else if (witness->messages == scenario->messages)
		hang_up(conn, NV_STATUS_NORMAL, "fini");
}

static void client_ping(struct nv_conn *conn, struct nv_bytes data)
{
	witness_ping(&peer_of(conn)->witness, data);
}

static void client_pong(struct nv_conn *conn, struct nv_bytes data)
{
	(void)data;
	witness_pong(&peer_of(conn)->witness);
}

void peer_free(struct peer *peer)
{
	nv_client_free(peer->client);
	peer->client = NULL;
}

static void client_over(struct peer *peer)
{
	peer->over = true;
	if (the_world.scenario->frees_at_once)
		peer_free(peer);
}

static void client_close(struct nv_conn *conn, const struct nv_close *close)
{
	witness_close(&peer_of(conn)->witness, close);
	client_over(peer_of(conn));
}

static void client_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	struct peer *peer = user;

	(void)client;
	witness_fail(&peer->witness, failure);
	client_over(peer);
}

static const struct nv_handlers client_handlers = {
	.on_open = client_open,
	.on_message = client_message,
	.on_ping = client_ping,
	.on_pong = client_pong,
	.on_close = client_close,
};

static void start_client(struct peer *peer)
{
	const struct scenario *scenario = the_world.scenario;
	const struct nv_client_options options = {
		.max_message = TALK_MAX,
		.ping_interval_ms = NV_OFF,
		.subprotocols = scenario->subprotocols,
		.fields = scenario->fields,
		.compression = scenario->compression,
		.simultaneous = true, /* or those behind one that fails would wait for it */
		.user = peer,
		.on_fail = client_fail,
	};
	uint16_t port = nv_server_port(the_world.server);
	char url[128];

	if (scenario->refused)
		port = the_world.refusing_port;
	snprintf(url, sizeof(url), "ws://%s:%u%s", scenario->by_name ? "localhost" : "127.0.0.1",
	         port, scenario->target);
	peer->client = nv_client_new(the_world.loop, url, &client_handlers, &options);
	peer->over = !peer->client;
}

/* --- Peers that are no clients --- */

static struct peer *peer_of_stream(struct nv_stream *stream)
{
	return nv_container_of(stream, struct peer, stream);
}

static void stream_open(struct nv_stream *stream)
{
	const struct scenario *scenario = the_world.scenario;

	if (nv_outq_append(&stream->out, scenario->bytes, scenario->bytes_len) < 0) {
		nv_stream_close(stream, NV_ERR_NOMEM);
		return;
	}
	nv_stream_flush(stream);
	if (scenario->bytes_end)
		nv_stream_shutdown(stream);
}

static void stream_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct witness *witness = &peer_of_stream(stream)->witness;

	if (witness->closed)
		witness->confused = true;
	if (len == 0)
		nv_stream_shutdown(stream);
	for (size_t i = 0; i < len; i++)
		witness_note(witness, data[i] < 0x80 && data[i] != '\r' ? "%c" : "<%02x>", data[i]);
}

static void stream_drain(struct nv_stream *stream)
{
	(void)stream;
}

/* What the answer says of the time is not always the same. */
static void forget_date(struct witness *witness)
{
	char *date = strstr(witness->seen, "Date: ");
	char *end = date ? strchr(date, '\n') : NULL;

	if (end)
		memmove(date, end + 1, strlen(end));
	else if (date)
		*date = '\0';
	witness->len = strlen(witness->seen);
}

static void stream_close(struct nv_stream *stream, int error)
{
	struct peer *peer = peer_of_stream(stream);

	(void)error;
	forget_date(&peer->witness);
	peer->witness.closed++;
	peer->over = true;
}

static void start_stream(struct peer *peer)
{
	static const struct nv_stream_events events = {
		.on_open = stream_open,
		.on_data = stream_data,
		.on_drain = stream_drain,
		.on_close = stream_close,
	};
	struct nv_address address;

	peer->stream.events = &events;
	assert_true(nv_address_parse("127.0.0.1", nv_server_port(the_world.server), &address));
	peer->over = nv_loop_connect(the_world.loop, &peer->stream, &address) < 0;
}

/* --- Both --- */

void peer_start(struct peer *peer)
{
	if (the_world.scenario->bytes)
		start_stream(peer);
	else
		start_client(peer);
}

bool peer_is_over(const struct peer *peer)
{
	return peer->over && (!peer->client || nv_list_empty(&peer->client->tries));
}

void peer_give_up(struct peer *peer)
{
	if (the_world.scenario->bytes && !peer->over)
		nv_stream_close(&peer->stream, NV_ERR_TIMEOUT);
}
