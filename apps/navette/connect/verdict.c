/* SPDX-License-Identifier: MIT */
/* verdict.c: turns what the library says about an end into an exit code and a sentence. */
#include "connect/verdict.h"

#include "connect/report.h"

#define LEN(bytes) (int)(bytes).len, (const char *)(bytes).data

/* --- It never opened --- */

static enum nv_verdict judge_url(const struct nv_failure *failure)
{
	if (failure->error == NV_ERR_UNSUPPORTED) {
		nv_report("wss:// needs TLS, which this build does not have yet: use ws://");
		return NV_VERDICT_TLS;
	}
	nv_report("%s", failure->text);
	return NV_VERDICT_USAGE;
}

static enum nv_verdict judge_name(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("host %.*s not found (%s): is the name right, and the network up?",
	          LEN(url->host), failure->text);
	return NV_VERDICT_NAME;
}

static enum nv_verdict judge_tcp(const struct nv_url *url, const struct nv_failure *failure)
{
	switch (failure->error) {
	case NV_ERR_REFUSED:
		nv_report("connection to %.*s port %u refused: is the server running there? "
		          "(navette serve, which listens on port 8080)",
		          LEN(url->host), url->port);
		break;
	case NV_ERR_TIMEOUT:
		nv_report("no answer from %.*s port %u: is a firewall in between? "
		          "(--connect-timeout waits longer)",
		          LEN(url->host), url->port);
		break;
	case NV_ERR_UNREACHABLE:
		nv_report(
			"%.*s port %u cannot be reached: is the address right, and the network up?",
			LEN(url->host), url->port);
		break;
	default:
		nv_report("connection to %.*s port %u failed: %s", LEN(url->host), url->port,
		          failure->text);
	}
	return NV_VERDICT_TCP;
}

static const char *advice_for_http(int status)
{
	static const struct {
		int status;
		const char *text;
	} advice[] = {
		{ 200, ": it took this for a plain HTTP request, is the path right?" },
		{ 401, ": it wants credentials (-H 'Authorization: ...')" },
		{ 403, ": does it want credentials, or another --origin?" },
		{ 404, ": is the path right? (navette serve has /ws and /chat, with --echo /)" },
		{ 405, ": is the path right?" },
		{ 426, ": it wants another version of the protocol" },
		{ 429, ": try again later" },
		{ 502, ": this is a proxy, and the server behind it does not answer" },
		{ 503, ": try again later" },
		{ 504, ": this is a proxy, and the server behind it does not answer" },
	};

	for (size_t i = 0; i < sizeof advice / sizeof *advice; i++) {
		if (advice[i].status == status)
			return advice[i].text;
	}
	return status >= 300 && status < 400 ? ": the URL is another one now" : "";
}

static enum nv_verdict judge_refusal(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("%.*s port %u refused the upgrade, %s%s", LEN(url->host), url->port,
	          failure->text, advice_for_http(failure->status));
	nv_report_quote(failure->body);
	return NV_VERDICT_REFUSED;
}

static enum nv_verdict judge_handshake(const struct nv_url *url, const struct nv_failure *failure)
{
	if (failure->status >= 200)
		return judge_refusal(url, failure);
	if (failure->error == NV_ERR_TIMEOUT)
		nv_report("%.*s port %u accepted the connection and then did not answer: "
		          "is it a WebSocket server?",
		          LEN(url->host), url->port);
	else
		nv_report("%.*s port %u gave no valid WebSocket handshake (%s): "
		          "is it a WebSocket server?",
		          LEN(url->host), url->port, failure->text);
	return NV_VERDICT_HANDSHAKE;
}

static bool is_local(int error)
{
	return error == NV_ERR_NOMEM || error == NV_ERR_LIMIT || error == NV_ERR_SYSTEM ||
	       error == NV_ERR_PERMISSION;
}

static enum nv_verdict judge_local(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("no connection to %.*s port %u: %s", LEN(url->host), url->port, failure->text);
	return NV_VERDICT_LOCAL;
}

enum nv_verdict nv_verdict_of_failure(const struct nv_url *url, const struct nv_failure *failure)
{
	if (is_local(failure->error))
		return judge_local(url, failure);
	if (failure->error == NV_ERR_INVALID)
		return judge_url(failure);
	switch (failure->stage) {
	case NV_STAGE_URL:
		return judge_url(failure);
	case NV_STAGE_RESOLVE:
		return judge_name(url, failure);
	case NV_STAGE_CONNECT:
		return judge_tcp(url, failure);
	case NV_STAGE_HANDSHAKE:
		return judge_handshake(url, failure);
	}
	return NV_VERDICT_LOCAL;
}

/* --- It was open --- */

/* RFC 6455 7.4.1 and the IANA registry, in its words. */
static const char *name_of_status(uint16_t status)
{
	static const char *const names[] = {
		"normal closure",   "going away",      "protocol error",    "unsupported data",
		"reserved",         "no status given", "abnormal closure",  "invalid data",
		"policy violation", "message too big", "missing extension", "internal error",
		"service restart",  "try again later", "bad gateway",       "TLS handshake",
	};

	if (status >= 1000 && status < 1000 + sizeof names / sizeof *names)
		return names[status - 1000];
	if (status >= 3000 && status < 4000)
		return "registered by a library or framework";
	return status >= 4000 && status < 5000 ? "private to the application" : "unknown";
}

static void report_close(const struct nv_close *close)
{
	if (close->cause == NV_CAUSE_CLOSED)
		nv_report("closed by the server: %u (%s)", close->status,
		          name_of_status(close->status));
	else
		nv_report("the connection broke: %u (%s), %s%s%s", close->status,
		          name_of_status(close->status), nv_cause_text(close->cause),
		          close->detail ? ": " : "", close->detail ? close->detail : "");
	if (close->cause == NV_CAUSE_CLOSED)
		nv_report_quote(close->reason);
}

/* 1001 beside a Close of ours: both sides were leaving. */
static bool is_normal(const struct nv_close *close, bool ours)
{
	if (!close->clean || close->cause != NV_CAUSE_CLOSED)
		return false;
	return close->status == NV_STATUS_NORMAL || close->status == NV_STATUS_NONE ||
	       (close->status == NV_STATUS_GOING_AWAY && ours);
}

enum nv_verdict nv_verdict_of_close(const struct nv_close *close, bool ours, bool talkative)
{
	bool normal = is_normal(close, ours);

	if (!normal || (talkative && !ours))
		report_close(close);
	return normal ? NV_VERDICT_NORMAL : NV_VERDICT_BROKEN;
}
