/* SPDX-License-Identifier: MIT */
/* listener_epoll.c: the listening sockets of the epoll backend. The loop owns the descriptor, the
 * owner the memory, which may go in any of its events. */
#include "net/loop_epoll.h"

#include "net/sock.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE_MS 100u

static int want(struct nv_listener *listener, bool before, bool now)
{
	return nv_epoll_want(listener->loop, listener->fd, nv_epoll_listener_key(listener),
	                     before ? EPOLLIN : 0, now ? EPOLLIN : 0);
}

static bool is_paused(const struct nv_listener *listener)
{
	return listener->retry.place != 0;
}

/* Without memory for the timer, it goes on: the next turn tries again. */
static void pause_accept(struct nv_listener *listener, int error)
{
	if (nv_loop_start_timer(listener->loop, &listener->retry, PAUSE_MS) == 0)
		want(listener, true, false);
	if (listener->on_error)
		listener->on_error(listener, error);
}

static void resume(struct nv_timer *timer)
{
	struct nv_listener *listener = nv_container_of(timer, struct nv_listener, retry);
	int error = want(listener, false, true);

	if (!error)
		return;
	nv_loop_start_timer(listener->loop, &listener->retry, PAUSE_MS);
	if (listener->on_error)
		listener->on_error(listener, error);
}

/* False when there is nothing more to accept now. */
static bool accept_one(struct nv_listener *listener)
{
	struct nv_address peer;
	int fd = nv_sock_accept(listener->fd, &peer);

	if (fd >= 0)
		listener->on_accept(listener, fd, &peer);
	else if (fd != NV_ERR_NOT_FOUND && fd != NV_ERR_RESET)
		pause_accept(listener, fd);
	return fd >= 0 || fd == NV_ERR_RESET;
}

/* Either event may stop the listener and free it: `accepting` tells. */
void nv_epoll_listener_ready(struct nv_listener *listener)
{
	struct nv_loop *loop = listener->loop;

	loop->accepting = listener;
	for (int i = 0; i < ACCEPTS_PER_TURN && loop->accepting; i++) {
		if (!accept_one(listener))
			break;
	}
	loop->accepting = NULL;
}

int nv_loop_listen(struct nv_loop *loop, struct nv_listener *listener, int fd)
{
	int error;

	nv_sock_tune(fd);
	listener->loop = loop;
	listener->fd = fd;
	listener->retry = (struct nv_timer){ .fire = resume };
	error = want(listener, false, true);
	if (error)
		listener->loop = NULL;
	return error;
}

static void forget_events(struct nv_loop *loop, uint64_t key)
{
	for (int i = 0; i < loop->ready_count; i++) {
		if (loop->ready[i].data.u64 == key)
			loop->ready[i].data.u64 = 0;
	}
}

void nv_loop_unlisten(struct nv_listener *listener)
{
	struct nv_loop *loop = listener->loop;

	if (!loop)
		return;
	if (!is_paused(listener))
		want(listener, true, false);
	nv_loop_stop_timer(loop, &listener->retry);
	nv_sock_close(listener->fd);
	forget_events(loop, nv_epoll_listener_key(listener));
	if (loop->accepting == listener)
		loop->accepting = NULL;
	listener->loop = NULL;
	listener->fd = -1;
}
