/* SPDX-License-Identifier: MIT */
/* outbox.h: the messages of nv_client_send, from the call until they have left, are confirmed or dropped, and
 * the account of them.
 *
 * Any thread puts; only the client's loop gives them to connections. A connection gets a batch at a time,
 * the next when all of the last has left, so that what a break leaves unsent is still known here. */
#ifndef WS_OUTBOX_H
#define WS_OUTBOX_H

#include <navette/client.h>

#include "base/list.h"
#include "net/lock.h"

struct nv_outbox_options {
	enum nv_delivery delivery;
	enum nv_overflow overflow;
	uint32_t max_waiting; /* no zero any more; NV_OFF: no limit */
	uint32_t max_bytes;
};

/* Embedded in struct nv_client; the fields are the outbox's own. */
struct nv_outbox {
	struct nv_outbox_options options;
	struct nv_lock lock;
	/* Under the lock. */
	struct nv_list waiting; /* letters, the oldest first */
	struct nv_account account;
	uint64_t kept; /* letters in `given` that count for the limits, */
	uint64_t kept_bytes;
	bool shut;
	/* The loop's, of the connection that is open. */
	struct nv_list given; /* those that may have to come back, the oldest first */
	uint64_t handed;      /* how many it was given, of which so many */
	uint64_t left;        /* have left, with their whole batch, of which so many */
	uint64_t confirmed;
	uint64_t asked;    /* how many our last ping asks about */
	uint32_t asked_ms; /* and when */
	uint32_t end;      /* where the last one ends on the wire */
};

/* What nv_outbox_feed is waiting for. */
enum nv_feed {
	NV_FEED_DONE,  /* nothing: all is given and, with a delivery that confirms, confirmed */
	NV_FEED_AGAIN, /* the end of this turn, which writes what was given; not a moment later */
	NV_FEED_LATER  /* on_open, on_drain, a pong, or time: a tick of 250 ms */
};

void nv_outbox_init(struct nv_outbox *outbox, const struct nv_outbox_options *options);
void nv_outbox_deinit(struct nv_outbox *outbox);

/* 0 or an error of nv_client_send; `*first` tells that nothing waited before, so that the loop has to be
 * told. Any thread. */
int nv_outbox_put(struct nv_outbox *outbox, enum nv_opcode opcode, struct nv_bytes message,
                  bool *first);
void nv_outbox_account(const struct nv_outbox *outbox, struct nv_account *account); /* any thread */
/* From now on nv_outbox_put answers NV_ERR_CLOSED. Any thread. */
void nv_outbox_shut(struct nv_outbox *outbox);

/* The rest on the loop's thread. It calls no handler. */

/* Gives the open connection what it may have now. NULL: there is none. */
enum nv_feed nv_outbox_feed(struct nv_outbox *outbox, struct nv_conn *conn);

/* A pong came: true when it was one of ours, which the application does not see. Feeding may then be
 * done. */
bool nv_outbox_pong(struct nv_outbox *outbox, const struct nv_conn *conn, struct nv_bytes data);

/* The connection that was fed has ended: in its on_close. What surely has not left waits again. Not even
 * an answered Close says that the rest was read: it may have crossed ours. */
void nv_outbox_closed(struct nv_outbox *outbox, const struct nv_conn *conn);

/* The client has ended, behind nv_outbox_closed: what waits is dropped, and nothing more is taken. */
void nv_outbox_ended(struct nv_outbox *outbox);

#endif
