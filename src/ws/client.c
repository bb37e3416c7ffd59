/* SPDX-License-Identifier: MIT */
/* client.c: a client's life: the URL, the name, one address after the other, and then the passing of
 * time. The connection itself is read in phase_response.c until it is open. */
#include "ws/client.h"

#include <stdio.h>

#include "base/alloc.h"

#define TICK_MS 250u

/* --- Failing --- */

static void stop_trying(struct nv_client *client)
{
	nv_loop_stop_timer(client->loop, &client->timer);
	if (client->resolve)
		nv_resolve_cancel(client->resolve);
	client->resolve = NULL;
	if (client->conn && !client->conn->opened)
		nv_conn_cut(client->conn, NV_CAUSE_ABORTED);
}

void nv_client_fail(struct nv_client *client, const struct nv_failure *failure)
{
	if (client->failed || client->freed)
		return;
	client->failed = true;
	stop_trying(client);
	if (client->options.on_fail)
		client->options.on_fail(client, client->options.user, failure);
}

static void fail(struct nv_client *client, enum nv_stage stage, int error, const char *text)
{
	struct nv_failure failure = { .stage = stage, .error = error, .text = text };

	nv_client_fail(client, &failure);
}

/* --- Time --- */

/* Without memory for a timer there would be no deadline. */
static void start_timer(struct nv_client *client, uint32_t delay_ms)
{
	if (nv_loop_start_timer(client->loop, &client->timer, delay_ms) < 0)
		fail(client, NV_STAGE_CONNECT, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
}

static void on_tick(struct nv_timer *timer)
{
	struct nv_client *client = nv_container_of(timer, struct nv_client, timer);

	/* Its place in the heap has just become free: starting it again can't fail. */
	(void)nv_loop_start_timer(client->loop, &client->timer, TICK_MS);
	if (client->conn)
		nv_conn_phase(client->conn)->tick(client->conn, nv_conn_now(client->conn));
}

static void on_deadline(struct nv_timer *timer)
{
	struct nv_client *client = nv_container_of(timer, struct nv_client, timer);
	struct nv_conn *conn = client->conn;

	if (!conn)
		fail(client, NV_STAGE_RESOLVE, NV_ERR_TIMEOUT,
		     "the name server did not answer in time");
	else if (nv_conn_is_in(conn, &nv_phase_connect))
		nv_stream_close(&conn->stream, NV_ERR_TIMEOUT); /* the next address, if any */
	else
		nv_conn_phase(conn)->tick(conn, nv_conn_now(conn));
}

void nv_client_deadline(struct nv_client *client, uint32_t timeout_ms)
{
	client->timer.fire = on_deadline;
	if (timeout_ms == NV_OFF)
		nv_loop_stop_timer(client->loop, &client->timer);
	else
		start_timer(client, timeout_ms);
}

void nv_client_opened(struct nv_client *client)
{
	client->timer.fire = on_tick;
	start_timer(client, TICK_MS);
}

/* --- Addresses --- */

static void client_release(struct nv_client *client)
{
	nv_head_free(client->head);
	nv_buf_deinit(&client->body);
	nv_deflate_pool_deinit(&client->owner.deflate);
	nv_free(client->addresses);
	nv_free((void *)(uintptr_t)client->options.subprotocols);
	nv_free((void *)(uintptr_t)client->options.fields);
	nv_free(client->url_text);
	nv_free(client);
}

/* An address that does not answer must leave time for those behind it. */
static void share_time(struct nv_client *client)
{
	uint64_t now = nv_loop_now(client->loop);
	uint64_t left = client->give_up_ms > now ? client->give_up_ms - now : 0;
	size_t shares = client->address_count - client->next_address + 1;

	if (client->give_up_ms != UINT64_MAX)
		nv_client_deadline(client, (uint32_t)(left / shares));
}

static int try_address(struct nv_client *client, const struct nv_address *address)
{
	struct nv_conn *conn = nv_alloc_zero(sizeof *conn);
	int error;

	if (!conn)
		return NV_ERR_NOMEM;
	nv_conn_init(conn, &client->owner, &nv_phase_connect);
	conn->handlers = &client->handlers;
	conn->user = client->options.user;
	conn->peer = *address;
	error = nv_loop_connect(client->loop, &conn->stream, address);
	if (error < 0) {
		nv_conn_deinit(conn);
		nv_free(conn);
		return error;
	}
	client->conn = conn;
	return 0;
}

static void fail_connect(struct nv_client *client)
{
	char peer[NV_ADDRESS_TEXT] = "";
	char text[NV_ADDRESS_TEXT + 64];

	if (client->next_address > 0)
		nv_address_format(&client->addresses[client->next_address - 1], peer);
	snprintf(text, sizeof text, "%s: %s", peer, nv_strerror(client->connect_error));
	fail(client, NV_STAGE_CONNECT, client->connect_error, text);
}

static void try_next(struct nv_client *client)
{
	while (client->next_address < client->address_count) {
		client->connect_error =
			try_address(client, &client->addresses[client->next_address++]);
		if (client->connect_error == 0) {
			share_time(client);
			return;
		}
	}
	fail_connect(client);
}

static void conn_released(struct nv_conn *conn, int error)
{
	struct nv_client *client = nv_client_of(conn);
	bool connecting = nv_conn_is_in(conn, &nv_phase_connect);
	bool opened = conn->opened;

	client->conn = NULL;
	nv_conn_deinit(conn);
	nv_free(conn);
	if (client->gone) {
		client_release(client);
	} else if (opened) {
		nv_loop_stop_timer(client->loop, &client->timer);
	} else if (connecting) {
		client->connect_error = error;
		try_next(client);
	} else {
		fail(client, NV_STAGE_HANDSHAKE, error ? error : NV_ERR_EOF,
		     "the connection broke before the answer");
	}
}

static void resolved(void *context, const struct nv_resolved *result)
{
	struct nv_client *client = context;

	client->resolve = NULL;
	if (result->error < 0) {
		fail(client, NV_STAGE_RESOLVE, result->error, result->text);
		return;
	}
	client->addresses = nv_alloc(result->count * sizeof *client->addresses);
	if (!client->addresses) {
		fail(client, NV_STAGE_RESOLVE, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
		return;
	}
	memcpy(client->addresses, result->addresses, result->count * sizeof *client->addresses);
	client->address_count = result->count;
	try_next(client);
}

/* --- The URL --- */

static int copy_host(const struct nv_client *client, char *host, size_t size)
{
	if (client->url.host.len >= size)
		return NV_ERR_TOO_BIG;
	memcpy(host, client->url.host.data, client->url.host.len);
	host[client->url.host.len] = '\0';
	return 0;
}

static void start_resolving(struct nv_client *client)
{
	char host[256];
	int error = nv_url_host(&client->url, client->host, sizeof client->host);

	if (error < 0 || copy_host(client, host, sizeof host) < 0) {
		fail(client, NV_STAGE_URL, NV_ERR_TOO_BIG, "the host name is too long");
		return;
	}
	client->give_up_ms = UINT64_MAX;
	if (client->options.connect_timeout_ms != NV_OFF)
		client->give_up_ms = nv_loop_now(client->loop) + client->options.connect_timeout_ms;
	nv_client_deadline(client, client->options.connect_timeout_ms);
	if (client->failed)
		return;
	client->resolve = nv_resolve_start(client->loop, host, client->url.port, resolved, client);
	if (!client->resolve)
		fail(client, NV_STAGE_RESOLVE, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
}

static void on_begin(struct nv_timer *timer)
{
	struct nv_client *client = nv_container_of(timer, struct nv_client, timer);
	const char *problem;

	if (nv_url_parse(client->url_text, &client->url, &problem) < 0)
		fail(client, NV_STAGE_URL, NV_ERR_INVALID, problem);
	else if (client->url.secure)
		fail(client, NV_STAGE_URL, NV_ERR_UNSUPPORTED, "this build has no TLS for wss://");
	else
		start_resolving(client);
}

/* --- Beginning and end --- */

static void init_owner(struct nv_client *client)
{
	const struct nv_client_options *options = &client->options;
	struct nv_conn_owner *owner = &client->owner;

	owner->session.role = NV_CLIENT;
	owner->session.max_message = options->max_message;
	owner->session.compression = options->compression;
	owner->session.masking_key = nv_keys_next;
	owner->session.context = &client->keys;
	owner->max_queue = options->max_queue;
	owner->message_timeout_ms = options->message_timeout_ms;
	owner->ping_interval_ms = options->ping_interval_ms;
	owner->pong_timeout_ms = options->pong_timeout_ms;
	owner->close_timeout_ms = options->close_timeout_ms;
	owner->write_timeout_ms = options->write_timeout_ms;
	nv_conn_owner_complete(owner);
	owner->released = conn_released;
}

/* Replaces the text by a copy of it; NULL stays. */
static bool own_text(const char **text)
{
	const char *lent = *text;

	*text = lent ? nv_copy(nv_str(lent)) : NULL;
	return *text || !lent;
}

static bool own_texts(struct nv_client *client, const char *url)
{
	const char *copy = url;
	bool ok = own_text(&client->options.subprotocols);

	ok = own_text(&client->options.fields) && ok;
	ok = own_text(&copy) && ok;
	client->url_text = (char *)(uintptr_t)copy;
	return ok;
}

static void farewell(struct nv_task *task)
{
	struct nv_client *client = nv_container_of(task, struct nv_client, farewell);

	client->gone = true;
	if (client->conn)
		nv_conn_cut(client->conn, NV_CAUSE_ABORTED);
	else
		client_release(client);
}

struct nv_client *nv_client_new_sized(struct nv_loop *loop, const char *url,
                                      const struct nv_handlers *handlers, size_t handlers_size,
                                      const struct nv_client_options *options, size_t options_size)
{
	struct nv_client *client = nv_alloc_zero(sizeof *client);

	if (!client)
		return NULL;
	memcpy(&client->handlers, handlers,
	       handlers_size < sizeof *handlers ? handlers_size : sizeof *handlers);
	if (options)
		memcpy(&client->options, options,
		       options_size < sizeof *options ? options_size : sizeof *options);
	nv_set_default(&client->options.connect_timeout_ms, 15000);
	nv_set_default(&client->options.handshake_timeout_ms, 10000);
	init_owner(client);
	client->loop = loop;
	client->timer.fire = on_begin;
	client->farewell.run = farewell;
	if (own_texts(client, url) && nv_loop_start_timer(loop, &client->timer, 0) == 0)
		return client;
	client_release(client);
	return NULL;
}

/* The memory goes when the loop has turned, for this may be called from the client's own callback. */
void nv_client_free(struct nv_client *client)
{
	const struct nv_close aborted = { .status = NV_STATUS_ABNORMAL, .cause = NV_CAUSE_ABORTED };

	if (!client || client->freed)
		return;
	client->freed = true;
	stop_trying(client);
	if (client->conn && !client->conn->ended) {
		nv_conn_cut(client->conn, NV_CAUSE_ABORTED);
		nv_conn_end(client->conn, &aborted);
	}
	nv_loop_post_task(client->loop, &client->farewell);
}

struct nv_conn *nv_client_conn(const struct nv_client *client)
{
	return client->conn && nv_conn_is_open(client->conn) ? client->conn : NULL;
}
