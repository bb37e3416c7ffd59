/* SPDX-License-Identifier: MIT */
/* sock.c: the sockets of the simulation, by their numbers alone. */
#include "net/sock.h"

#include <assert.h>

#include "sim/world.h"

void sim_fail_listen(int error)
{
	sim_world()->fail_listen = error;
}

void sim_fail_accept(int error)
{
	sim_world()->fail_accept = error;
}

void sim_fail_adopt(int error)
{
	sim_world()->fail_adopt = error;
}

/* One socket a port and family, as on a machine where nobody else listens. */
static bool in_use(const struct nv_address *address)
{
	struct nv_list *link;
	struct nv_list *after;

	nv_list_each(link, after, &sim_world()->ports) {
		const struct sim_port *port = nv_container_of(link, struct sim_port, link);

		if (port->address.port == address->port &&
		    nv_address_is_v4(&port->address) == nv_address_is_v4(address))
			return true;
	}
	return false;
}

int nv_sock_listen(struct nv_address *address)
{
	struct sim_world *world = sim_world();
	int error = sim_take_error(&world->fail_listen);
	struct sim_port *port;

	if (error)
		return error;
	if (address->port == 0)
		address->port = ++world->last_port;
	if (in_use(address))
		return NV_ERR_IN_USE;
	port = sim_alloc(sizeof(*port));
	port->address = *address;
	port->fd = ++world->last_port_fd;
	nv_list_init(&port->queue);
	nv_list_push(&world->ports, &port->link);
	return port->fd;
}

int nv_sock_inherit(int fd, struct nv_address *address)
{
	const struct sim_port *port = sim_port_of(fd);

	if (!port)
		return NV_ERR_INVALID;
	*address = port->address;
	return 0;
}

void nv_sock_close(int fd)
{
	struct sim_port *port = sim_port_of(fd);
	struct sim_peer *peer = sim_peer_of(fd);

	assert(port || peer);
	if (port)
		sim_port_free(port);
	else
		peer->closed = true;
}
