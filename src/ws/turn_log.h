/* SPDX-License-Identifier: MIT */
/* turn_log.h: what was published on one loop during a turn. Each message is encoded once, and once
 * more for each window of permessage-deflate that some subscriber agreed on.
 *
 * Subscribers take their part by reference and in the order of publishing: when the turn ends, and
 * before anything else is queued for one of them or its subscriptions change. The frames lie in shared
 * blocks, which live for as long as an output queue refers to them. */
#ifndef WS_TURN_LOG_H
#define WS_TURN_LOG_H

#include <navette/navette.h>

#include "base/buf.h"
#include "base/outq.h"
#include "ws/exclusions.h"
#include "ws/shared_frames.h"
#include "ws/topic.h"

/* Not for sharing: the connection keeps its window from message to message. */
#define NV_ENCODING_OWN NV_ENCODINGS

/* One message to all subscribers of a name. */
struct nv_publication {
	struct nv_bytes name;
	enum nv_opcode opcode;   /* NV_TEXT or NV_BINARY */
	struct nv_bytes message; /* text was checked */
	uint64_t excluded;       /* the id of a connection that does not get it; 0: none */
	uint8_t slow; /* 1 + the enum nv_slow of the name; 0: the subscriber's own counts */
};

struct nv_entry {
	uint64_t tag; /* tells messages of one name from others */
	uint8_t opcode;
	uint8_t slow;
};

/* What a subscriber's connection is like at the moment in which it takes its part. */
struct nv_taker {
	uint64_t id;
	struct nv_outq *out;
	size_t max_queue;  /* SIZE_MAX: no limit */
	uint8_t encoding;  /* nv_encoding_of */
	bool blocked;      /* the peer does not read */
	bool shares;       /* NV_ENCODING_OWN: may get frames as others do, but not compressed */
	enum nv_slow slow; /* of its route */
	/* NV_ENCODING_OWN: encodes the message for this connection alone and appends it to `out`. 0, or
	 * what nv_turn_log_take then answers. It calls nothing else. */
	int (*send)(void *context, enum nv_opcode opcode, struct nv_bytes message);
	void *context;
	uint64_t queued; /* messages are added, but for those of `send` */
	uint64_t missed; /* the same of those that were dropped, some of them queued before */
};

/* The subscriptions of one subscriber to topics that have runs. */
struct nv_touched {
	struct nv_subscription *subscriptions[NV_SUBSCRIPTIONS_MAX];
	size_t count;
};

struct nv_turn_log {
	struct nv_topics *topics;
	struct nv_shared_frames frames;
	struct nv_exclusions exclusions;
	struct nv_buf entries;  /* of struct nv_entry */
	struct nv_buf runs;     /* of adjacent entries of one topic */
	struct nv_list touched; /* the topics that have runs */
	uint64_t first; /* what the cursors of this turn count from; every turn has another */
	size_t bytes;   /* of all messages as frames, at most */
	uint32_t count; /* of entries */
	uint8_t slow;   /* a bit for each that is among the entries */
	/* Too large to be cleared on a stack each time: of who takes his part, and what a name has. */
	struct nv_touched taker;
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];
};

/* `options` are a server's and complete, `deflate` is its loop's; all outlive the log. */
void nv_turn_log_init(struct nv_turn_log *log, struct nv_topics *topics,
                      const struct nv_session_options *options, struct nv_deflate_pool *deflate);
void nv_turn_log_deinit(struct nv_turn_log *log);

/* How a session's messages are encoded: for nv_taker. */
uint8_t nv_encoding_of(const struct nv_session *session);

/* Encodes a message for whoever subscribes to a topic that stands for its name: 1, or 0 when nobody
 * does. NV_ERR_INVALID for a bad name, or one with a star; NV_ERR_NOMEM, and then nothing is changed. */
int nv_turn_log_publish(struct nv_turn_log *log, const struct nv_publication *publication);

/* True when nv_turn_log_take may find something, or has a cursor to move. */
static inline bool nv_turn_log_is_ahead(const struct nv_turn_log *log,
                                        const struct nv_subscriber *subscriber)
{
	return log->count > 0 && subscriber->cursor != log->first + log->count;
}

/* Queues what the subscriber has not taken yet. 0; NV_ERR_FULL when it has to be closed because its
 * queue is at the limit (NV_SLOW_CLOSE); NV_ERR_NOMEM. After an error nothing behind the last message
 * that was queued is for it any more. */
int nv_turn_log_take(struct nv_turn_log *log, struct nv_subscriber *subscriber,
                     struct nv_taker *taker);

/* Calls `each` for every subscriber of the topics in the log that has not taken its part, once if it
 * then takes it. In `each` anybody may subscribe, leave and publish; what is published there is visited
 * too before this returns. */
void nv_turn_log_each(struct nv_turn_log *log,
                      void (*each)(void *context, struct nv_subscriber *subscriber), void *context);

/* The turn is over, and everybody has taken his part: forgets everything, at the cost of the topics and
 * blocks that were used. */
void nv_turn_log_clear(struct nv_turn_log *log);

#endif
