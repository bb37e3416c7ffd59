/* SPDX-License-Identifier: MIT */
/* metrics_text.c: writes one family of metrics after the other: what it is, and its numbers. */
#include "serve/metrics_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Never changed: queries name them. */
static const char *const causes[NV_CAUSE_COUNT] = {
	[NV_CAUSE_CLOSED] = "closed",
	[NV_CAUSE_PROTOCOL] = "protocol",
	[NV_CAUSE_LIMIT] = "limit",
	[NV_CAUSE_EOF] = "eof",
	[NV_CAUSE_RESET] = "reset",
	[NV_CAUSE_LOST] = "lost",
	[NV_CAUSE_TLS] = "tls",
	[NV_CAUSE_MESSAGE_TIMEOUT] = "message_timeout",
	[NV_CAUSE_PING_TIMEOUT] = "ping_timeout",
	[NV_CAUSE_CLOSE_TIMEOUT] = "close_timeout",
	[NV_CAUSE_SLOW] = "slow",
	[NV_CAUSE_DRAIN] = "drain",
	[NV_CAUSE_ABORTED] = "aborted",
	[NV_CAUSE_MEMORY] = "memory",
	[NV_CAUSE_SYSTEM] = "system",
};

struct writing {
	char *out;
	size_t size;
	size_t len;
};

struct family {
	const char *name; /* ends with the unit */
	const char *unit; /* or NULL */
	const char *help;
};

__attribute__((format(printf, 2, 3))) static void put(struct writing *w, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(w->out + w->len, w->size - w->len, format, arguments);
	va_end(arguments);
	if (len > 0 && (size_t)len < w->size - w->len)
		w->len += (size_t)len;
}

static void describe(struct writing *w, const char *type, const struct family *family)
{
	put(w, "# TYPE %s %s\n", family->name, type);
	if (family->unit)
		put(w, "# UNIT %s %s\n", family->name, family->unit);
	put(w, "# HELP %s %s\n", family->name, family->help);
}

static void put_counter(struct writing *w, const struct family *family, uint64_t value)
{
	describe(w, "counter", family);
	put(w, "%s_total %" PRIu64 "\n", family->name, value);
}

static void put_gauge(struct writing *w, const struct family *family, int64_t value)
{
	describe(w, "gauge", family);
	put(w, "%s %" PRId64 "\n", family->name, value);
}

static void put_seconds(struct writing *w, const struct family *family, double value)
{
	describe(w, "gauge", family);
	put(w, "%s %.6f\n", family->name, value);
}

static void put_server(struct writing *w, const struct nv_metrics_facts *facts)
{
	describe(w, "info", &(struct family){ "navette_build", NULL, "The program that runs." });
	put(w, "navette_build_info{version=\"%s\"} 1\n", nv_version());
	put_seconds(w,
	            &(struct family){ "navette_start_time_seconds", "seconds",
	                              "When it was started, since 1970." },
	            facts->started_s);
	put_seconds(w, &(struct family){ "navette_uptime_seconds", "seconds", "How long it runs." },
	            facts->uptime_s);
}

static void put_closed(struct writing *w, const struct nv_stats *stats)
{
	const struct family family = { "navette_connections_closed", NULL,
		                       "Connections that have ended, by what ended them." };

	describe(w, "counter", &family);
	for (size_t i = 0; i < NV_CAUSE_COUNT; i++)
		put(w, "%s_total{cause=\"%s\"} %" PRIu64 "\n", family.name, causes[i],
		    stats->closed[i]);
}

static void put_connections(struct writing *w, const struct nv_stats *stats)
{
	put_gauge(w,
	          &(struct family){ "navette_connections", NULL,
	                            "WebSocket connections that are open." },
	          (int64_t)stats->connections);
	put_counter(w,
	            &(struct family){ "navette_connections_opened", NULL,
	                              "WebSocket connections that were opened." },
	            stats->opened);
	put_closed(w, stats);
	put_counter(w,
	            &(struct family){ "navette_connections_refused", NULL,
	                              "Connections over a limit, or while the server leaves." },
	            stats->refused);
}

static void put_messages(struct writing *w, const struct nv_stats *stats)
{
	put_counter(w,
	            &(struct family){ "navette_messages_received", NULL, "Messages of clients." },
	            stats->received);
	put_counter(w,
	            &(struct family){ "navette_messages_sent", NULL,
	                              "Messages queued for clients, each counted." },
	            stats->sent);
	put_counter(w,
	            &(struct family){ "navette_messages_dropped", NULL,
	                              "Messages that slow clients have missed." },
	            stats->missed);
}

static void put_bytes(struct writing *w, const struct nv_stats *stats)
{
	put_counter(w,
	            &(struct family){ "navette_received_bytes", "bytes",
	                              "Bytes from sockets, with HTTP and TLS." },
	            stats->bytes_received);
	put_counter(w,
	            &(struct family){ "navette_sent_bytes", "bytes",
	                              "Bytes to sockets, with HTTP and TLS." },
	            stats->bytes_sent);
	put_gauge(w,
	          &(struct family){ "navette_queue_bytes", "bytes",
	                            "Bytes that wait for clients to read." },
	          (int64_t)stats->unsent);
}

static void put_lag(struct writing *w, const struct nv_stats *stats)
{
	put_seconds(w,
	            &(struct family){ "navette_loop_lag_seconds", "seconds",
	                              "How late the latest loop was when last measured." },
	            (double)stats->late_us / 1e6);
	put_seconds(w,
	            &(struct family){ "navette_loop_lag_max_seconds", "seconds",
	                              "The most that any loop was ever late." },
	            (double)stats->latest_us / 1e6);
}

size_t nv_metrics_text(const struct nv_metrics_facts *facts, char *out, size_t size)
{
	struct writing w = { out, size, 0 };
	const struct nv_stats *stats = &facts->stats;

	put_server(&w, facts);
	put_connections(&w, stats);
	put_messages(&w, stats);
	put_bytes(&w, stats);
	put_lag(&w, stats);
	if (stats->cert_expiry_seconds != INT64_MAX)
		put_gauge(&w,
		          &(struct family){ "navette_certificate_expiry_seconds", "seconds",
		                            "Until the first certificate ends." },
		          stats->cert_expiry_seconds);
	put(&w, "# EOF\n");
	return w.len;
}
