/* SPDX-License-Identifier: MIT */
/* crowd.c: an epoll that is asked again and again. */
#include "crowd.h"

#include <errno.h>
#include <stdlib.h>

#include "fail.h"
#include "meter.h"

#define PATIENCE_NS 150000000000u
#define UNDER_WAY 64u

void nv_crowd_init(struct nv_crowd *crowd, uint32_t count)
{
	crowd->peers = calloc(count, sizeof *crowd->peers);
	crowd->count = count;
	crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	crowd->moved_ns = nv_meter_now_ns();
	if (!crowd->peers || crowd->epoll_fd < 0)
		nv_fail("load: cannot begin");
}

void nv_crowd_watch(struct nv_crowd *crowd, struct nv_peer *peer)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };

	if (epoll_ctl(crowd->epoll_fd, EPOLL_CTL_ADD, peer->channel.fd, &event) < 0)
		nv_fail("load: epoll_ctl");
}

int nv_crowd_ready(struct nv_crowd *crowd)
{
	int count = epoll_wait(crowd->epoll_fd, crowd->ready, NV_CROWD_BATCH, 0);
	uint64_t now = nv_meter_now_ns();

	if (count > 0)
		crowd->moved_ns = now;
	else if (now - crowd->moved_ns > PATIENCE_NS)
		nv_fail("load: nothing has come for ten seconds");
	errno = 0;
	return count;
}

void nv_crowd_open(struct nv_crowd *crowd, const struct nv_load_options *options)
{
	uint32_t asked = 0;
	uint32_t opened = 0;

	while (opened < crowd->count) {
		int ready;

		for (; asked < crowd->count && asked - opened < UNDER_WAY; asked++) {
			nv_peer_ask(&crowd->peers[asked], options, asked);
			nv_crowd_watch(crowd, &crowd->peers[asked]);
		}
		ready = nv_crowd_ready(crowd);
		for (int i = 0; i < ready; i++)
			opened += nv_peer_take_answer(crowd->ready[i].data.ptr);
	}
	crowd->moved_ns = nv_meter_now_ns();
}

void nv_crowd_check_quiet(const struct nv_crowd *crowd)
{
	for (uint32_t i = 0; i < crowd->count; i++)
		nv_peer_check_quiet(&crowd->peers[i]);
}
