/* SPDX-License-Identifier: MIT */
/* tunnel.c: a stream on which a proxy is asked, until what carries it becomes the connection's. Its memory goes
 * with its stream, or with its owner's last word, whichever comes later. */
#include "ws/tunnel.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/wipe.h"
#include "net/tls.h"
#include "proto/socks.h"
#include "proto/tunnel_request.h"
#include "ws/answer.h"

#define AUTHORITY_ROOM 320u
#define REQUEST_ROOM 2048u

struct nv_tunnel {
	struct nv_stream stream;
	struct nv_timer timer; /* for the body of a refusal */
	struct nv_tunnel_events events;
	struct nv_socks socks;
	struct nv_answer answer;
	char target[AUTHORITY_ROOM]; /* "example.org:80" */
	bool told;                   /* `done` was called, */
	bool telling;                /* and needs what it was told */
	bool orphan;                 /* nobody owns it any more */
	bool closed;                 /* its stream is */
};

static struct nv_tunnel *tunnel_of(struct nv_stream *stream)
{
	return nv_container_of(stream, struct nv_tunnel, stream);
}

static void tunnel_release(struct nv_tunnel *tunnel)
{
	nv_answer_deinit(&tunnel->answer);
	nv_wipe(&tunnel->socks, sizeof tunnel->socks);
	nv_free(tunnel);
}

/* When nobody needs it any more. */
static void release_orphan(struct nv_tunnel *tunnel)
{
	if (tunnel->orphan && tunnel->closed && !tunnel->telling)
		tunnel_release(tunnel);
}

/* --- What is told --- */

static void finish(struct nv_tunnel *tunnel, const struct nv_tunnel_end *end)
{
	if (tunnel->told || tunnel->orphan)
		return;
	tunnel->told = true;
	nv_loop_stop_timer(tunnel->stream.loop, &tunnel->timer);
	tunnel->telling = true;
	tunnel->events.done(tunnel->events.context, end);
	tunnel->telling = false;
	release_orphan(tunnel);
}

static void fail(struct nv_tunnel *tunnel, int error, const char *text)
{
	finish(tunnel, &(struct nv_tunnel_end){ .error = error, .text = text });
}

static void succeed(struct nv_tunnel *tunnel, size_t len_behind)
{
	if (len_behind > 0)
		fail(tunnel, NV_ERR_PROTOCOL, "the proxy sent more than its answer");
	else
		finish(tunnel, &(struct nv_tunnel_end){ .error = 0 });
}

/* False when that has freed the tunnel. */
static bool show(struct nv_tunnel *tunnel, void (*event)(void *context, struct nv_bytes text),
                 struct nv_bytes text)
{
	if (event)
		event(tunnel->events.context, text);
	return !tunnel->orphan;
}

/* --- Any kind --- */

static void ignore(struct nv_stream *stream)
{
	(void)stream;
}

static void stream_closed(struct nv_stream *stream, int error)
{
	struct nv_tunnel *tunnel = tunnel_of(stream);

	nv_loop_stop_timer(stream->loop, &tunnel->timer);
	nv_outq_deinit(&stream->out);
	tunnel->closed = true;
	if (tunnel->told || tunnel->orphan)
		release_orphan(tunnel);
	else
		fail(tunnel, error ? error : NV_ERR_EOF, "the connection to the proxy broke");
}

static void tell_early_end(struct nv_tunnel *tunnel)
{
	fail(tunnel, NV_ERR_EOF, "the proxy closed the connection without an answer");
}

/* --- HTTP --- */

static void tell_refusal(struct nv_tunnel *tunnel)
{
	char text[NV_REFUSAL_TEXT];

	finish(tunnel, &(struct nv_tunnel_end){
			       .error = NV_ERR_PROTOCOL,
			       .text = nv_answer_refusal(&tunnel->answer, "proxy", text),
			       .head = tunnel->answer.head,
			       .body = nv_buf_bytes(&tunnel->answer.body),
		       });
}

static void body_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_tunnel *tunnel = tunnel_of(stream);

	if (!tunnel->told && nv_answer_add_body(&tunnel->answer, data, len))
		tell_refusal(tunnel);
}

/* What there is of the body is told, however it ended. */
static void body_closed(struct nv_stream *stream, int error)
{
	struct nv_tunnel *tunnel = tunnel_of(stream);

	if (!tunnel->told && !tunnel->orphan) {
		tunnel->closed = true;
		nv_outq_deinit(&stream->out);
		tell_refusal(tunnel);
		return;
	}
	stream_closed(stream, error);
}

static const struct nv_stream_events BODY = {
	.on_open = ignore,
	.on_data = body_data,
	.on_drain = ignore,
	.on_close = body_closed,
};

static void on_body_time(struct nv_timer *timer)
{
	tell_refusal(nv_container_of(timer, struct nv_tunnel, timer));
}

/* Without memory for the timer, the body is not waited for. */
static void read_refusal(struct nv_tunnel *tunnel, uint8_t *data, size_t len)
{
	tunnel->stream.events = &BODY;
	tunnel->timer.fire = on_body_time;
	if (!nv_answer_has_body(&tunnel->answer) ||
	    nv_loop_start_timer(tunnel->stream.loop, &tunnel->timer, NV_REFUSAL_MS) < 0)
		tell_refusal(tunnel);
	else if (len > 0)
		body_data(&tunnel->stream, data, len);
}

/* What is announced of a body in a 2xx does not exist (RFC 9110 9.3.6). */
static void judge_head(struct nv_tunnel *tunnel, uint8_t *data, size_t len)
{
	int status = nv_answer_status(&tunnel->answer);

	if (status >= 200 && status < 300)
		succeed(tunnel, len);
	else
		read_refusal(tunnel, data, len);
}

/* The head is whole; false when none is awaited any more. */
static bool take_head(struct nv_tunnel *tunnel, uint8_t *data, size_t len)
{
	if (!show(tunnel, tunnel->events.answered, nv_buf_bytes(&tunnel->answer.text)))
		return false;
	if (!nv_answer_is_interim(&tunnel->answer)) {
		judge_head(tunnel, data, len);
		return false;
	}
	if (nv_answer_expect(&tunnel->answer) == 0)
		return true;
	fail(tunnel, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
	return false;
}

static void http_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_tunnel *tunnel = tunnel_of(stream);
	size_t used;
	int complete;

	if (tunnel->told)
		return;
	if (len == 0)
		tell_early_end(tunnel);
	for (; len > 0; data += used, len -= used) {
		complete = nv_answer_feed(&tunnel->answer, data, len, &used);
		if (complete < 0)
			fail(tunnel, complete, nv_head_problem(tunnel->answer.head).text);
		if (complete <= 0 || !take_head(tunnel, data + used, len - used))
			return;
	}
}

static const struct nv_stream_events HTTP = {
	.on_open = ignore,
	.on_data = http_data,
	.on_drain = ignore,
	.on_close = stream_closed,
};

static int write_connect(struct nv_tunnel *tunnel, const struct nv_proxy *proxy, char *room)
{
	int len = nv_tunnel_request(tunnel->target, proxy->authenticates ? proxy->user : NULL,
	                            proxy->password, room, REQUEST_ROOM);

	if (len < 0)
		return len;
	tunnel->stream.events = &HTTP;
	return nv_answer_expect(&tunnel->answer) < 0 ? NV_ERR_NOMEM : len;
}

/* --- SOCKS5 --- */

static void tell_socks_done(struct nv_tunnel *tunnel, size_t len_behind)
{
	if (show(tunnel, tunnel->events.answered, nv_str("SOCKS5 succeeded")))
		succeed(tunnel, len_behind);
}

static void socks_data(struct nv_stream *stream, uint8_t *data, size_t len)
{
	struct nv_tunnel *tunnel = tunnel_of(stream);
	uint8_t out[NV_SOCKS_ROOM];
	size_t used;
	int say;

	if (tunnel->told)
		return;
	if (len == 0) {
		tell_early_end(tunnel);
		return;
	}
	say = nv_socks_feed(&tunnel->socks, data, len, &used, out);
	if (say < 0)
		fail(tunnel, tunnel->socks.error, tunnel->socks.problem);
	else if (tunnel->socks.state == NV_SOCKS_DONE)
		tell_socks_done(tunnel, len - used);
	else if (say > 0 && nv_outq_append(&stream->out, out, (size_t)say) < 0)
		fail(tunnel, NV_ERR_NOMEM, nv_strerror(NV_ERR_NOMEM));
	else if (say > 0)
		nv_stream_flush(stream);
	nv_wipe(out, sizeof out);
}

static const struct nv_stream_events SOCKS = {
	.on_open = ignore,
	.on_data = socks_data,
	.on_drain = ignore,
	.on_close = stream_closed,
};

static int write_greeting(struct nv_tunnel *tunnel, const struct nv_tunnel_wish *wish, char *room)
{
	const struct nv_proxy *proxy = wish->proxy;

	tunnel->stream.events = &SOCKS;
	return nv_socks_start(&tunnel->socks, wish->host, wish->port,
	                      proxy->authenticates ? proxy->user : NULL, proxy->password,
	                      (uint8_t *)room);
}

/* --- Life --- */

static int write_request(struct nv_tunnel *tunnel, const struct nv_tunnel_wish *wish)
{
	char room[REQUEST_ROOM];
	int len = wish->proxy->kind == NV_PROXY_SOCKS5 ? write_greeting(tunnel, wish, room)
	                                               : write_connect(tunnel, wish->proxy, room);

	if (len > 0 && nv_outq_append(&tunnel->stream.out, room, (size_t)len) < 0)
		len = NV_ERR_NOMEM;
	nv_wipe(room, sizeof room);
	return len;
}

static int set_out(struct nv_tunnel *tunnel, struct nv_dial *dial,
                   const struct nv_tunnel_wish *wish)
{
	struct nv_outq out;
	int error = write_request(tunnel, wish);

	if (error < 0)
		return error;
	/* The stream is to be empty when it takes over. */
	out = tunnel->stream.out;
	tunnel->stream.out = (struct nv_outq){ 0 };
	error = nv_dial_take(dial, &tunnel->stream, NULL, NULL);
	tunnel->stream.out = out;
	return error;
}

/* What was asked, for on_trace. */
static void show_request(struct nv_tunnel *tunnel, const struct nv_tunnel_wish *wish)
{
	char text[AUTHORITY_ROOM + 16];
	struct nv_bytes slice;

	if (wish->proxy->kind == NV_PROXY_SOCKS5) {
		snprintf(text, sizeof text, "SOCKS5 %s", tunnel->target);
		(void)show(tunnel, tunnel->events.asked, nv_str(text));
	} else if (nv_outq_peek(&tunnel->stream.out, &slice, 1) == 1) {
		(void)show(tunnel, tunnel->events.asked, slice);
	}
}

int nv_tunnel_start(struct nv_dial *dial, const struct nv_tunnel_wish *wish,
                    const struct nv_tunnel_events *events, struct nv_tunnel **tunnel)
{
	struct nv_tunnel *made = nv_alloc_zero(sizeof *made);
	int error;

	if (!made)
		return NV_ERR_NOMEM;
	made->events = *events;
	made->answer.keeps_text = events->answered != NULL;
	snprintf(made->target, sizeof made->target, wish->literal_v6 ? "[%s]:%u" : "%s:%u",
	         wish->host, wish->port);
	error = set_out(made, dial, wish);
	if (error < 0) {
		nv_outq_deinit(&made->stream.out);
		tunnel_release(made);
		return error;
	}
	*tunnel = made;
	nv_stream_flush(&made->stream);
	show_request(made, wish);
	return 0;
}

void nv_tunnel_expire(struct nv_tunnel *tunnel)
{
	if (tunnel->answer.whole)
		tell_refusal(tunnel);
	else
		fail(tunnel, NV_ERR_TIMEOUT, "the proxy did not answer in time");
}

int nv_tunnel_take(struct nv_tunnel *tunnel, struct nv_stream *to, struct nv_tls_context *context,
                   const char *host)
{
	return context ? nv_tls_move(&tunnel->stream, to, context, host)
	               : nv_loop_move(&tunnel->stream, to);
}

void nv_tunnel_free(struct nv_tunnel *tunnel)
{
	if (!tunnel)
		return;
	tunnel->orphan = true;
	nv_loop_stop_timer(tunnel->stream.loop, &tunnel->timer);
	if (tunnel->closed)
		release_orphan(tunnel);
	else
		nv_stream_close(&tunnel->stream, NV_ERR_CLOSED);
}
