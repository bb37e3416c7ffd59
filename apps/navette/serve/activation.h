/* SPDX-License-Identifier: MIT */
/* activation.h: listening sockets that the manager of services has opened (sd_listen_fds(3)'s
 * protocol). Main thread. */
#ifndef SERVE_ACTIVATION_H
#define SERVE_ACTIVATION_H

#include <stdbool.h>

#define NV_ACTIVATION_FIRST 3
#define NV_ACTIVATION_MOST 16

/* How many came, 0 without a manager; they are the descriptors NV_ACTIVATION_FIRST and up, closed on exec
 * from now on. The environment holds no trace of them afterwards, so ask once. -1: more than
 * NV_ACTIVATION_MOST. `plain` tells of each whether its name is "plain". */
int nv_activation_take(bool plain[NV_ACTIVATION_MOST]);

#endif
