/* SPDX-License-Identifier: MIT */
/* metrics_text.h: what a server has counted, as OpenMetrics 1.0 text. docs/metrics.md lists it. */
#ifndef SERVE_METRICS_TEXT_H
#define SERVE_METRICS_TEXT_H

#include <navette/server.h>

#define NV_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define NV_METRICS_SIZE 8192u /* what any numbers fit in */

struct nv_metrics_facts {
	struct nv_stats stats;
	double started_s; /* since 1970 */
	double uptime_s;
};

/* Its length; what does not fit `size` is missing, so that no end stands there. */
size_t nv_metrics_text(const struct nv_metrics_facts *facts, char *out, size_t size);

#endif
