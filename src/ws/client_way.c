/* SPDX-License-Identifier: MIT */
/* client_way.c: how a try gets its connection: the URL, the proxy, the name, the race of the addresses, the proxy's
 * answer, TLS; and how it is too late for that. */
#include "ws/client_try.h"

#include <stdio.h>

#include "base/alloc.h"

#define TRACE_ROOM 2048u

/* --- Who is dialled, and does not come to the telephone --- */

static const char *dialled(const struct nv_try *attempt)
{
	return attempt->proxy ? attempt->proxy->host : attempt->name;
}

/* `who` is a host or one of its addresses. */
static void fail_dial(struct nv_try *attempt, enum nv_stage stage, int error, const char *who,
                      const char *problem)
{
	char text[512];

	snprintf(text, sizeof text, "%s%s: %s", attempt->proxy ? "the proxy " : "", who, problem);
	nv_try_fail_at(attempt, stage, error, text);
}

static void fail_peer(struct nv_try *attempt, int error)
{
	char peer[NV_ADDRESS_TEXT];

	nv_address_format(&attempt->conn.peer, peer);
	fail_dial(attempt, NV_STAGE_CONNECT, error, peer, nv_strerror(error));
}

/* --- Too late --- */

static void fail_dial_late(struct nv_try *attempt)
{
	char problem[64];

	if (!nv_dial_has_name(attempt->dial)) {
		fail_dial(attempt, NV_STAGE_RESOLVE, NV_ERR_TIMEOUT, dialled(attempt),
		          "the name server did not answer in time");
		return;
	}
	if (attempt->address_count == 1) {
		fail_peer(attempt, NV_ERR_TIMEOUT);
		return;
	}
	snprintf(problem, sizeof problem, "none of its %zu addresses answered in time",
	         attempt->address_count);
	fail_dial(attempt, NV_STAGE_CONNECT, NV_ERR_TIMEOUT, dialled(attempt), problem);
}

static void connect_late(struct nv_try *attempt)
{
	if (attempt->streaming)
		nv_try_fail_tls(attempt, NV_ERR_TIMEOUT, "the TLS handshake took too long");
	else if (attempt->tunnel)
		nv_tunnel_expire(attempt->tunnel);
	else
		fail_dial_late(attempt);
}

/* Waiting for others does not count. */
static uint64_t connect_due_ms(const struct nv_try *attempt)
{
	return attempt->began_ms + nv_client_of_try(attempt)->options.connect_timeout_ms +
	       nv_dial_waited_ms(attempt->dial);
}

void nv_try_connect_tick(struct nv_conn *conn, uint32_t now_ms)
{
	struct nv_try *attempt = nv_try_of(conn);
	struct nv_loop *loop = nv_client_of_try(attempt)->loop;
	uint64_t due_ms = connect_due_ms(attempt);

	(void)now_ms;
	if (nv_loop_now(loop) < due_ms)
		(void)nv_loop_start_timer(loop, &attempt->timer,
		                          (uint32_t)(due_ms - nv_loop_now(loop)));
	else
		connect_late(attempt);
}

/* --- The stream --- */

static int take_stream(struct nv_try *attempt)
{
	struct nv_tls_context *tls = attempt->url.secure ? nv_client_of_try(attempt)->tls : NULL;
	struct nv_stream *stream = &attempt->conn.stream;

	if (attempt->tunnel)
		return nv_tunnel_take(attempt->tunnel, stream, tls, attempt->name);
	return nv_dial_take(attempt->dial, stream, tls, attempt->name);
}

/* With TLS, on_open comes when the server has proved who it is. */
static void connected(struct nv_try *attempt)
{
	int error = take_stream(attempt);

	if (error < 0) {
		nv_try_fail_at(attempt, NV_STAGE_CONNECT, error, nv_strerror(error));
		return;
	}
	attempt->streaming = true;
	if (!attempt->url.secure)
		attempt->conn.stream.events->on_open(&attempt->conn.stream);
}

/* --- The proxy --- */

static void tunnel_asked(void *context, struct nv_bytes text)
{
	(void)nv_try_trace(context, NV_TRACE_PROXY_REQUEST, text);
}

static void tunnel_answered(void *context, struct nv_bytes text)
{
	(void)nv_try_trace(context, NV_TRACE_PROXY_ANSWER, text);
}

static void tunnel_done(void *context, const struct nv_tunnel_end *end)
{
	struct nv_try *attempt = context;

	nv_client_of_try(attempt)->timing.proxy_us = nv_try_lap_us(attempt);
	if (end->error == 0) {
		connected(attempt);
		return;
	}
	nv_try_fail(attempt, &(struct nv_failure){
				     .stage = NV_STAGE_PROXY,
				     .error = end->error,
				     .status = end->head ? nv_head_status(end->head) : 0,
				     .text = end->text,
				     .body = end->body,
				     .head = end->head,
			     });
}

static void ask_proxy(struct nv_try *attempt)
{
	const bool is_traced = nv_client_of_try(attempt)->options.on_trace != NULL;
	const struct nv_tunnel_events events = {
		.context = attempt,
		.asked = is_traced ? tunnel_asked : NULL,
		.answered = is_traced ? tunnel_answered : NULL,
		.done = tunnel_done,
	};
	const struct nv_tunnel_wish wish = {
		.proxy = attempt->proxy,
		.host = attempt->name,
		.port = attempt->url.port,
		.literal_v6 = attempt->url.literal_v6,
	};
	int error = nv_tunnel_start(attempt->dial, &wish, &events, &attempt->tunnel);

	if (error == NV_ERR_INVALID || error == NV_ERR_TOO_BIG)
		nv_try_fail_at(attempt, NV_STAGE_PROXY, error,
		               "the proxy can't be told this host, user or password");
	else if (error < 0)
		nv_try_fail_at(attempt, NV_STAGE_PROXY, error, nv_strerror(error));
}

/* --- Dialling --- */

static void trace_addresses(struct nv_try *attempt, const struct nv_address *addresses,
                            size_t count)
{
	char text[TRACE_ROOM] = "";
	char one[NV_ADDRESS_TEXT];
	int len = 0;

	for (size_t i = 0; i < count && (size_t)len + NV_ADDRESS_TEXT < sizeof text; i++) {
		nv_address_format(&addresses[i], one);
		len += snprintf(text + len, sizeof text - (size_t)len, "%s%s", i > 0 ? " " : "",
		                one);
	}
	(void)nv_try_trace(attempt, NV_TRACE_RESOLVED, nv_str(text));
}

static void dial_resolved(void *context, const struct nv_address *addresses, size_t count)
{
	struct nv_try *attempt = context;

	attempt->conn.peer = addresses[0];
	attempt->address_count = count;
	trace_addresses(attempt, addresses, count);
}

static void note_dial_time(struct nv_try *attempt)
{
	struct nv_timing *timing = &nv_client_of_try(attempt)->timing;

	timing->resolve_us = nv_dial_resolve_us(attempt->dial);
	timing->connect_us = nv_dial_connect_us(attempt->dial);
	(void)nv_try_lap_us(attempt);
}

static void dial_done(void *context, int error, const struct nv_address *peer, const char *text)
{
	struct nv_try *attempt = context;
	char name[NV_ADDRESS_TEXT];

	note_dial_time(attempt);
	if (peer)
		attempt->conn.peer = *peer;
	if (error < 0 && text) {
		fail_dial(attempt, NV_STAGE_RESOLVE, error, dialled(attempt), text);
		return;
	}
	if (error < 0) {
		fail_peer(attempt, error);
		return;
	}
	nv_address_format(&attempt->conn.peer, name);
	if (!nv_try_trace(attempt, NV_TRACE_CONNECTED, nv_str(name)))
		return;
	if (attempt->proxy)
		ask_proxy(attempt);
	else
		connected(attempt);
}

static void dial(struct nv_try *attempt)
{
	const struct nv_dial_events events = { attempt, dial_resolved, dial_done };
	struct nv_client *client = nv_client_of_try(attempt);
	const struct nv_proxy *proxy = attempt->proxy;

	attempt->began_ms = nv_loop_now(client->loop);
	nv_try_deadline(attempt, client->options.connect_timeout_ms);
	attempt->dial = nv_dial_start(client->loop, proxy ? proxy->host : attempt->name,
	                              proxy ? proxy->port : attempt->url.port,
	                              proxy || client->options.simultaneous, &events);
	if (!attempt->dial)
		nv_try_fail_at(attempt, NV_STAGE_RESOLVE, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
}

static void pass_granted(void *context)
{
	dial(context);
}

/* A proxy resolves the name, so the name is what must not be asked for twice at a time (RFC 6455 4.1). */
static void ask_for_pass(struct nv_try *attempt)
{
	uint8_t place[NV_PLACE];

	nv_place_of_name(attempt->name, attempt->url.port, place);
	attempt->pass = nv_pass_ask(nv_client_of_try(attempt)->loop, place, pass_granted, attempt);
	if (!attempt->pass)
		nv_try_fail_at(attempt, NV_STAGE_CONNECT, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
}

/* --- Before anything is sent --- */

/* Each of these is false when it has failed the try. */

static bool read_url(struct nv_try *attempt)
{
	struct nv_url *url = &attempt->url;
	const char *problem;

	if (nv_url_parse(attempt->url_text, url, &problem) < 0) {
		nv_try_fail_at(attempt, NV_STAGE_URL, NV_ERR_INVALID, problem);
		return false;
	}
	if (url->host.len >= sizeof attempt->name ||
	    nv_url_host(url, attempt->host, sizeof attempt->host) < 0) {
		nv_try_fail_at(attempt, NV_STAGE_URL, NV_ERR_TOO_BIG, "the host name is too long");
		return false;
	}
	memcpy(attempt->name, url->host.data, url->host.len);
	if (url->secure && !nv_tls_context_takes_host(attempt->name)) {
		nv_try_fail_at(attempt, NV_STAGE_URL, NV_ERR_INVALID,
		               "no certificate can have this host name");
		return false;
	}
	return true;
}

/* Reads the files, once. */
static bool prepare_tls(struct nv_try *attempt)
{
	struct nv_client *client = nv_client_of_try(attempt);
	char problem[NV_TLS_PROBLEM] = "";
	int error;

	if (!attempt->url.secure || client->tls)
		return true;
	error = nv_tls_context_connect(&client->options.tls, &client->tls, problem);
	if (error < 0)
		nv_try_fail_at(attempt, NV_STAGE_TLS, error == NV_ERR_TLS ? NV_ERR_INVALID : error,
		               problem[0] ? problem : nv_strerror(error));
	return error == 0;
}

static bool choose_proxy(struct nv_try *attempt)
{
	const char *text = nv_proxy_choice_of(&nv_client_of_try(attempt)->proxies, &attempt->url);
	const char *problem;

	if (!text)
		return true;
	attempt->proxy = nv_alloc_zero(sizeof *attempt->proxy);
	if (!attempt->proxy)
		nv_try_fail_at(attempt, NV_STAGE_PROXY, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
	else if (nv_proxy_parse(text, attempt->proxy, &problem) < 0)
		nv_try_fail_at(attempt, NV_STAGE_PROXY, NV_ERR_INVALID, problem);
	return !attempt->over;
}

/* --- The beginning --- */

void nv_try_start(struct nv_client *client, const char *url, const struct nv_try *from,
                  bool stripped)
{
	struct nv_try *attempt = nv_try_new(client, url);

	client->timing = (struct nv_timing){ 0 };
	if (!attempt) {
		nv_client_failed(client, &(struct nv_failure){ .stage = NV_STAGE_CONNECT,
		                                               .error = NV_ERR_NOMEM,
		                                               .text = nv_strerror(NV_ERR_NOMEM) });
		return;
	}
	client->current = attempt;
	attempt->hops = from ? from->hops + 1 : 0;
	attempt->stripped = stripped;
	if (!read_url(attempt) || !prepare_tls(attempt) || !choose_proxy(attempt))
		return;
	if (attempt->proxy && !client->options.simultaneous)
		ask_for_pass(attempt);
	else
		dial(attempt);
}
