/* SPDX-License-Identifier: MIT */
/* metrics.c: the listener of /metrics and /healthz. It shares nothing with the server that it tells about
 * but its numbers, so that it answers also when that one does not. */
#include "serve/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "serve/metrics_text.h"

#define STUCK_MS 5000u
#define TEXT "text/plain; charset=utf-8"

struct nv_metrics {
	struct nv_server *told; /* about */
	struct nv_server *own;
	double started_s;
	double started_monotonic_s;
	atomic_bool leaving;
};

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Behind the name stands nothing, or a port. */
static bool names(struct nv_bytes host, const char *name)
{
	size_t len = strlen(name);

	return host.len >= len && strncasecmp((const char *)host.data, name, len) == 0 &&
	       (host.len == len || host.data[len] == ':');
}

/* A page of somebody's browser may reach this port by a name of its own that leads here. */
static bool comes_from_here(const struct nv_request *request)
{
	struct nv_bytes host = nv_request_field(request, "Host");

	return names(host, "127.0.0.1") || names(host, "[::1]") || names(host, "localhost");
}

static void reply(struct nv_request *request, int status, const char *type, struct nv_bytes body)
{
	if (!comes_from_here(request)) {
		status = 403;
		type = TEXT;
		body = nv_str("403 Forbidden\n");
	}
	(void)nv_request_add_field(request, "Cache-Control", "no-store");
	/* A failed answer ends the connection; there is nothing else to do about it. */
	(void)nv_request_reply(request, status, type, body);
}

static void send_metrics(struct nv_request *request)
{
	const struct nv_metrics *metrics = nv_request_user(request);
	struct nv_metrics_facts facts = { .started_s = metrics->started_s };
	char text[NV_METRICS_SIZE];
	size_t len;

	facts.uptime_s = seconds_of(CLOCK_MONOTONIC) - metrics->started_monotonic_s;
	nv_server_stats(metrics->told, &facts.stats);
	len = nv_metrics_text(&facts, text, sizeof text);
	reply(request, 200, NV_METRICS_TYPE, (struct nv_bytes){ (const uint8_t *)text, len });
}

static void send_health(struct nv_request *request)
{
	struct nv_metrics *metrics = nv_request_user(request);

	if (!atomic_load(&metrics->leaving) && nv_server_alive(metrics->told, STUCK_MS))
		reply(request, 200, TEXT, nv_str("ok\n"));
	else
		reply(request, 503, TEXT, nv_str("unavailable\n"));
}

static void send_nothing(struct nv_request *request)
{
	reply(request, 404, TEXT, nv_str("404 Not Found\n"));
}

static int start(struct nv_metrics *metrics, uint16_t port)
{
	int error = nv_server_http(metrics->own, "/metrics", send_metrics, metrics);

	if (error == 0)
		error = nv_server_http(metrics->own, "/healthz", send_health, metrics);
	if (error == 0)
		error = nv_server_http(metrics->own, "/*", send_nothing, metrics);
	if (error == 0)
		error = nv_server_listen(metrics->own, "127.0.0.1", port);
	return error ? error : nv_server_start(metrics->own);
}

struct nv_metrics *nv_metrics_start(struct nv_server *server, uint16_t port, unsigned *taken,
                                    int *error)
{
	struct nv_metrics *metrics = calloc(1, sizeof *metrics);

	*error = NV_ERR_NOMEM;
	if (!metrics)
		return NULL;
	metrics->told = server;
	metrics->started_s = seconds_of(CLOCK_REALTIME);
	metrics->started_monotonic_s = seconds_of(CLOCK_MONOTONIC);
	metrics->own = nv_server_new(NULL);
	if (metrics->own)
		*error = start(metrics, port);
	if (*error) {
		nv_metrics_free(metrics);
		return NULL;
	}
	*taken = nv_server_port(metrics->own);
	return metrics;
}

void nv_metrics_leaving(struct nv_metrics *metrics)
{
	if (metrics)
		atomic_store(&metrics->leaving, true);
}

void nv_metrics_free(struct nv_metrics *metrics)
{
	if (!metrics)
		return;
	nv_server_free(metrics->own);
	free(metrics);
}
