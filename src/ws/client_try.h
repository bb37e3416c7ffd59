/* SPDX-License-Identifier: MIT */
/* client_try.h: one try of a client, from the URL to the connection that comes of it, which stands in it.
 *
 * A try that has failed, or whose connection has ended, is no more its client's current one: it tells nothing
 * any more, and goes by itself when its stream is closed. */
#ifndef WS_CLIENT_TRY_H
#define WS_CLIENT_TRY_H

#include <navette/handshake.h>

#include "net/dial.h"
#include "net/turnstile.h"
#include "proto/proxy_url.h"
#include "ws/answer.h"
#include "ws/client.h"
#include "ws/tunnel.h"

struct nv_try {
	struct nv_conn conn;
	struct nv_list link;   /* among all tries of the client */
	struct nv_timer timer; /* the deadline until it is open, then every tick; it never rests */
	struct nv_task burial;
	char *url_text;
	struct nv_url url;    /* slices of url_text */
	char name[256];       /* its host, without brackets */
	char host[320];       /* the Host field */
	struct nv_pass *pass; /* of the server's name, where a proxy resolves it */
	struct nv_proxy *proxy;
	struct nv_dial *dial;
	struct nv_tunnel *tunnel;
	struct nv_handshake_offer offer;
	struct nv_answer answer;
	uint64_t began_ms; /* the time of connect_timeout_ms runs since then */
	uint64_t lap_us;   /* the part that is under way since then */
	uint64_t opened_ms;
	size_t address_count; /* of who was dialled */
	uint32_t hops;        /* redirects that have led here */
	bool stripped;        /* of secrets, which were not meant for this host */
	bool streaming;       /* the stream of the connection is the loop's, and ends by itself */
	bool over;            /* it tells nothing any more */
};

static inline struct nv_try *nv_try_of(struct nv_conn *conn)
{
	return nv_container_of(conn, struct nv_try, conn);
}

static inline struct nv_client *nv_client_of_try(const struct nv_try *attempt)
{
	return nv_client_of(&attempt->conn);
}

/* In the client's list, with nothing begun; NULL without memory. */
struct nv_try *nv_try_new(struct nv_client *client, const char *url);

/* The client's next one (client_way.c); `from` has been redirected to this URL, or is NULL. It may fail at once, and free
 * the client. */
void nv_try_start(struct nv_client *client, const char *url, const struct nv_try *from,
                  bool stripped);

/* Ends it, and tells the client why. It may free that: nothing may touch it afterwards. */
void nv_try_fail(struct nv_try *attempt, const struct nv_failure *failure);

void nv_try_fail_at(struct nv_try *attempt, enum nv_stage stage, int error, const char *text);

/* The same when TLS is why; `problem` is a constant that tells what was wrong. */
void nv_try_fail_tls(struct nv_try *attempt, int error, const char *problem);

/* Ends it before it is open, without a word. */
void nv_try_leave(struct nv_try *attempt);

/* Its connection has ended: what it has still to say leaves. */
void nv_try_ended(struct nv_try *attempt);

/* True while that waits for the server to end the TCP connection. */
bool nv_try_lingers(const struct nv_try *attempt);

/* Its handshake is done: what led there is given back, and time passes in ticks. */
void nv_try_opened(struct nv_try *attempt);

/* The deadline of the phase that begins. */
void nv_try_deadline(struct nv_try *attempt, uint32_t timeout_ms);

/* The deadline of nv_phase_connect, which the waits for others put off (client_way.c). */
void nv_try_connect_tick(struct nv_conn *conn, uint32_t now_ms);

/* How long the part took that ends now. */
uint64_t nv_try_lap_us(struct nv_try *attempt);

/* The owner's `released`. */
void nv_try_released(struct nv_conn *conn, int error);

/* Tells on_trace; false when that has ended the try. */
bool nv_try_trace(struct nv_try *attempt, enum nv_trace what, struct nv_bytes text);

/* Writes the request (client_request.c). 0; NV_ERR_INVALID, NV_ERR_TOO_BIG, NV_ERR_NOMEM. */
int nv_try_write_request(struct nv_try *attempt, struct nv_outq *out);

/* Goes where a redirect leads: true when it did, or failed for that (client_redirect.c). */
bool nv_try_follow(struct nv_try *attempt);

/* The phases before the opening handshake is done (phase_response.c). The first asks, on_open. */
extern const struct nv_conn_phase nv_phase_connect;
extern const struct nv_conn_phase nv_phase_response;

#endif
