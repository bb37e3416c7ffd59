/* SPDX-License-Identifier: MIT */
/* client.h: a client's state, shared with the phases that open its connection. */
#ifndef WS_CLIENT_H
#define WS_CLIENT_H

#include <navette/handshake.h>

#include "base/buf.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "ws/conn.h"
#include "ws/keys.h"

struct nv_client {
	struct nv_conn_owner owner;
	struct nv_client_options options; /* complete; its strings are copies */
	struct nv_handlers handlers;
	struct nv_keys keys;
	struct nv_loop *loop;
	char *url_text;
	struct nv_url url; /* slices of url_text */
	char host[320];    /* the Host field */
	struct nv_resolve *resolve;
	struct nv_address *addresses; /* to try, in this order */
	size_t address_count;
	size_t next_address;
	uint64_t give_up_ms;   /* loop time at which connecting ends; UINT64_MAX: never */
	int connect_error;     /* of the last that was tried */
	struct nv_timer timer; /* one deadline while it connects, then every tick */
	struct nv_conn *conn;  /* NULL while there is none */
	struct nv_handshake_offer offer;
	struct nv_head *head; /* of the answer, while it is read */
	struct nv_buf body;   /* of an answer that refused */
	struct nv_task farewell;
	bool failed; /* on_fail was called */
	bool freed;  /* nv_client_free was called */
	bool gone;   /* and its task has run: the last connection takes the client along */
};

static inline struct nv_client *nv_client_of(const struct nv_conn *conn)
{
	return nv_container_of(conn->owner, struct nv_client, owner);
}

/* Ends what was tried and tells on_fail, unless that was told. It may free the client: nothing may
 * touch that afterwards. */
void nv_client_fail(struct nv_client *client, const struct nv_failure *failure);

/* The connection is open, or the next deadline starts. */
void nv_client_opened(struct nv_client *client);
void nv_client_deadline(struct nv_client *client, uint32_t timeout_ms);

/* The phases before the opening handshake is done (phase_response.c). The first asks, on_open. */
extern const struct nv_conn_phase nv_phase_connect;
extern const struct nv_conn_phase nv_phase_response;

#endif
