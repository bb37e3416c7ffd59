/* SPDX-License-Identifier: MIT */
/* client.h: a client's state: what it was told to do, the try or connection that it has, and what it waits
 * for. All of it is the loop's thread's, but for what any thread may ask (client_send.c). */
#ifndef WS_CLIENT_H
#define WS_CLIENT_H

#include <stdatomic.h>

#include "net/loop.h"
#include "net/thread.h"
#include "net/tls.h"
#include "proto/close.h"
#include "ws/conn.h"
#include "ws/keys.h"
#include "ws/outbox.h"
#include "ws/proxy_choice.h"

struct nv_try; /* client_try.h */

/* What the loop's thread is asked for by others. */
enum nv_wish {
	NV_WISH_BEGIN = 1,
	NV_WISH_FEED = 2,
	NV_WISH_CLOSE = 4,
	NV_WISH_HURRY = 8
};

struct nv_client {
	struct nv_conn_owner owner;
	struct nv_client_options options; /* complete; its texts are copies */
	struct nv_handlers handlers;      /* the program's */
	struct nv_handlers between;       /* those of its connections (client_conn.c) */
	struct nv_keys keys;
	struct nv_loop *loop;
	const char *url;
	struct nv_proxy_choice proxies;
	struct nv_tls_context *tls; /* from the first try with wss on */
	struct nv_outbox outbox;
	struct nv_try *current; /* the try under way, or the open connection; or NULL */
	struct nv_list tries;   /* it, and those that have ended and close */
	/* While it waits, to the next try; while it is open, to a Close that waits for what is before it.
	 * Else it is parked: to start it can't fail. */
	struct nv_timer timer;
	struct nv_timing timing;
	uint32_t tries_in_row; /* without a stable connection */
	uint32_t delays;       /* drawn since then */
	_Atomic(int) state;    /* enum nv_client_state */
	int told;              /* the last that on_state was told */
	struct nv_task wake;   /* posted while there are wishes */
	_Atomic(unsigned int) wishes;
	_Atomic(int) closing; /* enum of client_send.c; what follows is written before it says so */
	uint32_t close_progress; /* of what is before that Close, at the last look */
	uint16_t close_status;
	char close_reason[NV_REASON_MAX + 1];
	struct nv_task farewell;
	struct nv_thread thread;
	bool threaded; /* the loop and its thread are the client's own */
	bool detached; /* nobody waits for that thread */
	bool freed;    /* nv_client_free was called: nothing is told any more */
	bool gone;     /* and its task has run: the last of the tries takes the client along */
};

/* --- Life (client.c, client_thread.c) --- */

/* Frees what is left when it is gone and the last try has gone. */
void nv_client_let_go(struct nv_client *client);

/* What nv_client_free does on the loop's thread. */
void nv_client_part(struct nv_client *client);

/* The client's own thread turns its loop until it is freed. 0 or NV_ERR_LIMIT. */
int nv_client_start_thread(struct nv_client *client);

/* --- States (client_state.c). Each may free the client. --- */

void nv_client_init_state(struct nv_client *client);
void nv_client_begin(struct nv_client *client);
void nv_client_opened(struct nv_client *client); /* and is fed */

/* The current try has failed, or its connection was open that long and ended: what follows? */
void nv_client_failed(struct nv_client *client, const struct nv_failure *failure);
void nv_client_lost(struct nv_client *client, const struct nv_close *close, uint64_t open_ms);

/* The socket of a connection that had ended is closed: was it the last that kept the client? */
void nv_client_lingered(struct nv_client *client);

/* What nv_client_close and nv_client_hurry ask for. */
void nv_client_leave(struct nv_client *client);
void nv_client_stop_waiting(struct nv_client *client);

/* Tells on_trace; false when there is nobody any more who would go on. */
bool nv_client_trace(struct nv_client *client, enum nv_trace what, struct nv_bytes text);

/* --- Messages (client_conn.c, client_send.c) --- */

void nv_client_init_between(struct nv_client *client);

/* Gives the open connection what waits, and then the Close if that is asked for. */
void nv_client_feed(struct nv_client *client);

/* Sends that Close without waiting. */
void nv_client_close_conn(struct nv_client *client);

void nv_client_init_wishes(struct nv_client *client);
void nv_client_wish(struct nv_client *client, enum nv_wish wish);

/* True once nv_client_close was called: nothing is tried again. */
bool nv_client_is_closing(const struct nv_client *client);

static inline struct nv_client *nv_client_of(const struct nv_conn *conn)
{
	return nv_container_of(conn->owner, struct nv_client, owner);
}

#endif
