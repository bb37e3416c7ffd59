/* SPDX-License-Identifier: MIT */
/* publish.c: topics of a server: subscribing on a connection's own loop, and publishing to the loops of
 * all, from any thread. A loop that is not the caller's gets one copy of the message, which all such
 * loops share, through its mailbox, and encodes it once for its own subscribers. */
#include "base/alloc.h"
#include "proto/utf8.h"
#include "ws/reader.h"
#include "ws/server.h"

/* --- On the worker's thread --- */

int nv_worker_publish(struct nv_worker *worker, const struct nv_publication *publication)
{
	int count = nv_turn_log_publish(&worker->log, publication);

	if (count <= 0)
		return count;
	nv_count_add(&worker->tally.published, 1);
	nv_loop_before_flush(worker->loop, &worker->deliver);
	return 0;
}

static void deliver(void *context, struct nv_subscriber *subscriber)
{
	(void)context;
	nv_conn_catch_up(subscriber->owner);
}

void nv_worker_deliver(struct nv_hook *hook)
{
	struct nv_worker *worker = nv_container_of(hook, struct nv_worker, deliver);

	nv_turn_log_each(&worker->log, deliver, NULL);
	nv_turn_log_clear(&worker->log);
}

int nv_worker_subscribe(struct nv_worker *worker, struct nv_subscriber *subscriber,
                        struct nv_bytes topic)
{
	uint32_t before = subscriber->count;
	int error = nv_topics_subscribe(&worker->topics, subscriber, topic);

	atomic_fetch_add_explicit(&worker->subscribed, subscriber->count - before,
	                          memory_order_release);
	return error;
}

int nv_worker_unsubscribe(struct nv_worker *worker, struct nv_subscriber *subscriber,
                          struct nv_bytes topic)
{
	uint32_t before = subscriber->count;
	int error = nv_topics_unsubscribe(&worker->topics, subscriber, topic);

	atomic_fetch_sub_explicit(&worker->subscribed, before - subscriber->count,
	                          memory_order_release);
	return error;
}

void nv_worker_unsubscribe_all(struct nv_worker *worker, struct nv_subscriber *subscriber)
{
	atomic_fetch_sub_explicit(&worker->subscribed, subscriber->count, memory_order_release);
	nv_topics_leave_all(&worker->topics, subscriber);
}

int nv_conn_subscribe(struct nv_conn *conn, const char *topic)
{
	struct nv_reader *reader;

	if (!nv_conn_server(conn))
		return NV_ERR_UNSUPPORTED;
	if (!nv_conn_can_send(conn))
		return NV_ERR_CLOSED;
	reader = nv_reader_get(conn);
	if (!reader)
		return NV_ERR_NOMEM;
	nv_reader_take(reader);
	return nv_worker_subscribe(nv_worker_of(conn), &reader->subscriber, nv_str(topic));
}

int nv_conn_unsubscribe(struct nv_conn *conn, const char *topic)
{
	if (!conn->reader)
		return NV_ERR_NOT_FOUND;
	nv_reader_take(conn->reader);
	return nv_worker_unsubscribe(nv_worker_of(conn), &conn->reader->subscriber, nv_str(topic));
}

/* --- To other threads --- */

static void lose(void *context, struct nv_subscriber *subscriber)
{
	const struct nv_conn *conn = subscriber->owner;

	nv_reader_lose(conn->reader, context);
}

void nv_worker_lose(struct nv_worker *worker, const struct nv_publication *publication)
{
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];
	void *copy = (void *)(uintptr_t)publication;
	uint64_t hash = nv_topics_hash(&worker->topics, publication->name);
	size_t count = nv_topics_match(&worker->topics, publication->name, hash, found);

	for (size_t i = 0; i < count; i++)
		nv_topic_visit(&worker->topics, found[i], lose, copy);
}

/* A message on its way to the loops of other threads; the last of them frees it. */
struct broadcast;

struct copy {
	struct nv_task task;
	struct nv_worker *worker;
	struct broadcast *broadcast;
};

struct broadcast {
	atomic_size_t refs;
	struct nv_publication publication;
	size_t size; /* that it counts in an inbox */
	struct copy copies[];
};

static void drop(struct broadcast *broadcast)
{
	if (atomic_fetch_sub_explicit(&broadcast->refs, 1, memory_order_acq_rel) == 1)
		nv_free(broadcast);
}

static void arrive(struct nv_task *task)
{
	struct copy *copy = nv_container_of(task, struct copy, task);
	struct nv_worker *worker = copy->worker;
	struct broadcast *broadcast = copy->broadcast;

	nv_worker_take_in(worker, broadcast->size);
	if (nv_worker_publish(worker, &broadcast->publication) < 0)
		nv_worker_lose(worker, &broadcast->publication);
	drop(broadcast);
}

/* Whether the message has to go there through the mailbox. Who has subscribed before it was published
 * is seen here. */
static bool is_elsewhere(const struct nv_worker *worker)
{
	return atomic_load_explicit(&worker->subscribed, memory_order_acquire) > 0 &&
	       !nv_loop_is_current(worker->loop);
}

static struct broadcast *broadcast_new(const struct nv_publication *publication, size_t workers)
{
	struct nv_bytes name = publication->name;
	struct nv_bytes message = publication->message;
	size_t head = sizeof(struct broadcast) + workers * sizeof(struct copy);
	struct broadcast *broadcast;
	uint8_t *text;

	if (message.len > SIZE_MAX / 2)
		return NULL;
	broadcast = nv_alloc(head + name.len + message.len);
	if (!broadcast)
		return NULL;
	text = (uint8_t *)broadcast + head;
	memcpy(text, name.data, name.len);
	if (message.len > 0)
		memcpy(text + name.len, message.data, message.len);
	broadcast->publication = *publication;
	broadcast->publication.name.data = text;
	broadcast->publication.message.data = text + name.len;
	broadcast->size = head + name.len + message.len;
	atomic_init(&broadcast->refs, 1);
	return broadcast;
}

static void leave_inboxes(struct broadcast *broadcast, size_t *count)
{
	while (*count > 0)
		nv_worker_take_in(broadcast->copies[--*count].worker, broadcast->size);
}

/* The loops are full one by one, but all or none of them get the message. */
static int reserve(struct nv_server *server, struct broadcast *broadcast, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < server->worker_count; i++) {
		struct nv_worker *worker = &server->workers[i];

		if (!is_elsewhere(worker))
			continue;
		if (!nv_worker_let_in(worker, broadcast->size))
			return NV_ERR_FULL;
		broadcast->copies[(*count)++] =
			(struct copy){ { .run = arrive }, worker, broadcast };
	}
	return 0;
}

/* Here first, if this is a loop's thread, since that may still fail. */
static int publish_elsewhere(struct nv_server *server, struct nv_worker *here,
                             const struct nv_publication *publication)
{
	struct broadcast *broadcast = broadcast_new(publication, server->worker_count);
	size_t count;
	int error;

	if (!broadcast)
		return NV_ERR_NOMEM;
	error = reserve(server, broadcast, &count);
	if (error == 0 && here)
		error = nv_worker_publish(here, publication);
	if (error < 0)
		leave_inboxes(broadcast, &count);
	atomic_fetch_add_explicit(&broadcast->refs, count, memory_order_relaxed);
	for (size_t i = 0; i < count; i++)
		nv_worker_bring(broadcast->copies[i].worker, &broadcast->copies[i].task);
	drop(broadcast);
	return error;
}

static int check(const struct nv_publication *publication)
{
	if (!nv_topic_is_name(publication->name, false) ||
	    (publication->opcode != NV_TEXT && publication->opcode != NV_BINARY))
		return NV_ERR_INVALID;
	if (publication->opcode == NV_TEXT && !nv_utf8_valid(publication->message))
		return NV_ERR_UTF8;
	return 0;
}

int nv_server_publish(struct nv_server *server, const char *topic, enum nv_opcode opcode,
                      struct nv_bytes message, uint64_t except)
{
	struct nv_publication publication = { nv_str(topic), opcode, message, except, 0 };
	struct nv_worker *here = NULL;
	bool elsewhere = false;
	int error = check(&publication);

	if (error < 0)
		return error;
	publication.slow = nv_slow_topics_find(&server->slow_topics, publication.name);
	for (size_t i = 0; i < server->worker_count; i++) {
		if (is_elsewhere(&server->workers[i]))
			elsewhere = true;
		else if (nv_loop_is_current(server->workers[i].loop))
			here = &server->workers[i];
	}
	if (elsewhere)
		return publish_elsewhere(server, here, &publication);
	return here ? nv_worker_publish(here, &publication) : 0;
}
