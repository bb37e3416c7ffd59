/* SPDX-License-Identifier: MIT */
/* echo_loop.c: a client that sends every message back to the server until that closes, for suites
 * that test clients. It reads no input and prints no message. */
#include "connect/echo_loop.h"

#include "connect/interrupt.h"
#include "connect/leaving.h"
#include "connect/report.h"
#include "connect/verbose.h"
#include "connect/verdict.h"
#include "echo.h"

struct echo_loop {
	const struct nv_url *url;
	struct nv_loop *loop;
	struct nv_client *client;
	bool verbose;
	bool over;
	enum nv_verdict verdict;
};

static void end(struct echo_loop *echo, enum nv_verdict verdict)
{
	echo->over = true;
	echo->verdict = verdict;
	nv_loop_stop(echo->loop);
}

static void on_open(struct nv_conn *conn)
{
	const struct echo_loop *echo = nv_conn_user(conn);

	if (!echo->verbose)
		return;
	nv_verbose_open(conn);
	nv_verbose_timing(echo->client);
}

/* A server that goes away has seen enough. */
static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	end(nv_conn_user(conn), nv_verdict_of_close(close, true, false));
}

static void on_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	struct echo_loop *echo = user;

	end(echo, nv_verdict_of_failure(echo->url, failure));
	if (echo->verbose)
		nv_verbose_timing(client);
}

static void on_trace(struct nv_client *client, void *user, enum nv_trace what, struct nv_bytes text)
{
	(void)client;
	(void)user;
	nv_verbose_trace(what, text);
}

static int start(struct echo_loop *echo, const struct nv_connect_options *options)
{
	static const struct nv_handlers handlers = {
		.on_open = on_open,
		.on_message = nv_echo_message,
		.on_drain = nv_echo_drain,
		.on_close = on_close,
	};
	struct nv_client_options client = options->client;

	client.max_queue = NV_OFF;
	client.write_timeout_ms = NV_OFF;
	client.user = echo;
	client.on_fail = on_fail;
	if (echo->verbose)
		client.on_trace = on_trace;
	echo->client = nv_client_new(echo->loop, options->text, &handlers, &client);
	return echo->client ? 0 : NV_ERR_NOMEM;
}

static void interrupt(struct echo_loop *echo)
{
	struct nv_conn *conn = nv_client_conn(echo->client);

	if (!conn)
		end(echo, NV_VERDICT_INTERRUPTED);
	else if (nv_conn_close(conn, NV_STATUS_NORMAL, NULL) == NV_ERR_NOMEM)
		nv_conn_abort(conn);
}

static void run(struct echo_loop *echo)
{
	while (!echo->over) {
		if (nv_loop_run(echo->loop) < 0) {
			nv_report("%s", nv_strerror(NV_ERR_SYSTEM));
			return;
		}
		if (nv_interrupt_seen() && !echo->over)
			interrupt(echo);
	}
}

int nv_echo_loop_run(const struct nv_connect_options *options)
{
	struct echo_loop echo = { .url = &options->url,
		                  .loop = nv_loop_new(),
		                  .verbose = options->verbose,
		                  .verdict = NV_VERDICT_LOCAL };

	if (!echo.loop) {
		nv_report("no memory or no descriptors");
		return NV_VERDICT_LOCAL;
	}
	nv_interrupt_catch(echo.loop);
	if (start(&echo, options) < 0)
		nv_report("%s", nv_strerror(NV_ERR_NOMEM));
	else
		run(&echo);
	if (echo.client)
		nv_leaving_linger(echo.client);
	nv_interrupt_release();
	nv_client_free(echo.client);
	nv_loop_free(echo.loop);
	return (int)echo.verdict;
}
