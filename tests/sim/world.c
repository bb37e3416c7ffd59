/* SPDX-License-Identifier: MIT */
/* world.c: every socket of the simulation, and memory for it that is not the library's. */
#include "sim/world.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_PEER_FD 2000000
#define FIRST_PORT 40000

static struct sim_world world;

struct sim_world *sim_world(void)
{
	if (world.last_port_fd == 0) {
		nv_list_init(&world.ports);
		world.last_port_fd = SIM_FIRST_PORT;
		world.last_port = FIRST_PORT;
		world.seed = 1;
	}
	return &world;
}

void *sim_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

static void *grow(void *memory, size_t size)
{
	void *grown = realloc(memory, size);

	if (!grown)
		abort();
	return grown;
}

void sim_append(struct sim_bytes *bytes, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (bytes->from + bytes->len + len > bytes->cap) {
		bytes->cap = 2 * (bytes->from + bytes->len + len);
		bytes->data = grow(bytes->data, bytes->cap);
	}
	memcpy(bytes->data + bytes->from + bytes->len, data, len);
	bytes->len += len;
}

void sim_take(struct sim_bytes *bytes, void *out, size_t len)
{
	assert(len <= bytes->len);
	if (len > 0)
		memcpy(out, bytes->data + bytes->from, len);
	bytes->from += len;
	bytes->len -= len;
	if (bytes->len == 0)
		bytes->from = 0;
}

int sim_take_error(int *error)
{
	int taken = *error;

	*error = 0;
	return taken;
}

struct sim_peer *sim_peer_new(const struct nv_address *address)
{
	struct sim_peer *peer = sim_alloc(sizeof(*peer));
	size_t count = sim_world()->peer_count;

	peer->address = *address;
	peer->fd = FIRST_PEER_FD + (int)count;
	peer->window = SIZE_MAX;
	peer->chunk = 65536;
	nv_list_init(&peer->link);
	world.peers = grow(world.peers, (count + 1) * sizeof(struct sim_peer *));
	world.peers[count] = peer;
	world.peer_count = count + 1;
	return peer;
}

struct sim_peer *sim_peer_of(int fd)
{
	size_t index = (size_t)(fd - FIRST_PEER_FD);

	if (fd < FIRST_PEER_FD || index >= world.peer_count || world.peers[index]->closed)
		return NULL;
	return world.peers[index];
}

struct sim_port *sim_port_of(int fd)
{
	struct nv_list *link;
	struct nv_list *after;

	nv_list_each(link, after, &sim_world()->ports) {
		struct sim_port *port = nv_container_of(link, struct sim_port, link);

		if (port->fd == fd)
			return port;
	}
	return NULL;
}

struct sim_port *sim_port_of_number(uint16_t number)
{
	struct nv_list *link;
	struct nv_list *after;

	nv_list_each(link, after, &sim_world()->ports) {
		struct sim_port *port = nv_container_of(link, struct sim_port, link);

		if (port->address.port == number)
			return port;
	}
	return NULL;
}

/* Who was not accepted is closed with it, as a kernel does it. */
void sim_port_free(struct sim_port *port)
{
	while (!nv_list_empty(&port->queue)) {
		struct sim_peer *peer = nv_container_of(port->queue.next, struct sim_peer, link);

		nv_list_remove(&peer->link);
		peer->closed = true;
	}
	nv_list_remove(&port->link);
	free(port);
}

static void peer_free(struct sim_peer *peer)
{
	assert(peer->closed);
	if (peer->speech)
		peer->speech->release(peer->speaker);
	free(peer->in.data);
	free(peer->out.data);
	free(peer->taken.data);
	free(peer);
}

void sim_world_free(void)
{
	assert(nv_list_empty(&sim_world()->ports));
	for (size_t i = 0; i < world.peer_count; i++)
		peer_free(world.peers[i]);
	free(world.peers);
	sim_forget_names();
	memset(&world, 0, sizeof(world));
}
