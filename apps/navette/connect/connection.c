/* SPDX-License-Identifier: MIT */
/* connection.c: what a talk hears of its client: openings, messages, ends and what follows them. */
#include <stdio.h>
#include <stdlib.h>

#include "connect/clock.h"
#include "connect/interrupt.h"
#include "connect/record.h"
#include "connect/report.h"
#include "connect/talk_inside.h"
#include "connect/verbose.h"

/* --- While it is open --- */

static void on_open(struct nv_conn *conn)
{
	struct nv_talk *talk = nv_conn_user(conn);
	bool first = talk->opened_ms == 0;

	if (talk->options->verbose) {
		nv_verbose_open(conn);
		nv_verbose_timing(talk->client);
	}
	if (!first) {
		nv_report("connected again");
		return;
	}
	talk->opened_ms = nv_clock_ms();
	nv_record_opened(talk->record);
	nv_talk_say(talk, "Connecté ! Tapez vos messages (ou \"quit\" pour quitter) :");
	if (talk->source->ops->opened)
		talk->source->ops->opened(talk->source);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_talk *talk = nv_conn_user(conn);

	if (nv_talk_is_answered(talk))
		return;
	talk->received++;
	nv_record_message(talk->record, false, opcode, message);
	nv_output_message(&talk->output, opcode, message);
	if (nv_talk_is_answered(talk))
		nv_talk_leave(talk);
}

static void on_pong(struct nv_conn *conn, struct nv_bytes data)
{
	struct nv_talk *talk = nv_conn_user(conn);
	const struct nv_source_ops *ops = talk->source->ops;

	if (!nv_leaving_pong(&talk->leaving, data) && ops->pong)
		ops->pong(talk->source, data);
}

/* --- Its end --- */

/* What the server sends back of a Close that was typed is what was asked for. */
static bool is_echo(const struct nv_talk *talk, const struct nv_close *close)
{
	return talk->own_status && close->clean && close->status == talk->own_status;
}

static void judge_close(struct nv_talk *talk, const struct nv_close *close)
{
	bool ours = talk->leaving.stage >= NV_ASKING;

	nv_output_flush(&talk->output);
	if (nv_talk_is_answered(talk) || is_echo(talk, close))
		talk->verdict = NV_VERDICT_NORMAL;
	else
		talk->verdict = nv_verdict_of_close(close, ours, talk->source->typed);
}

static void judge_failure(struct nv_talk *talk, const struct nv_failure *failure)
{
	talk->verdict = nv_verdict_of_failure(&talk->target, failure);
	if (talk->options->verbose)
		nv_verbose_timing(talk->client);
}

/* The library asks on_retry about every end but that of a client that was closed. */
static bool will_be_asked(const struct nv_talk *talk)
{
	return talk->options->client.reconnect && talk->leaving.stage != NV_CLOSING;
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct nv_talk *talk = nv_conn_user(conn);

	if (!will_be_asked(talk))
		judge_close(talk, close);
}

static void on_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	struct nv_talk *talk = user;

	(void)client;
	if (!will_be_asked(talk))
		judge_failure(talk, failure);
}

static void try_again(struct nv_talk *talk, const struct nv_retry *retry)
{
	const struct nv_source_ops *ops = talk->source->ops;

	nv_leaving_again(&talk->leaving);
	nv_verdict_again(&talk->target, retry);
	if (talk->opened_ms == 0 && ops->delayed)
		ops->delayed(talk->source);
}

static void on_retry(struct nv_client *client, void *user, struct nv_retry *retry)
{
	struct nv_talk *talk = user;

	(void)client;
	if (!talk->options->client.reconnect)
		return;
	if (retry->again && nv_talk_is_done(talk)) {
		retry->again = false;
		talk->verdict = NV_VERDICT_NORMAL;
		return;
	}
	if (nv_talk_is_answered(talk))
		retry->again = false;
	if (retry->again)
		try_again(talk, retry);
	else if (retry->close)
		judge_close(talk, retry->close);
	else
		judge_failure(talk, retry->failure);
}

/* Every try begins at the URL of the command line. */
static void forget_redirect(struct nv_talk *talk)
{
	free(talk->target_text);
	talk->target_text = NULL;
	talk->target = talk->options->url;
}

static void on_state(struct nv_client *client, void *user, enum nv_client_state state)
{
	struct nv_talk *talk = user;

	(void)client;
	if (state == NV_CLIENT_CONNECTING)
		forget_redirect(talk);
	talk->over = talk->over || state >= NV_CLIENT_CLOSING;
}

static void follow_redirect(struct nv_talk *talk, struct nv_bytes url)
{
	char *text = strndup((const char *)url.data, url.len);

	forget_redirect(talk);
	if (!text)
		return;
	if (nv_url_parse(text, &talk->target, NULL) == 0) {
		talk->target_text = text;
		return;
	}
	talk->target = talk->options->url;
	free(text);
}

static void on_trace(struct nv_client *client, void *user, enum nv_trace what, struct nv_bytes text)
{
	struct nv_talk *talk = user;

	(void)client;
	if (what == NV_TRACE_REDIRECT)
		follow_redirect(talk, text);
	if (talk->options->verbose)
		nv_verbose_trace(what, text);
}

/* --- The client --- */

static struct nv_client_options client_options(struct nv_talk *talk)
{
	struct nv_client_options options = talk->options->client;

	options.user = talk;
	options.on_fail = on_fail;
	options.on_retry = on_retry;
	options.on_state = on_state;
	options.on_trace = on_trace;
	/* How much waits is has_room's business. */
	options.max_waiting = NV_OFF;
	options.max_waiting_bytes = NV_OFF;
	options.delivery = options.reconnect ? NV_CONFIRMED : NV_AT_MOST_ONCE;
	return options;
}

int nv_talk_connect(struct nv_talk *talk)
{
	static const struct nv_handlers handlers = {
		.on_open = on_open,
		.on_message = on_message,
		.on_pong = on_pong,
		.on_close = on_close,
	};
	const struct nv_client_options options = client_options(talk);

	nv_interrupt_catch(talk->loop);
	nv_talk_say(talk, "Connexion au serveur...");
	talk->client = nv_client_new(talk->loop, talk->options->text, &handlers, &options);
	return talk->client ? 0 : NV_ERR_NOMEM;
}
