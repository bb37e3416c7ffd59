/* SPDX-License-Identifier: MIT */
/* crowd.h: all connections of a run, and which of them can be read. */
#ifndef NV_LOAD_CROWD_H
#define NV_LOAD_CROWD_H

#include <stdint.h>
#include <sys/epoll.h>

#include "options.h"
#include "peer.h"

#define NV_CROWD_BATCH 1024

struct nv_crowd {
	struct nv_peer *peers;
	uint32_t count;
	int epoll_fd;
	uint64_t moved_ns; /* when something was readable last */
	struct epoll_event ready[NV_CROWD_BATCH];
};

/* Makes room for the clients, connects none. */
void nv_crowd_init(struct nv_crowd *crowd, uint32_t count);

/* Opens all, some at a time. */
void nv_crowd_open(struct nv_crowd *crowd, const struct nv_load_options *options);

void nv_crowd_watch(struct nv_crowd *crowd, struct nv_peer *peer);

/* How many of `ready` are; their data.ptr is the peer. Never sleeps, so that no server pays for waking
 * the client up; ends the program when nothing has moved for ten seconds. */
int nv_crowd_ready(struct nv_crowd *crowd);

void nv_crowd_check_quiet(const struct nv_crowd *crowd);

#endif
