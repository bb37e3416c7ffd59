/* SPDX-License-Identifier: MIT */
/* listener.c: the listening sockets of a loop. The loop owns the descriptor, the
 * owner the memory, which may go in any of its events. */
#include "net/loop_inside.h"

#include "net/sock.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE_MS 100u
#define SHORT_PAUSE_MS 10u /* some were accepted, so that others may soon be */

static int want(struct nv_listener *listener, bool before, bool now)
{
	return nv_backend_want(listener->loop->backend, listener->fd, nv_listener_key(listener),
	                       before ? NV_READABLE : 0, now ? NV_READABLE : 0);
}

/* Its timer has a place in the heap from the beginning: to pause must not need memory. */
static bool is_paused(const struct nv_listener *listener)
{
	return listener->retry.due_ms != UINT64_MAX;
}

static void pause_accept(struct nv_listener *listener, int error, uint32_t pause_ms)
{
	(void)nv_loop_start_timer(listener->loop, &listener->retry, pause_ms);
	if (listener->on_error)
		listener->on_error(listener, error);
}

static void resume(struct nv_timer *timer)
{
	struct nv_listener *listener = nv_container_of(timer, struct nv_listener, retry);
	int error = want(listener, false, true);

	if (error)
		pause_accept(listener, error, PAUSE_MS);
	else
		(void)nv_loop_park_timer(listener->loop, timer);
}

static int accept_one(struct nv_listener *listener)
{
	struct nv_address peer;
	int fd = nv_sock_accept(listener->fd, &peer);

	if (fd >= 0)
		listener->on_accept(listener, fd, &peer);
	return fd;
}

/* A connection that is lost before it is accepted is no reason to wait, but a whole turn of nothing
 * else is. */
static bool must_wait(int result, bool accepted)
{
	if (result >= 0 || result == NV_ERR_NOT_FOUND)
		return false;
	return result != NV_ERR_RESET || !accepted;
}

/* Either event may stop the listener and free it: `accepting` tells. */
void nv_listener_ready(struct nv_listener *listener)
{
	struct nv_loop *loop = listener->loop;
	bool accepted = false;
	int result = 0;

	loop->accepting = listener;
	for (int i = 0; i < ACCEPTS_PER_TURN && loop->accepting; i++) {
		result = accept_one(listener);
		accepted = accepted || result >= 0;
		if (result < 0 && result != NV_ERR_RESET)
			break;
	}
	if (must_wait(result, accepted)) {
		want(listener, true, false);
		pause_accept(listener, result, accepted ? SHORT_PAUSE_MS : PAUSE_MS);
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
	error = nv_loop_park_timer(loop, &listener->retry);
	if (!error)
		error = want(listener, false, true);
	if (!error)
		return 0;
	nv_loop_stop_timer(loop, &listener->retry);
	listener->loop = NULL;
	return error;
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
	nv_backend_forget(loop->backend, nv_listener_key(listener));
	if (loop->accepting == listener)
		loop->accepting = NULL;
	listener->loop = NULL;
	listener->fd = -1;
}
