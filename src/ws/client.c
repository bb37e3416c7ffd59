/* SPDX-License-Identifier: MIT */
/* client.c: a client's life: its options, its beginning and its end. What it does between them stands in
 * client_state.c. */
#include "ws/client.h"

#include "base/alloc.h"
#include "ws/client_try.h"
#include "ws/texts.h"

/* --- Options --- */

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
	owner->released = nv_try_released;
}

/* RFC 9110 15.4 wants loops to be noticed. */
#define MOST_REDIRECTS 20u

static void complete_options(struct nv_client_options *options)
{
	if (options->max_redirects > MOST_REDIRECTS)
		options->max_redirects = MOST_REDIRECTS;
	nv_set_default(&options->connect_timeout_ms, 15000);
	nv_set_default(&options->handshake_timeout_ms, 10000);
	nv_set_default(&options->retry_min_ms, 1000);
	nv_set_default(&options->retry_max_ms, 30000);
	nv_set_default(&options->stable_ms, 30000);
	nv_set_default(&options->max_tries, NV_OFF);
	nv_set_default(&options->max_waiting, 1024);
	nv_set_default(&options->max_waiting_bytes, 1048576);
}

static void init_outbox(struct nv_client *client)
{
	const struct nv_outbox_options options = {
		.delivery = client->options.delivery,
		.overflow = client->options.overflow,
		.max_waiting = client->options.max_waiting,
		.max_bytes = client->options.max_waiting_bytes,
	};

	nv_outbox_init(&client->outbox, &options);
}

/* Each becomes a copy or NULL, so that all of them can be freed. */
static bool own_texts(struct nv_client *client)
{
	struct nv_client_options *options = &client->options;
	bool ok = nv_text_own(&options->subprotocols);

	ok = nv_text_own(&options->fields) && ok;
	ok = nv_text_own(&options->cookie) && ok;
	ok = nv_text_own(&options->credentials) && ok;
	ok = nv_text_own(&options->tls.ca_file) && ok;
	ok = nv_certificate_own(&options->tls.certificate) && ok;
	ok = nv_proxy_choice_init(&client->proxies, options->proxy) == 0 && ok;
	return nv_text_own(&client->url) && ok;
}

static void free_texts(struct nv_client *client)
{
	const struct nv_client_options *options = &client->options;

	nv_text_free(options->subprotocols);
	nv_text_wipe(options->fields);
	nv_text_wipe(options->cookie);
	nv_text_wipe(options->credentials);
	nv_text_free(options->tls.ca_file);
	nv_certificate_free(&options->tls.certificate);
	nv_proxy_choice_deinit(&client->proxies);
	nv_text_free(client->url);
}

static int replace_text(const char **text, const char *by)
{
	const char *copy = by;

	if (!nv_text_own(&copy))
		return NV_ERR_NOMEM;
	nv_text_wipe(*text);
	*text = copy;
	return 0;
}

int nv_client_set_url(struct nv_client *client, const char *url)
{
	return replace_text(&client->url, url);
}

int nv_client_set_fields(struct nv_client *client, const char *fields)
{
	return replace_text(&client->options.fields, fields);
}

/* --- The end --- */

static void client_release(struct nv_client *client)
{
	nv_outbox_deinit(&client->outbox);
	nv_deflate_pool_deinit(&client->owner.deflate);
	nv_tls_context_unref(client->tls);
	free_texts(client);
	nv_free(client);
}

void nv_client_let_go(struct nv_client *client)
{
	if (client->gone && nv_list_empty(&client->tries))
		client_release(client);
}

/* What has ended in order has had a turn to say its last word. */
static void farewell(struct nv_task *task)
{
	struct nv_client *client = nv_container_of(task, struct nv_client, farewell);
	struct nv_list *link, *after;

	nv_list_each(link, after, &client->tries) {
		struct nv_try *attempt = nv_container_of(link, struct nv_try, link);

		if (attempt->streaming)
			nv_conn_cut(&attempt->conn, NV_CAUSE_ABORTED);
	}
	client->gone = true;
	nv_client_let_go(client);
}

static void abort_conn(struct nv_conn *conn)
{
	const struct nv_close aborted = { .status = NV_STATUS_ABNORMAL, .cause = NV_CAUSE_ABORTED };

	nv_conn_cut(conn, NV_CAUSE_ABORTED);
	nv_conn_end(conn, &aborted);
}

/* The memory goes when the loop has turned, for this may be called from the client's own callback. */
void nv_client_part(struct nv_client *client)
{
	if (client->freed)
		return;
	client->freed = true;
	nv_loop_stop_timer(client->loop, &client->timer);
	if (client->current && client->current->conn.opened)
		abort_conn(&client->current->conn);
	else if (client->current)
		nv_try_leave(client->current);
	client->farewell.run = farewell;
	nv_loop_post_task(client->loop, &client->farewell);
}

/* --- The beginning --- */

static struct nv_client *client_alloc(const struct nv_handlers *handlers, size_t handlers_size,
                                      const struct nv_client_options *options, size_t options_size)
{
	struct nv_client *client = nv_alloc_zero(sizeof *client);

	if (!client)
		return NULL;
	if (handlers)
		memcpy(&client->handlers, handlers,
		       handlers_size < sizeof *handlers ? handlers_size : sizeof *handlers);
	if (options)
		memcpy(&client->options, options,
		       options_size < sizeof *options ? options_size : sizeof *options);
	complete_options(&client->options);
	init_owner(client);
	init_outbox(client);
	nv_list_init(&client->tries);
	nv_client_init_between(client);
	nv_client_init_state(client);
	nv_client_init_wishes(client);
	return client;
}

static bool start(struct nv_client *client)
{
	if (!client->loop || nv_loop_park_timer(client->loop, &client->timer) < 0)
		return false;
	if (!client->threaded)
		nv_client_wish(client, NV_WISH_BEGIN);
	else if (nv_client_start_thread(client) < 0)
		return false;
	return true;
}

struct nv_client *nv_client_new_sized(struct nv_loop *loop, const char *url,
                                      const struct nv_handlers *handlers, size_t handlers_size,
                                      const struct nv_client_options *options, size_t options_size)
{
	struct nv_client *client = client_alloc(handlers, handlers_size, options, options_size);

	if (!client)
		return NULL;
	client->url = url;
	client->threaded = !loop;
	client->loop = loop ? loop : nv_loop_new();
	if (own_texts(client) && start(client))
		return client;
	if (client->threaded)
		nv_loop_free(client->loop);
	client_release(client);
	return NULL;
}

/* --- Looking --- */

struct nv_conn *nv_client_conn(const struct nv_client *client)
{
	struct nv_try *attempt = client->current;

	return attempt && nv_conn_is_open(&attempt->conn) ? &attempt->conn : NULL;
}

struct nv_loop *nv_client_loop(const struct nv_client *client)
{
	return client->loop;
}

void nv_client_timing_sized(const struct nv_client *client, struct nv_timing *timing, size_t size)
{
	memcpy(timing, &client->timing,
	       size < sizeof client->timing ? size : sizeof client->timing);
}
