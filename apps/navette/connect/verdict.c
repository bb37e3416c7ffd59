/* SPDX-License-Identifier: MIT */
/* verdict.c: turns what the library says about an end into an exit code and a sentence. */
#include "connect/verdict.h"

#include "connect/report.h"
#include "connect/tls_advice.h"
#include "connect/topic.h"

#define LEN(bytes) (int)(bytes).len, (const char *)(bytes).data

static void point_to(enum nv_guide part)
{
	if (part != NV_GUIDE_NONE)
		nv_report("see %s", nv_guide_place(part));
}

/* --- It never opened --- */

/* What the head of a refusal says about the way out. */
static void tell_fields(const struct nv_head *head)
{
	static const struct {
		const char *name;
		const char *prefix;
	} fields[] = {
		{ "Location", "    Location: " },
		{ "WWW-Authenticate", "    WWW-Authenticate: " },
		{ "Proxy-Authenticate", "    Proxy-Authenticate: " },
		{ "Retry-After", "    Retry-After: " },
		{ "Sec-WebSocket-Version", "    Sec-WebSocket-Version: " },
	};

	for (size_t i = 0; head && i < sizeof fields / sizeof *fields; i++)
		nv_report_lines(fields[i].prefix, nv_head_field(head, fields[i].name));
}

static enum nv_verdict judge_url(const struct nv_failure *failure)
{
	nv_report("%s", failure->text);
	return NV_VERDICT_USAGE;
}

static enum nv_verdict judge_proxy_url(const struct nv_failure *failure)
{
	nv_report("the proxy's URL, of --proxy or the environment, is no good: %s", failure->text);
	return NV_VERDICT_USAGE;
}

static const char *advice_for_proxy(const struct nv_failure *failure)
{
	if (failure->status == 407)
		return ": give it credentials (--proxy http://NAME:PASSWORD@HOST:PORT)";
	if (failure->stage != NV_STAGE_PROXY || failure->status == 0)
		return ": is --proxy right, or http_proxy, https_proxy and all_proxy in the "
		       "environment? (--proxy '' goes without)";
	if (failure->status == 502 || failure->status == 503 || failure->status == 504)
		return ": it cannot reach the server";
	return ": does it let you go there? (--proxy '' goes without)";
}

static enum nv_verdict judge_proxy(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("no way to %.*s port %u through the proxy: %s%s", LEN(url->host), url->port,
	          failure->text, advice_for_proxy(failure));
	tell_fields(failure->head);
	nv_report_quote(failure->body);
	return NV_VERDICT_PROXY;
}

/* It begins with the host, which we name ourselves. */
static const char *why_not_found(const struct nv_url *url, const struct nv_failure *failure)
{
	const char *text = failure->text;
	size_t len = url->host.len;

	if (strlen(text) <= len + 2 || memcmp(text, url->host.data, len) != 0 ||
	    memcmp(text + len, ": ", 2) != 0)
		return text;
	return text + len + 2;
}

static enum nv_verdict judge_name(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("host %.*s not found (%s): is the name right, and the network up?",
	          LEN(url->host), why_not_found(url, failure));
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

/* The text of the library begins with the host, or with the file of ours that is no good. */
static enum nv_verdict judge_tls(const struct nv_failure *failure)
{
	if (failure->error == NV_ERR_INVALID) {
		nv_report("%s", failure->text);
		return NV_VERDICT_LOCAL;
	}
	nv_report("%s %s%s", failure->error == NV_ERR_CERTIFICATE ? "no trust in" : "no TLS with",
	          failure->text, nv_tls_advice(failure->text)->text);
	return NV_VERDICT_TLS;
}

/* One that the library would not follow says why. */
static const char *advice_for_redirect(const struct nv_failure *failure)
{
	if (strstr(failure->text, "is not followed"))
		return "";
	return ": the URL is another one now (--location goes there, --max-redirs further)";
}

static const char *advice_for_http(const struct nv_url *url, const struct nv_failure *failure)
{
	static const struct {
		int status;
		const char *text;
	} advice[] = {
		{ 200, ": it took this for a plain HTTP request, is the path right?" },
		{ 401, ": it wants credentials (--user NAME:PASSWORD, or "
		       "-H 'Authorization: ...')" },
		{ 403, ": does it want credentials, or another --origin?" },
		{ 404, ": is the path right? (navette serve has /ws and /chat, with --echo /)" },
		{ 405, ": is the path right?" },
		{ 426, ": did a proxy drop the Upgrade header, or does it want another version of "
		       "the protocol?" },
		{ 429, ": try again later" },
		{ 502, ": this is a proxy, and the server behind it does not answer" },
		{ 503, ": try again later" },
		{ 504, ": this is a proxy, and the server behind it does not answer" },
	};
	int status = failure->status;

	for (size_t i = 0; i < sizeof advice / sizeof *advice; i++) {
		if (advice[i].status == status)
			return advice[i].text;
	}
	if (status == 400 && !url->secure)
		return ": does it want TLS (wss://), or did a proxy drop a header?";
	return status >= 300 && status < 400 ? advice_for_redirect(failure) : "";
}

static enum nv_verdict judge_refusal(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("%.*s port %u refused the upgrade, %s%s", LEN(url->host), url->port,
	          failure->text, advice_for_http(url, failure));
	tell_fields(failure->head);
	nv_report_quote(failure->body);
	return NV_VERDICT_REFUSED;
}

static enum nv_verdict judge_handshake(const struct nv_url *url, const struct nv_failure *failure)
{
	const char *tls = url->secure ? "" : " (with TLS: wss://)";

	if (failure->status >= 200)
		return judge_refusal(url, failure);
	if (failure->error == NV_ERR_TIMEOUT)
		nv_report("%.*s port %u accepted the connection and then did not answer: "
		          "is it a WebSocket server?%s",
		          LEN(url->host), url->port, tls);
	else
		nv_report("%.*s port %u gave no valid WebSocket handshake (%s): "
		          "is it a WebSocket server?%s",
		          LEN(url->host), url->port, failure->text, tls);
	return NV_VERDICT_HANDSHAKE;
}

/* A proxy that gives no permission is none of this machine's matters. */
static bool is_local(const struct nv_failure *failure)
{
	int error = failure->error;

	if (error == NV_ERR_PERMISSION)
		return failure->stage != NV_STAGE_PROXY;
	return error == NV_ERR_NOMEM || error == NV_ERR_LIMIT || error == NV_ERR_SYSTEM;
}

static enum nv_verdict judge_local(const struct nv_url *url, const struct nv_failure *failure)
{
	nv_report("no connection to %.*s port %u: %s", LEN(url->host), url->port, failure->text);
	return NV_VERDICT_LOCAL;
}

static enum nv_verdict judge(const struct nv_url *url, const struct nv_failure *failure)
{
	if (is_local(failure))
		return judge_local(url, failure);
	if (failure->error == NV_ERR_INVALID && failure->stage == NV_STAGE_PROXY &&
	    failure->status == 0)
		return judge_proxy_url(failure);
	if (failure->error == NV_ERR_INVALID && failure->stage != NV_STAGE_TLS &&
	    failure->status == 0)
		return judge_url(failure);
	if (failure->proxy)
		return judge_proxy(url, failure);
	switch (failure->stage) {
	case NV_STAGE_URL:
		return judge_url(failure);
	case NV_STAGE_RESOLVE:
		return judge_name(url, failure);
	case NV_STAGE_PROXY: /* dealt with above */
	case NV_STAGE_CONNECT:
		return judge_tcp(url, failure);
	case NV_STAGE_TLS:
		return judge_tls(failure);
	case NV_STAGE_HANDSHAKE:
		return judge_handshake(url, failure);
	}
	return NV_VERDICT_LOCAL;
}

enum nv_verdict nv_verdict_of_failure(const struct nv_url *url, const struct nv_failure *failure)
{
	enum nv_verdict verdict = judge(url, failure);

	point_to(nv_topic_of_failure(verdict, failure));
	return verdict;
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
	if (!normal)
		point_to(nv_topic_of_close(close));
	return normal ? NV_VERDICT_NORMAL : NV_VERDICT_BROKEN;
}

/* --- It will be tried again --- */

static void tell_try(const struct nv_url *url, const struct nv_failure *failure, double seconds)
{
	if (failure->stage == NV_STAGE_RESOLVE && !failure->proxy)
		nv_report("host %.*s not found (%s), trying again in %.1f s", LEN(url->host),
		          failure->text, seconds);
	else
		nv_report("no connection (%s), trying again in %.1f s", failure->text, seconds);
}

/* The first try in a row is told with all that it says about the way out. */
void nv_verdict_again(const struct nv_url *url, const struct nv_retry *retry)
{
	const struct nv_close *close = retry->close;
	double seconds = retry->delay_ms / 1000.0;

	if (close) {
		nv_report("lost (%u %s, %s), trying again in %.1f s", close->status,
		          name_of_status(close->status), nv_cause_text(close->cause), seconds);
	} else if (retry->tries <= 1) {
		(void)nv_verdict_of_failure(url, retry->failure);
		nv_report("trying again in %.1f s", seconds);
	} else {
		tell_try(url, retry->failure, seconds);
	}
}
