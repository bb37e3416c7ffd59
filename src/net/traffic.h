/* SPDX-License-Identifier: MIT */
/* traffic.h: what the sockets of one loop have carried: all bytes above TCP, TLS and HTTP included. The
 * backend counts, any thread reads. */
#ifndef NET_TRAFFIC_H
#define NET_TRAFFIC_H

#include "base/count.h"
#include "net/loop.h"

struct nv_traffic {
	_Atomic(uint64_t) received;
	_Atomic(uint64_t) sent;
};

const struct nv_traffic *nv_loop_traffic(const struct nv_loop *loop); /* as long as the loop */

#endif
