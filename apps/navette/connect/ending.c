/* SPDX-License-Identifier: MIT */
/* ending.c: when a talk leaves, and what has become of everything then. */
#include <errno.h>
#include <stdio.h>

#include "connect/clock.h"
#include "connect/interrupt.h"
#include "connect/report.h"
#include "connect/talk_inside.h"

void nv_talk_leave(struct nv_talk *talk)
{
	if (!nv_talk_is_staying(talk))
		return;
	talk->leaving.stage = NV_LEAVING;
	nv_talk_say(talk, "Déconnexion...");
}

/* --- The rule of the end ---
 *
 * The end of the input and --wait after it; later if it was not open yet. With --once or --count the
 * messages decide, unless --wait says how long they are waited for. */

static uint64_t end_of_wait(const struct nv_talk *talk)
{
	uint64_t since =
		talk->input_ended_ms > talk->opened_ms ? talk->input_ended_ms : talk->opened_ms;

	if (!talk->options->waits || talk->input_ended_ms == 0 || talk->opened_ms == 0)
		return UINT64_MAX;
	return since + talk->options->wait_ms;
}

uint64_t nv_talk_time_to_leave(const struct nv_talk *talk)
{
	if (!nv_talk_is_staying(talk))
		return nv_client_conn(talk->client) ? UINT64_MAX : end_of_wait(talk);
	if (talk->options->waits || talk->options->count > 0)
		return end_of_wait(talk);
	return talk->input_ended_ms > 0 && talk->opened_ms > 0 ? 0 : UINT64_MAX;
}

/* A person who leaves does not wait for a server to come back. A program's messages do, unless --wait
 * says for how long. */
bool nv_talk_is_done(const struct nv_talk *talk)
{
	struct nv_account account;

	if (nv_talk_is_staying(talk) || talk->leaving.stage == NV_CLOSING)
		return false;
	if (talk->source->typed)
		return true;
	if (!talk->options->client.reconnect)
		return false;
	nv_client_account(talk->client, &account);
	return talk->output.error || nv_clock_ms() >= end_of_wait(talk) ||
	       (account.waiting == 0 && account.uncertain == 0);
}

static bool wants_to_leave(const struct nv_talk *talk, bool connected)
{
	bool left_by_hand = talk->source->typed && talk->input_ended_ms > 0;

	return talk->output.error || (left_by_hand && !connected) ||
	       nv_clock_ms() >= nv_talk_time_to_leave(talk);
}

static void end_unconnected(struct nv_talk *talk, bool interrupted)
{
	if (talk->over || (!interrupted && !nv_talk_is_done(talk)))
		return;
	talk->over = true;
	talk->verdict = interrupted ? NV_VERDICT_INTERRUPTED : NV_VERDICT_NORMAL;
}

void nv_talk_leave_in_time(struct nv_talk *talk)
{
	bool connected = nv_client_conn(talk->client) != NULL;
	bool interrupted = nv_interrupt_seen();

	if (wants_to_leave(talk, connected))
		nv_talk_leave(talk);
	if (connected && interrupted && nv_talk_is_staying(talk)) {
		talk->given_up = true;
		nv_talk_leave(talk);
	}
	if (!connected)
		end_unconnected(talk, interrupted);
	nv_leaving_turn(&talk->leaving, talk->client, interrupted || nv_talk_is_answered(talk));
}

/* --- The end --- */

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* What was read and not offered, or not taken. What follows a "quit" is nobody's loss. */
static bool has_rest(struct nv_talk *talk)
{
	struct nv_source *source = talk->source;
	struct nv_offer offer;

	return (nv_talk_is_staying(talk) || talk->given_up) &&
	       (source->holds || source->ops->offer(source, &offer));
}

/* An interrupt gives the rest of the input up on purpose, but not what the server never read. Of what
 * was queued when the end came nobody knows how many messages it was. */
static bool report_unsent(struct nv_talk *talk, const struct nv_account *account)
{
	bool on_purpose = talk->given_up && talk->verdict == NV_VERDICT_NORMAL;
	bool cut = talk->queued > 0 && !on_purpose;
	unsigned long long count = account->waiting + account->dropped + (cut ? 1 : 0);
	const char *rest = has_rest(talk) && !on_purpose ? "the rest of the input" : "";

	if (count == 0 && !*rest)
		return false;
	if (count == 0)
		nv_report("ended before all of the input was sent; missing: %s", rest);
	else
		nv_report("ended before all of the input was sent; missing: %s%llu message%s%s%s",
		          cut ? "at least " : "", count, plural(count), *rest ? " and " : "", rest);
	return true;
}

static bool report_uncertain(const struct nv_account *account)
{
	if (account->uncertain == 0)
		return false;
	nv_report(
		"%llu message%s went into a connection that broke: the server has read %s, or not",
		(unsigned long long)account->uncertain, plural(account->uncertain),
		account->uncertain == 1 ? "it" : "them");
	return true;
}

static void judge_account(struct nv_talk *talk)
{
	struct nv_account account;
	bool lost;

	nv_client_account(talk->client, &account);
	if (talk->opened_ms == 0 && account.taken == 0)
		return;
	lost = report_unsent(talk, &account);
	lost = report_uncertain(&account) || lost;
	if (lost && talk->verdict == NV_VERDICT_NORMAL)
		talk->verdict = NV_VERDICT_BROKEN;
}

static void judge_count(struct nv_talk *talk)
{
	const struct nv_connect_options *options = talk->options;

	if (talk->verdict != NV_VERDICT_NORMAL || options->count == 0 || nv_talk_is_answered(talk))
		return;
	if (options->count == 1)
		nv_report("closed before a message came");
	else
		nv_report("closed after %llu message%s, and not %llu",
		          (unsigned long long)talk->received, plural(talk->received),
		          (unsigned long long)options->count);
	talk->verdict = NV_VERDICT_BROKEN;
}

/* A normal end is one only if nothing was lost on the way. A reader that has gone loses nothing: it
 * has seen enough. */
int nv_talk_exit_code(struct nv_talk *talk)
{
	if (talk->output.error && talk->output.error != EPIPE) {
		nv_report("standard output: %s", strerror(talk->output.error));
		return NV_VERDICT_LOCAL;
	}
	if (!nv_talk_is_answered(talk)) {
		judge_account(talk);
		judge_count(talk);
	}
	if (talk->verdict == NV_VERDICT_NORMAL && (talk->lost_input || talk->source->lost))
		return NV_VERDICT_LOCAL;
	return (int)talk->verdict;
}
