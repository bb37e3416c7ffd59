/* SPDX-License-Identifier: MIT */
/* listener.c: the listening sockets of the simulation. Their rules are those of
 * net/listener.c. */
#include <assert.h>

#include "net/sock.h"
#include "sim/world.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE_MS 100u

/* While it runs nothing is accepted; that it has ended is all there is to do. */
static void resume(struct nv_timer *timer)
{
	(void)timer;
}

static bool can_accept(const struct sim_port *port, const struct nv_loop *loop)
{
	return port->listener && port->listener->loop == loop && port->listener->retry.place == 0 &&
	       !nv_list_empty(&port->queue);
}

/* False when there is nothing more to accept now. */
static bool accept_one(struct sim_port *port)
{
	int error = sim_take_error(&sim_world()->fail_accept);
	struct nv_listener *listener = port->listener;
	struct sim_peer *peer;

	if (error) {
		nv_loop_start_timer(listener->loop, &listener->retry, PAUSE_MS);
		if (listener->on_error)
			listener->on_error(listener, error);
		return false;
	}
	peer = nv_container_of(port->queue.next, struct sim_peer, link);
	nv_list_remove(&peer->link);
	listener->on_accept(listener, peer->fd, &peer->address);
	return true;
}

static void accept_all(struct nv_loop *loop, int fd)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sim_port *port = sim_port_of(fd);

		if (!port || !can_accept(port, loop) || !accept_one(port))
			return;
	}
}

/* By descriptor, since the events may stop any listener. */
void sim_accept_ready(struct nv_loop *loop)
{
	int last = sim_world()->last_port_fd;

	for (int fd = SIM_FIRST_PORT; fd <= last; fd++)
		accept_all(loop, fd);
}

bool sim_can_accept(const struct nv_loop *loop)
{
	struct nv_list *link;
	struct nv_list *after;

	nv_list_each(link, after, &sim_world()->ports) {
		if (can_accept(nv_container_of(link, struct sim_port, link), loop))
			return true;
	}
	return false;
}

int nv_loop_listen(struct nv_loop *loop, struct nv_listener *listener, int fd)
{
	struct sim_port *port = sim_port_of(fd);

	assert(port && !port->listener);
	port->listener = listener;
	listener->loop = loop;
	listener->fd = fd;
	listener->retry = (struct nv_timer){ .fire = resume };
	return 0;
}

void nv_loop_unlisten(struct nv_listener *listener)
{
	if (!listener->loop)
		return;
	nv_loop_stop_timer(listener->loop, &listener->retry);
	nv_sock_close(listener->fd);
	listener->loop = NULL;
	listener->fd = -1;
}
