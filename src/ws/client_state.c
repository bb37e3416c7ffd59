/* SPDX-License-Identifier: MIT */
/* client_state.c: what a client is up to: it tries, is open, waits for the next try, or has ended. What follows
 * a failure or the end of a connection is judged by the rules of retry.c, and last by the program. */
#include <time.h>

#include "net/random.h"
#include "ws/client_try.h"
#include "ws/retry.h"

static bool is_in(const struct nv_client *client, enum nv_client_state state)
{
	return nv_client_state_now(client) == state;
}

/* True as long as somebody would go on. */
static bool goes_on(const struct nv_client *client)
{
	return !client->freed && !nv_client_is_closing(client);
}

/* What waits when a Close is asked for is worth the try that is under way. */
static bool wants_connection(struct nv_client *client)
{
	struct nv_account account;

	if (client->freed)
		return false;
	nv_outbox_account(&client->outbox, &account);
	return account.waiting > 0 || !nv_client_is_closing(client);
}

static void tell_state(struct nv_client *client)
{
	enum nv_client_state state = nv_client_state_now(client);

	if (client->freed || client->told == (int)state)
		return;
	client->told = (int)state;
	if (client->options.on_state)
		client->options.on_state(client, client->options.user, state);
}

static void enter(struct nv_client *client, enum nv_client_state state)
{
	atomic_store(&client->state, state);
	tell_state(client);
}

bool nv_client_trace(struct nv_client *client, enum nv_trace what, struct nv_bytes text)
{
	if (client->options.on_trace && !client->freed)
		client->options.on_trace(client, client->options.user, what, text);
	return !client->freed;
}

/* --- The end --- */

static bool lingers(const struct nv_client *client)
{
	struct nv_list *link, *after;

	nv_list_each(link, after, &client->tries) {
		if (nv_try_lingers(nv_container_of(link, struct nv_try, link)))
			return true;
	}
	return false;
}

static void end(struct nv_client *client)
{
	(void)nv_loop_park_timer(client->loop, &client->timer);
	nv_outbox_ended(&client->outbox);
	enter(client, lingers(client) ? NV_CLIENT_CLOSING : NV_CLIENT_ENDED);
}

void nv_client_lingered(struct nv_client *client)
{
	if (is_in(client, NV_CLIENT_CLOSING) && !lingers(client))
		enter(client, NV_CLIENT_ENDED);
}

/* --- Trying --- */

void nv_client_begin(struct nv_client *client)
{
	client->tries_in_row++;
	enter(client, NV_CLIENT_CONNECTING);
	if (wants_connection(client))
		nv_try_start(client, client->url, NULL, false);
}

/* --- A Close behind what waits --- */

/* A number that changes when that gets on. */
static uint32_t progress(const struct nv_client *client)
{
	const struct nv_conn *conn = nv_client_conn(client);
	struct nv_account account;

	nv_outbox_account(&client->outbox, &account);
	return account.waiting > 0 && conn ? conn->stream.written : (uint32_t)account.confirmed;
}

static void watch_progress(struct nv_client *client)
{
	uint32_t timeout_ms = client->owner.close_timeout_ms;

	client->close_progress = progress(client);
	if (timeout_ms != NV_OFF)
		(void)nv_loop_start_timer(client->loop, &client->timer, timeout_ms);
}

static void close_late(struct nv_client *client)
{
	if (progress(client) == client->close_progress)
		nv_client_close_conn(client);
	else
		watch_progress(client);
}

/* Its place in the heap has just become free: parking can't fail. */
static void on_timer(struct nv_timer *timer)
{
	struct nv_client *client = nv_container_of(timer, struct nv_client, timer);

	(void)nv_loop_park_timer(client->loop, timer);
	if (is_in(client, NV_CLIENT_OPEN))
		close_late(client);
	else
		nv_client_begin(client);
}

/* on_open has been. */
void nv_client_opened(struct nv_client *client)
{
	if (is_in(client, NV_CLIENT_OPEN))
		tell_state(client);
	if (client->freed)
		return;
	if (nv_client_is_closing(client))
		nv_client_leave(client);
	else
		nv_client_feed(client);
}

/* --- Judging --- */

static uint32_t chance(struct nv_client *client)
{
	uint32_t random;

	if (nv_random(&random, sizeof random) == 0)
		return random;
	return nv_conn_owner_random(&client->owner);
}

static bool has_tries_left(const struct nv_client *client)
{
	return client->options.max_tries == NV_OFF ||
	       client->tries_in_row < client->options.max_tries;
}

/* What the rules have, and what the program makes of it. */
static void judge(struct nv_client *client, struct nv_retry *retry, bool mends)
{
	const struct nv_client_options *options = &client->options;
	uint32_t wish = nv_retry_wish(retry->failure, retry->close, (int64_t)time(NULL));

	if (!options->reconnect || !goes_on(client))
		return;
	retry->again = mends && has_tries_left(client);
	retry->tries = client->tries_in_row;
	retry->delay_ms = nv_retry_delay(client->delays++, options->retry_min_ms,
	                                 options->retry_max_ms, wish, chance(client));
	if (options->on_retry)
		options->on_retry(client, options->user, retry);
}

static void go_on(struct nv_client *client, const struct nv_retry *retry)
{
	if (client->freed)
		return;
	if (!retry->again || nv_client_is_closing(client)) {
		end(client);
		return;
	}
	(void)nv_loop_start_timer(client->loop, &client->timer, retry->delay_ms);
	enter(client, NV_CLIENT_WAITING);
}

void nv_client_failed(struct nv_client *client, const struct nv_failure *failure)
{
	struct nv_retry retry = { .failure = failure };

	if (client->freed)
		return;
	if (client->options.on_fail)
		client->options.on_fail(client, client->options.user, failure);
	judge(client, &retry, nv_retry_mends_failure(failure));
	go_on(client, &retry);
}

void nv_client_lost(struct nv_client *client, const struct nv_close *close, uint64_t open_ms)
{
	struct nv_retry retry = { .close = close };

	if (client->freed)
		return;
	(void)nv_loop_park_timer(client->loop, &client->timer);
	if (client->options.stable_ms != NV_OFF && open_ms >= client->options.stable_ms) {
		client->tries_in_row = 0;
		client->delays = 0;
	}
	judge(client, &retry, nv_retry_mends_close(close));
	go_on(client, &retry);
}

/* --- What is asked for --- */

void nv_client_stop_waiting(struct nv_client *client)
{
	if (is_in(client, NV_CLIENT_WAITING))
		(void)nv_loop_start_timer(client->loop, &client->timer, 0);
}

void nv_client_leave(struct nv_client *client)
{
	switch (nv_client_state_now(client)) {
	case NV_CLIENT_OPEN:
		nv_client_feed(client);
		watch_progress(client);
		break;
	case NV_CLIENT_CONNECTING:
		if (client->current && wants_connection(client))
			break;
		if (client->current)
			nv_try_leave(client->current);
		end(client);
		break;
	case NV_CLIENT_WAITING:
		end(client);
		break;
	case NV_CLIENT_CLOSING:
	case NV_CLIENT_ENDED:
		break;
	}
}

void nv_client_init_state(struct nv_client *client)
{
	client->timer.fire = on_timer;
	client->told = -1;
	atomic_store(&client->state, NV_CLIENT_CONNECTING);
}
