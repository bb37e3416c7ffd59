/* SPDX-License-Identifier: MIT */
/* talk.c: one run of navette connect or replay.
 *
 * One thread: poll(2) waits for the source and for the library's loop. A source is read only while the
 * queue of what is to be sent has room, so a server that reads slowly slows the input down and
 * nothing is lost. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "connect/clock.h"
#include "connect/guard.h"
#include "connect/interrupt.h"
#include "connect/record.h"
#include "connect/report.h"
#include "connect/talk_inside.h"

void nv_talk_say(const struct nv_talk *talk, const char *line)
{
	if (talk->source->typed)
		nv_report_plain("%s", line);
}

bool nv_talk_is_answered(const struct nv_talk *talk)
{
	return talk->options->count > 0 && talk->received >= talk->options->count;
}

bool nv_talk_is_staying(const struct nv_talk *talk)
{
	return talk->leaving.stage == NV_STAYING;
}

static uint64_t source_due(const struct nv_talk *talk)
{
	const struct nv_source *source = talk->source;

	if (!source->ops->due || !nv_talk_has_room(talk))
		return UINT64_MAX;
	return source->ops->due(source);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int timeout_ms(const struct nv_talk *talk)
{
	int timeout = nv_loop_timeout_ms(talk->loop);
	uint64_t now = nv_clock_ms();
	uint64_t due = least(least(source_due(talk), nv_talk_time_to_leave(talk)),
	                     nv_leaving_due(&talk->leaving));
	uint64_t left = due > now ? due - now : 0;

	if (due == UINT64_MAX || left > INT_MAX || (timeout >= 0 && (uint64_t)timeout < left))
		return timeout;
	return (int)left;
}

static bool can_send(const struct nv_talk *talk)
{
	struct nv_offer offer;

	return nv_talk_has_room(talk) && talk->source->ops->offer(talk->source, &offer);
}

/* Waits, and reads once what there is. */
static void wait_and_read(struct nv_talk *talk)
{
	struct nv_source *source = talk->source;
	bool ready = can_send(talk);
	bool reading = !source->ended && ((source->eager && nv_talk_is_staying(talk)) ||
	                                  (!ready && nv_talk_has_room(talk)));
	struct pollfd fds[] = {
		{ .fd = nv_loop_fd(talk->loop), .events = POLLIN },
		{ .fd = reading ? source->fd : -1, .events = POLLIN },
		/* A pipe that nobody reads any more says so here. */
		{ .fd = talk->output.error ? -1 : STDOUT_FILENO, .events = 0 },
	};

	if (poll(fds, sizeof fds / sizeof *fds, ready ? 0 : timeout_ms(talk)) <= 0)
		return;
	if (fds[1].revents)
		source->ops->read(source);
	if (fds[2].revents)
		talk->output.error = EPIPE;
}

/* What is queued when the server's Close comes, or when an interrupt did, may go nowhere. */
static size_t queued_now(const struct nv_talk *talk)
{
	const struct nv_conn *conn = nv_client_conn(talk->client);
	size_t unsent = conn ? nv_conn_unsent(conn) : 0;

	if (talk->given_up)
		return unsent < talk->queued ? unsent : talk->queued;
	return talk->leaving.stage < NV_ASKING ? unsent : 0;
}

static void turn(struct nv_talk *talk)
{
	if (talk->source->ops->attend)
		talk->source->ops->attend(talk->source);
	wait_and_read(talk);
	nv_talk_send_offers(talk);
	talk->queued = queued_now(talk);
	if (nv_loop_run_once(talk->loop, 0) < 0) {
		nv_report("%s", nv_strerror(NV_ERR_SYSTEM));
		talk->verdict = NV_VERDICT_LOCAL;
		talk->over = true;
	}
	nv_output_flush(&talk->output);
	nv_record_flush(talk->record);
	nv_talk_leave_in_time(talk);
	nv_guard_show();
}

static int run(struct nv_talk *talk)
{
	int code;

	talk->loop = nv_loop_new();
	if (!talk->loop || nv_talk_connect(talk) < 0) {
		nv_report("no memory or no descriptors");
		return NV_VERDICT_LOCAL;
	}
	while (!talk->over)
		turn(talk);
	code = nv_talk_exit_code(talk);
	nv_leaving_linger(talk->client);
	return code;
}

static int close_record(struct nv_talk *talk, int code)
{
	bool whole = nv_record_close(talk->record);

	return whole || code != NV_VERDICT_NORMAL ? code : NV_VERDICT_LOCAL;
}

int nv_talk_run(const struct nv_connect_options *options, struct nv_source *source)
{
	struct nv_talk talk = {
		.options = options,
		.source = source,
		.target = options->url,
		.leaving.patience_ms = options->client.close_timeout_ms,
		.verdict = NV_VERDICT_LOCAL,
	};
	int code;

	if (options->record && !(talk.record = nv_record_open(options->record))) {
		nv_report("%s: %s", options->record, strerror(errno));
		return NV_VERDICT_LOCAL;
	}
	source->talk = &talk;
	nv_output_init(&talk.output, stdout, options);
	code = run(&talk);
	nv_interrupt_release();
	nv_client_free(talk.client);
	nv_loop_free(talk.loop);
	free(talk.target_text);
	source->talk = NULL;
	return close_record(&talk, code);
}
