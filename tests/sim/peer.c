/* SPDX-License-Identifier: MIT */
/* peer.c: the far ends of streams, as the test plays them. */
#include <assert.h>
#include <stdlib.h>

#include "sim/world.h"

struct sim_peer *sim_connect_from(uint16_t port, const char *ip)
{
	struct sim_port *to = sim_port_of_number(port);
	struct nv_address address;
	struct sim_peer *peer;

	if (!to || !nv_address_parse(ip, ++sim_world()->last_port, &address))
		return NULL;
	peer = sim_peer_new(&address);
	nv_list_push(&to->queue, &peer->link);
	return peer;
}

struct sim_peer *sim_connect(uint16_t port)
{
	return sim_connect_from(port, "192.0.2.1");
}

struct sim_peer *sim_next_connect(void)
{
	const struct sim_world *world = sim_world();

	for (size_t i = 0; i < world->peer_count; i++) {
		if (!world->peers[i]->asked_for)
			continue;
		world->peers[i]->asked_for = false;
		return world->peers[i];
	}
	return NULL;
}

const struct nv_address *sim_peer_address(const struct sim_peer *peer)
{
	return &peer->address;
}

void sim_peer_put(struct sim_peer *peer, struct nv_bytes wire)
{
	if (!peer->closed && !peer->eof && !peer->error)
		sim_append(&peer->in, wire.data, wire.len);
}

void sim_peer_hear(struct sim_peer *peer, struct nv_bytes plain)
{
	sim_append(&peer->out, plain.data, plain.len);
}

void sim_peer_written(struct sim_peer *peer, struct nv_bytes bytes)
{
	if (peer->speech)
		peer->speech->read(peer, peer->speaker, bytes);
	else
		sim_peer_hear(peer, bytes);
}

void sim_peer_speak(struct sim_peer *peer, const struct sim_speech *speech, void *context)
{
	struct sim_bytes before = peer->out;

	peer->out = (struct sim_bytes){ 0 };
	peer->speech = speech;
	peer->speaker = context;
	speech->read(peer, context, (struct nv_bytes){ before.data, before.len });
	free(before.data);
}

void sim_peer_send(struct sim_peer *peer, const void *data, size_t len)
{
	struct nv_bytes bytes = { data, len };

	assert(!peer->eof && !peer->error);
	if (peer->speech)
		peer->speech->write(peer, peer->speaker, bytes);
	else
		sim_peer_put(peer, bytes);
}

void sim_peer_send_text(struct sim_peer *peer, const char *text)
{
	sim_peer_send(peer, text, strlen(text));
}

void sim_peer_eof(struct sim_peer *peer)
{
	peer->eof = true;
}

void sim_peer_break(struct sim_peer *peer, int error)
{
	peer->error = error;
}

void sim_peer_reset(struct sim_peer *peer)
{
	sim_peer_break(peer, NV_ERR_RESET);
}

void sim_peer_set_window(struct sim_peer *peer, size_t len)
{
	peer->window = len;
}

void sim_chunk(struct sim_peer *peer, size_t len)
{
	assert(len > 0);
	peer->chunk = len;
}

struct nv_bytes sim_peer_take(struct sim_peer *peer)
{
	free(peer->taken.data);
	peer->taken = peer->out;
	peer->out = (struct sim_bytes){ 0 };
	return (struct nv_bytes){ peer->taken.data, peer->taken.len };
}

size_t sim_peer_unread(const struct sim_peer *peer)
{
	return peer->in.len;
}

uint32_t sim_peer_writes(const struct sim_peer *peer)
{
	return peer->writes;
}

bool sim_peer_ended(const struct sim_peer *peer)
{
	return peer->ended;
}

bool sim_peer_closed(const struct sim_peer *peer)
{
	return peer->closed;
}
