/* SPDX-License-Identifier: MIT */
/* visit.h: what the log tells of a connection that has ended. */
#ifndef SERVE_VISIT_H
#define SERVE_VISIT_H

#include <navette/navette.h>

#include "serve/clock.h"
#include "serve/log.h"

struct nv_visit {
	char peer[NV_PEER_TEXT];
	int64_t open_ms;
	uint16_t status;
	const char *cause;
	const char *detail; /* "": none */
};

/* In on_close of a connection that was opened at nv_clock_ns() == opened_ns. */
static inline void nv_visit_end(struct nv_visit *visit, const struct nv_conn *conn,
                                const struct nv_close *close, uint64_t opened_ns)
{
	nv_conn_peer(conn, visit->peer);
	visit->open_ms = (int64_t)((nv_clock_ns() - opened_ns) / 1000000);
	visit->status = close->status;
	visit->cause = nv_cause_text(close->cause);
	visit->detail = close->detail ? close->detail : "";
}

/* Among NV_FIELDS. */
#define NV_VISIT_FIELDS(visit)                                                                     \
	NV_FIELD_TEXT("peer", (visit)->peer), NV_FIELD_NUMBER("status", (visit)->status),          \
		NV_FIELD_TEXT("cause", (visit)->cause), NV_FIELD_TEXT("detail", (visit)->detail),  \
		NV_FIELD_NUMBER("open_ms", (visit)->open_ms)

/* Of somebody who was not let in, or for whom there was no memory: people are told no more about it. */
static inline void nv_visit_end_outside(const struct nv_conn *conn, const struct nv_close *close,
                                        const char *path)
{
	struct nv_visit visit;

	nv_visit_end(&visit, conn, close, 0);
	nv_serve_log_fact(NV_LOG_ENDS, NV_LOGGED_DISCONNECTED,
	                  NV_FIELDS(NV_FIELD_TEXT("path", path), NV_FIELD_TEXT("peer", visit.peer),
	                            NV_FIELD_NUMBER("status", visit.status),
	                            NV_FIELD_TEXT("cause", visit.cause),
	                            NV_FIELD_TEXT("detail", visit.detail)),
	                  "Client déconnecté");
}

#endif
