/* SPDX-License-Identifier: MIT */
/* topic.h: the topics of one loop: their names, and who subscribes to them.
 *
 * A topic exists while somebody subscribes to it. Its name is exact, or ends with a star and then
 * stands for every name that begins like it. Joining and leaving cost what the subscriber's own
 * subscriptions cost to look through, whatever the topic has; a name that is published is looked up
 * once, and once more for each length that a name with a star in use has. */
#ifndef WS_TOPIC_H
#define WS_TOPIC_H

#include <navette/base.h>

#include "base/list.h"
#include "base/siphash.h"

#define NV_TOPIC_NAME_MAX 255u
#define NV_TOPIC_MATCHES_MAX (NV_TOPIC_NAME_MAX + 1u) /* that stand for one name */
#define NV_SUBSCRIPTIONS_MAX 128u                     /* of one subscriber */

/* Who subscribes. Its owner allocates it when it first subscribes, so that who never does holds
 * nothing, and frees it once it has left all topics. */
struct nv_subscriber {
	struct nv_list subscriptions;
	void *owner;
	uint64_t cursor; /* how far it has taken from the turn's log (turn_log.h) */
	uint32_t count;  /* of subscriptions */
};

struct nv_topic {
	struct nv_topic *next; /* in its slot */
	uint64_t hash;
	struct nv_list subscriptions; /* never empty, but while the log visits it */
	struct nv_list touched;       /* among those that the turn's log has runs of, */
	uint32_t first_run;           /* these; only while touched */
	uint32_t last_run;
	uint32_t refs; /* subscriptions, and visits of the log */
	uint8_t len;
	char name[];
};

struct nv_subscription {
	struct nv_list of_topic;
	struct nv_list of_subscriber;
	struct nv_topic *topic;
	struct nv_subscriber *subscriber; /* NULL: the mark of a visit */
	uint64_t turn;                    /* of the log, in which the subscriber had come */
	uint32_t run;                     /* to this run of the topic */
};

struct nv_topics {
	uint8_t key[NV_SIPHASH_KEY];
	struct nv_topic **slots; /* none while there was no topic */
	size_t slot_count;       /* a power of two */
	size_t count;
	uint32_t starred;                         /* topics with a star, */
	uint32_t prefixes[NV_TOPIC_NAME_MAX + 1]; /* by the length of their names */
};

/* `key` is random, so that nobody can make up names that collide. */
void nv_topics_init(struct nv_topics *topics, const uint8_t key[NV_SIPHASH_KEY]);
void nv_topics_deinit(struct nv_topics *topics); /* nobody subscribes to anything by then */

void nv_subscriber_init(struct nv_subscriber *subscriber, void *owner);

/* True for 1 to 255 bytes without a star but, where `starred`, at the end. */
bool nv_topic_is_name(struct nv_bytes name, bool starred);

/* 0, also when it does already; NV_ERR_INVALID for a bad name, NV_ERR_FULL with 128 subscriptions,
 * NV_ERR_NOMEM. The subscriber has to take its part of the turn's log first, before any of these: what
 * was published earlier is not for the new topic, and still for the one that it leaves. */
int nv_topics_subscribe(struct nv_topics *topics, struct nv_subscriber *subscriber,
                        struct nv_bytes name);
/* NV_ERR_NOT_FOUND when it did not. */
int nv_topics_unsubscribe(struct nv_topics *topics, struct nv_subscriber *subscriber,
                          struct nv_bytes name);
void nv_topics_leave_all(struct nv_topics *topics, struct nv_subscriber *subscriber);

/* What names are found by. */
uint64_t nv_topics_hash(const struct nv_topics *topics, struct nv_bytes name);

/* The topics that stand for a name, which has that hash and no star; how many. */
size_t nv_topics_match(const struct nv_topics *topics, struct nv_bytes name, uint64_t hash,
                       struct nv_topic *found[NV_TOPIC_MATCHES_MAX]);

/* Calls `each` for every subscriber of the topic, which stays until this returns. In `each` anybody may
 * subscribe and leave, also this subscriber, which may then be freed; and it may visit, too. */
void nv_topic_visit(struct nv_topics *topics, struct nv_topic *topic,
                    void (*each)(void *context, struct nv_subscriber *subscriber), void *context);

#endif
