/* SPDX-License-Identifier: MIT */
/* metrics.h: /metrics (OpenMetrics text) and /healthz, on a listener of their own at 127.0.0.1. */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include <navette/server.h>

struct nv_metrics;

/* A server of one thread that tells about `server`, which has to outlive it. `port` 0 takes a free one,
 * *taken tells which. NULL, and *error says why. Main thread. */
struct nv_metrics *nv_metrics_start(struct nv_server *server, uint16_t port, unsigned *taken,
                                    int *error);
/* /healthz answers 503 from now on: the server is going away. */
void nv_metrics_leaving(struct nv_metrics *metrics); /* NULL does nothing */
void nv_metrics_free(struct nv_metrics *metrics);    /* the same; before the server */

#endif
