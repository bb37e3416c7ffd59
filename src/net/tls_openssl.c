/* SPDX-License-Identifier: MIT */
/* tls_openssl.c: TLS streams on OpenSSL: their operations, and what the stream below means to them.
 *
 * All that one receive brings is decrypted at once, so that nothing stays inside OpenSSL but a record
 * that is not whole; to pause the stream is to pause the one below. Plaintext is taken from `out` when
 * the loop is about to write, a record at a time. Every call of OpenSSL is made from an event of the
 * stream below, and none after one has failed for good. */
#include "net/tls_openssl.h"

#include <assert.h>

#include "base/alloc.h"
#include "net/tls_problem.h"

static_assert(sizeof(struct nv_tls) <= 192, "every TLS connection has one");

static bool is(const struct nv_stream *upper, unsigned int flags)
{
	return nv_tls_is(upper, flags);
}

static void set(struct nv_stream *upper, unsigned int flags, bool on)
{
	nv_tls_set(upper, flags, on);
}

/* --- Operations --- */

static void upper_flush(struct nv_stream *upper)
{
	if (!is(upper, NV_TLS_SHAKES | NV_TLS_CLOSING))
		nv_stream_flush(&upper->tls->lower);
}

static bool holds_back(const struct nv_stream *upper)
{
	return upper->tls->rest || (is(upper, NV_TLS_ENDS) && !is(upper, NV_TLS_ENDED));
}

static void upper_pause(struct nv_stream *upper, bool paused)
{
	if (is(upper, NV_TLS_CLOSING))
		return;
	set(upper, NV_TLS_PAUSED, paused);
	set(upper, NV_TLS_AWAITED, paused && upper->out.len > 0);
	if (is(upper, NV_TLS_PARKED))
		return;
	if (paused || !holds_back(upper))
		nv_stream_pause(&upper->tls->lower, paused);
	else
		nv_loop_before_flush(upper->loop, &upper->tls->resume);
}

static void upper_shutdown(struct nv_stream *upper)
{
	set(upper, NV_TLS_FINISHES, true);
	upper_flush(upper);
}

static void upper_close(struct nv_stream *upper, int error)
{
	if (is(upper, NV_TLS_CLOSING))
		return;
	set(upper, NV_TLS_CLOSING, true);
	nv_outq_deinit(&upper->out);
	nv_list_remove(&upper->link);
	if (is(upper, NV_TLS_PARKED))
		nv_tls_gate_wait_on(upper->tls);
	nv_stream_close(&upper->tls->lower, error);
}

static const struct nv_stream_ops OPS = {
	.flush = upper_flush,
	.pause = upper_pause,
	.shutdown = upper_shutdown,
	.close = upper_close,
};

bool nv_stream_is_tls(const struct nv_stream *stream)
{
	return stream->ops == &OPS;
}

/* --- Failures --- */

static void note(struct nv_tls *tls, int error, const char *problem)
{
	tls->problem = problem;
	tls->upper->error = (int16_t)error;
	set(tls->upper, NV_TLS_BROKEN, true);
	nv_stream_flush(&tls->lower);
}

void nv_tls_fail(struct nv_tls *tls)
{
	int error = NV_ERR_TLS;
	const char *problem = is(tls->upper, NV_TLS_SHAKES) ? nv_tls_problem_of(tls->ssl, &error)
	                                                    : nv_tls_problem_later(tls->ssl);

	if (tls->starved) {
		note(tls, NV_ERR_NOMEM, "out of memory");
		nv_stream_close(tls->upper, NV_ERR_NOMEM);
	} else {
		note(tls, error, problem);
	}
}

/* --- Output --- */

/* The owner has no more: close_notify, then FIN (RFC 8446 6.1). */
static void finish(struct nv_tls *tls)
{
	struct nv_stream *upper = tls->upper;

	if (!is(upper, NV_TLS_FINISHES) || is(upper, NV_TLS_FINISHED | NV_TLS_CLOSING) ||
	    upper->out.len > 0 || (!is(upper, NV_TLS_BROKEN) && SSL_in_init(tls->ssl)))
		return;
	set(upper, NV_TLS_FINISHED, true);
	if (!is(upper, NV_TLS_BROKEN))
		SSL_shutdown(tls->ssl);
	nv_stream_shutdown(&tls->lower);
}

static void lower_flush(struct nv_stream *lower)
{
	struct nv_tls *tls = nv_tls_of_lower(lower);
	struct nv_stream *upper = tls->upper;

	upper->written = lower->written;
	if (is(upper, NV_TLS_PARKED))
		nv_tls_gate_wait_on(tls);
	if (is(upper, NV_TLS_SHAKES)) {
		if (is(upper, NV_TLS_BROKEN) && lower->out.len == 0)
			nv_stream_close(lower, upper->error);
		return;
	}
	if (is(upper, NV_TLS_BROKEN | NV_TLS_FINISHED)) {
		nv_outq_deinit(&upper->out);
	} else if (!nv_tls_encrypt(tls)) {
		nv_tls_fail(tls);
		nv_stream_close(upper, upper->error);
		return;
	}
	/* Else on_drain comes first. */
	if (!is(upper, NV_TLS_BLOCKED | NV_TLS_AWAITED))
		finish(tls);
}

static void lower_blocked(struct nv_stream *lower)
{
	struct nv_stream *upper = nv_tls_of_lower(lower)->upper;

	upper->written = lower->written;
	if (!is(upper, NV_TLS_SHAKES))
		set(upper, NV_TLS_BLOCKED, true);
}

static void lower_drain(struct nv_stream *lower)
{
	struct nv_tls *tls = nv_tls_of_lower(lower);
	struct nv_stream *upper = tls->upper;

	if (is(upper, NV_TLS_SHAKES) || !is(upper, NV_TLS_BLOCKED | NV_TLS_AWAITED) ||
	    upper->out.len > 0)
		return;
	set(upper, NV_TLS_BLOCKED | NV_TLS_AWAITED, false);
	upper->events->on_drain(upper);
	finish(tls);
}

/* --- Input --- */

static bool reads(const struct nv_stream *upper)
{
	return !is(upper, NV_TLS_PAUSED | NV_TLS_ENDED | NV_TLS_CLOSING);
}

static void tell_end(struct nv_stream *upper)
{
	if (!is(upper, NV_TLS_ENDS) || !reads(upper))
		return;
	set(upper, NV_TLS_ENDED, true);
	upper->events->on_data(upper, nv_loop_plain(upper->loop), 0);
}

static void receive(struct nv_tls *tls)
{
	struct nv_stream *upper = tls->upper;
	uint8_t *plain = nv_loop_plain(upper->loop);
	size_t len = nv_tls_decrypt(tls, plain);

	if (nv_tls_is_flooded(tls) && !is(upper, NV_TLS_BROKEN)) {
		note(tls, NV_ERR_TLS, "the peer changes its keys too often");
		set(upper, NV_TLS_ENDS, true);
	}
	if (tls->lower.out.len > 0 || upper->out.len > 0 || is(upper, NV_TLS_FINISHES))
		nv_stream_flush(&tls->lower);
	if (len > 0 && !is(upper, NV_TLS_CLOSING))
		upper->events->on_data(upper, plain, len);
	tell_end(upper);
}

/* --- The handshake --- */

static void shaken(struct nv_tls *tls)
{
	struct nv_stream *upper = tls->upper;

	set(upper, NV_TLS_SHAKES, false);
	if (upper->out.len > 0 || is(upper, NV_TLS_FINISHES))
		nv_stream_flush(&tls->lower);
	if (!tls->gate)
		upper->events->on_open(upper);
}

static void shake(struct nv_tls *tls)
{
	int result;

	nv_tls_forget_errors();
	result = SSL_do_handshake(tls->ssl);
	if (tls->lower.out.len > 0)
		nv_stream_flush(&tls->lower);
	if (result == 1) {
		shaken(tls);
		return;
	}
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_WANT_CLIENT_HELLO_CB:
		nv_tls_gate_park(tls);
		break;
	default:
		nv_tls_fail(tls);
	}
}

/* --- What the stream below brings --- */

/* What can't be read now is read by nv_tls_resume. */
static void keep_rest(struct nv_tls *tls)
{
	uint8_t *rest;

	if (tls->input.len == 0)
		return;
	rest = nv_alloc(tls->input.len);
	if (!rest) {
		nv_stream_close(tls->upper, NV_ERR_NOMEM);
		return;
	}
	memcpy(rest, tls->input.data, tls->input.len);
	tls->rest = rest;
	tls->rest_len = (uint32_t)tls->input.len;
}

/* What a client announces is looked at before OpenSSL makes room for it. */
static bool check_hello(struct nv_tls *tls)
{
	if (!tls->gate || (tls->hello.whole && SSL_version(tls->ssl) < TLS1_3_VERSION) ||
	    nv_tls_hello_head_read(&tls->hello, tls->input))
		return true;
	note(tls, NV_ERR_TLS, "the client's first message is too long");
	return false;
}

static void go_on(struct nv_tls *tls)
{
	struct nv_stream *upper = tls->upper;

	if (is(upper, NV_TLS_SHAKES) && !is(upper, NV_TLS_BROKEN))
		shake(tls);
	if (is(upper, NV_TLS_PARKED | NV_TLS_PAUSED))
		keep_rest(tls);
	else if (!is(upper, NV_TLS_SHAKES | NV_TLS_BROKEN | NV_TLS_ENDED | NV_TLS_CLOSING))
		receive(tls);
}

void nv_tls_resume(struct nv_tls *tls)
{
	struct nv_stream *upper = tls->upper;
	uint8_t *rest = tls->rest;

	/* A handshake goes on through a pause: it brings no data. */
	if (is(upper, NV_TLS_CLOSING) || (is(upper, NV_TLS_PAUSED) && !is(upper, NV_TLS_SHAKES)))
		return;
	tls->rest = NULL;
	tls->input = (struct nv_bytes){ rest, rest ? tls->rest_len : 0 };
	go_on(tls);
	tls->input.len = 0;
	nv_free(rest);
	tell_end(upper);
	if (!is(upper, NV_TLS_PARKED | NV_TLS_PAUSED))
		nv_stream_pause(&tls->lower, false);
}

static void resume(struct nv_hook *hook)
{
	nv_tls_resume(nv_container_of(hook, struct nv_tls, resume));
}

static void lower_open(struct nv_stream *lower)
{
	struct nv_tls *tls = nv_tls_of_lower(lower);

	set(tls->upper, NV_TLS_REACHED, true);
	shake(tls);
}

static void lower_data(struct nv_stream *lower, uint8_t *data, size_t len)
{
	struct nv_tls *tls = nv_tls_of_lower(lower);
	struct nv_stream *upper = tls->upper;

	if (len > 0) {
		tls->input = (struct nv_bytes){ data, len };
		tls->received += len;
		if (!is(upper, NV_TLS_SHAKES) || check_hello(tls))
			go_on(tls);
		tls->input.len = 0;
	} else if (!is(upper, NV_TLS_SHAKES)) {
		/* RFC 6455 7.1.5 makes no difference between this and close_notify: without a Close
		 * the end is not clean. */
		set(upper, NV_TLS_ENDS, true);
		tell_end(upper);
	} else if (!is(upper, NV_TLS_BROKEN)) {
		note(tls, NV_ERR_TLS, "the peer ended the TLS handshake without a word");
	}
}

/* Of on_close. What broke TLS says more than how the stream below ended. */
static int reason(struct nv_tls *tls, int error)
{
	struct nv_stream *upper = tls->upper;

	if (is(upper, NV_TLS_CLOSING))
		return error;
	if (is(upper, NV_TLS_SHAKES) && is(upper, NV_TLS_REACHED) && error == NV_ERR_RESET &&
	    !upper->error)
		note(tls, NV_ERR_TLS, "the peer ended the TLS handshake without a word");
	if (upper->error && (!error || is(upper, NV_TLS_SHAKES)))
		return upper->error;
	return error;
}

static void free_tls(struct nv_tls *tls)
{
	nv_loop_forget_hook(&tls->resume);
	nv_outq_deinit(&tls->lower.out);
	SSL_free(tls->ssl);
	nv_free(tls->rest);
	nv_free(tls);
}

static void lower_close(struct nv_stream *lower, int error)
{
	struct nv_tls *tls = nv_tls_of_lower(lower);
	struct nv_stream *upper = tls->upper;

	error = reason(tls, error);
	set(upper, NV_TLS_CLOSING, true);
	nv_outq_deinit(&upper->out);
	nv_list_remove(&upper->link);
	upper->events->on_close(upper, error);
	free_tls(tls);
}

static const struct nv_stream_events EVENTS = {
	.on_open = lower_open,
	.on_data = lower_data,
	.on_drain = lower_drain,
	.on_close = lower_close,
	.on_flush = lower_flush,
	.on_blocked = lower_blocked,
};

/* --- Life --- */

static struct nv_tls *new_tls(struct nv_stream *upper, struct nv_tls_context *context,
                              const char *host)
{
	struct nv_tls *tls = nv_alloc_zero(sizeof *tls);

	upper->ops = NULL; /* until this has succeeded */
	if (!tls)
		return NULL;
	tls->upper = upper;
	tls->resume.run = resume;
	tls->lower.events = &EVENTS;
	tls->ssl = nv_tls_context_session(context, host);
	if (!tls->ssl || nv_tls_bio_attach(tls) < 0) {
		free_tls(tls);
		return NULL;
	}
	SSL_set_mode(tls->ssl, SSL_MODE_RELEASE_BUFFERS);
	nv_tls_watch(tls);
	return tls;
}

static void start(struct nv_loop *loop, struct nv_tls *tls, unsigned int flags)
{
	struct nv_stream *upper = tls->upper;

	upper->ops = &OPS;
	upper->loop = loop;
	upper->tls = tls;
	upper->written = 0;
	upper->error = 0;
	upper->flags = (uint16_t)(flags | NV_TLS_SHAKES);
	nv_list_init(&upper->link);
}

int nv_tls_adopt(struct nv_tls_gate *gate, struct nv_stream *stream, int fd,
                 struct nv_tls_context *context)
{
	struct nv_tls *tls = new_tls(stream, context, NULL);
	int error;

	if (!tls)
		return NV_ERR_NOMEM;
	error = nv_loop_adopt(gate->loop, &tls->lower, fd);
	if (error) {
		free_tls(tls);
		return error;
	}
	tls->gate = gate;
	start(gate->loop, tls, NV_TLS_REACHED);
	return 0;
}

/* For a client: 0, or an error. */
static int new_client(struct nv_stream *stream, struct nv_tls_context *context, const char *host,
                      struct nv_tls **tls)
{
	stream->ops = NULL;
	if (!nv_tls_context_takes_host(host))
		return NV_ERR_INVALID;
	*tls = new_tls(stream, context, host);
	return *tls ? 0 : NV_ERR_NOMEM;
}

int nv_tls_connect(struct nv_loop *loop, struct nv_stream *stream, const struct nv_address *to,
                   struct nv_tls_context *context, const char *host)
{
	struct nv_tls *tls;
	int error = new_client(stream, context, host, &tls);

	if (error)
		return error;
	error = nv_loop_connect(loop, &tls->lower, to);
	if (error) {
		free_tls(tls);
		return error;
	}
	start(loop, tls, 0);
	return 0;
}

/* The handshake begins before this turn's last flush. */
int nv_tls_move(struct nv_stream *from, struct nv_stream *stream, struct nv_tls_context *context,
                const char *host)
{
	struct nv_tls *tls;
	int error = new_client(stream, context, host, &tls);

	if (error)
		return error;
	error = nv_loop_move(from, &tls->lower);
	if (error) {
		free_tls(tls);
		return error;
	}
	start(from->loop, tls, NV_TLS_REACHED);
	nv_loop_before_flush(from->loop, &tls->resume);
	return 0;
}
