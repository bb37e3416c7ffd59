/* SPDX-License-Identifier: MIT */
/* topic.c: names and who subscribes to them: a table of topics, and a ring of subscriptions at each
 * end, so that one is left without looking through the topic's.
 *
 * A topic belongs to its subscriptions and goes with the last. Nothing is published here. */
#include "ws/topic.h"

#include "base/alloc.h"

#define FIRST_SLOTS 16u

void nv_topics_init(struct nv_topics *topics, const uint8_t key[NV_SIPHASH_KEY])
{
	*topics = (struct nv_topics){ .slots = NULL };
	memcpy(topics->key, key, NV_SIPHASH_KEY);
}

void nv_topics_deinit(struct nv_topics *topics)
{
	nv_free(topics->slots);
	topics->slots = NULL;
	topics->slot_count = 0;
}

void nv_subscriber_init(struct nv_subscriber *subscriber, void *owner)
{
	*subscriber = (struct nv_subscriber){ .owner = owner };
	nv_list_init(&subscriber->subscriptions);
}

/* --- The table --- */

uint64_t nv_topics_hash(const struct nv_topics *topics, struct nv_bytes name)
{
	return nv_siphash(topics->key, name.data, name.len);
}

static struct nv_topic **slot_of(const struct nv_topics *topics, uint64_t hash)
{
	return &topics->slots[hash & (topics->slot_count - 1)];
}

static bool is_named(const struct nv_topic *topic, struct nv_bytes name, uint64_t hash)
{
	return topic->hash == hash && topic->len == name.len &&
	       memcmp(topic->name, name.data, name.len) == 0;
}

static struct nv_topic *find(const struct nv_topics *topics, struct nv_bytes name, uint64_t hash)
{
	struct nv_topic *topic = topics->count > 0 ? *slot_of(topics, hash) : NULL;

	while (topic && !is_named(topic, name, hash))
		topic = topic->next;
	return topic;
}

static void put(struct nv_topics *topics, struct nv_topic *topic)
{
	struct nv_topic **slot = slot_of(topics, topic->hash);

	topic->next = *slot;
	*slot = topic;
}

static void put_all(struct nv_topics *topics, struct nv_topic *topic)
{
	struct nv_topic *next;

	for (; topic; topic = next) {
		next = topic->next;
		put(topics, topic);
	}
}

static int grow(struct nv_topics *topics)
{
	size_t old_count = topics->slot_count;
	struct nv_topic **old = topics->slots;
	size_t count = old_count ? old_count * 2 : FIRST_SLOTS;
	struct nv_topic **slots = nv_alloc_zero(count * sizeof(struct nv_topic *));

	if (!slots)
		return NV_ERR_NOMEM;
	topics->slots = slots;
	topics->slot_count = count;
	for (size_t i = 0; i < old_count; i++)
		put_all(topics, old[i]);
	nv_free(old);
	return 0;
}

static bool is_starred(const struct nv_topic *topic)
{
	return topic->name[topic->len - 1] == '*';
}

static struct nv_topic *add(struct nv_topics *topics, struct nv_bytes name, uint64_t hash)
{
	struct nv_topic *topic;

	/* A table that can't grow gets slow, not wrong. */
	if (topics->count >= topics->slot_count && grow(topics) < 0 && topics->slot_count == 0)
		return NULL;
	topic = nv_alloc(sizeof *topic + name.len);
	if (!topic)
		return NULL;
	*topic = (struct nv_topic){ .hash = hash, .len = (uint8_t)name.len };
	memcpy(topic->name, name.data, name.len);
	nv_list_init(&topic->subscriptions);
	nv_list_init(&topic->touched);
	put(topics, topic);
	topics->count++;
	topics->starred += is_starred(topic);
	topics->prefixes[topic->len] += is_starred(topic);
	return topic;
}

static void drop(struct nv_topics *topics, struct nv_topic *topic)
{
	struct nv_topic **slot = slot_of(topics, topic->hash);

	while (*slot != topic)
		slot = &(*slot)->next;
	*slot = topic->next;
	topics->count--;
	topics->starred -= is_starred(topic);
	topics->prefixes[topic->len] -= is_starred(topic);
	nv_list_remove(&topic->touched);
	nv_free(topic);
}

static void unref(struct nv_topics *topics, struct nv_topic *topic)
{
	if (--topic->refs == 0)
		drop(topics, topic);
}

/* --- Subscriptions --- */

bool nv_topic_is_name(struct nv_bytes name, bool starred)
{
	const uint8_t *star;

	if (name.len == 0 || name.len > NV_TOPIC_NAME_MAX)
		return false;
	star = memchr(name.data, '*', name.len);
	return !star || (starred && star == name.data + name.len - 1);
}

/* A subscriber has few subscriptions, a topic may have many. */
static struct nv_subscription *subscription_to(const struct nv_subscriber *subscriber,
                                               const struct nv_topic *topic)
{
	struct nv_list *link, *after;

	nv_list_each(link, after, &subscriber->subscriptions) {
		struct nv_subscription *subscription =
			nv_container_of(link, struct nv_subscription, of_subscriber);

		if (subscription->topic == topic)
			return subscription;
	}
	return NULL;
}

static int join(struct nv_subscriber *subscriber, struct nv_topic *topic)
{
	struct nv_subscription *subscription;

	if (subscriber->count >= NV_SUBSCRIPTIONS_MAX)
		return NV_ERR_FULL;
	subscription = nv_alloc(sizeof *subscription);
	if (!subscription)
		return NV_ERR_NOMEM;
	*subscription = (struct nv_subscription){ .topic = topic, .subscriber = subscriber };
	nv_list_push(&topic->subscriptions, &subscription->of_topic);
	nv_list_push(&subscriber->subscriptions, &subscription->of_subscriber);
	subscriber->count++;
	topic->refs++;
	return 0;
}

static void leave(struct nv_topics *topics, struct nv_subscription *subscription)
{
	subscription->subscriber->count--;
	nv_list_remove(&subscription->of_topic);
	nv_list_remove(&subscription->of_subscriber);
	unref(topics, subscription->topic);
	nv_free(subscription);
}

int nv_topics_subscribe(struct nv_topics *topics, struct nv_subscriber *subscriber,
                        struct nv_bytes name)
{
	uint64_t hash = nv_topics_hash(topics, name);
	struct nv_topic *topic;
	int error = 0;

	if (!nv_topic_is_name(name, true))
		return NV_ERR_INVALID;
	topic = find(topics, name, hash);
	if (!topic)
		topic = add(topics, name, hash);
	if (!topic)
		return NV_ERR_NOMEM;
	topic->refs++;
	if (!subscription_to(subscriber, topic))
		error = join(subscriber, topic);
	unref(topics, topic);
	return error;
}

int nv_topics_unsubscribe(struct nv_topics *topics, struct nv_subscriber *subscriber,
                          struct nv_bytes name)
{
	struct nv_topic *topic = find(topics, name, nv_topics_hash(topics, name));
	struct nv_subscription *subscription = topic ? subscription_to(subscriber, topic) : NULL;

	if (!subscription)
		return NV_ERR_NOT_FOUND;
	leave(topics, subscription);
	return 0;
}

void nv_topics_leave_all(struct nv_topics *topics, struct nv_subscriber *subscriber)
{
	while (!nv_list_empty(&subscriber->subscriptions))
		leave(topics, nv_container_of(subscriber->subscriptions.next,
		                              struct nv_subscription, of_subscriber));
}

/* --- Finding --- */

size_t nv_topics_match(const struct nv_topics *topics, struct nv_bytes name, uint64_t hash,
                       struct nv_topic *found[NV_TOPIC_MATCHES_MAX])
{
	uint8_t prefix[NV_TOPIC_NAME_MAX];
	struct nv_topic *topic = find(topics, name, hash);
	size_t count = 0;

	if (topic)
		found[count++] = topic;
	if (topics->starred == 0)
		return count;
	for (size_t len = 1; len <= name.len + 1 && len <= NV_TOPIC_NAME_MAX; len++) {
		struct nv_bytes starred = { prefix, len };

		prefix[len - 1] = '*';
		topic = topics->prefixes[len] > 0
		                ? find(topics, starred, nv_topics_hash(topics, starred))
		                : NULL;
		if (topic)
			found[count++] = topic;
		if (len <= name.len)
			prefix[len - 1] = name.data[len - 1];
	}
	return count;
}

/* A mark behind the subscription in hand keeps the place, whoever leaves. */
void nv_topic_visit(struct nv_topics *topics, struct nv_topic *topic,
                    void (*each)(void *context, struct nv_subscriber *subscriber), void *context)
{
	struct nv_list *link = topic->subscriptions.next;
	struct nv_subscription mark = { .subscriber = NULL };

	topic->refs++;
	while (link != &topic->subscriptions) {
		struct nv_subscriber *subscriber =
			nv_container_of(link, struct nv_subscription, of_topic)->subscriber;

		nv_list_push(link->next, &mark.of_topic);
		if (subscriber)
			each(context, subscriber);
		link = mark.of_topic.next;
		nv_list_remove(&mark.of_topic);
	}
	unref(topics, topic);
}
