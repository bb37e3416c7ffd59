/* SPDX-License-Identifier: MIT */
/* url_argument.c: what is wrong with a URL, and a better one. */
#include "connect/url_argument.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "connect/report.h"
#include "connect/verdict.h"
#include "text/escape.h"
#include "usage.h"

/* What stands between "://" and the path; the whole text when there is no scheme. */
static struct nv_bytes authority_of(const char *text)
{
	const char *scheme_end = strstr(text, "://");
	const char *start = scheme_end ? scheme_end + 3 : text;

	return (struct nv_bytes){ (const uint8_t *)start, strcspn(start, "/?#") };
}

/* What may be a password reaches to the last '@'. */
bool nv_url_hide_user(char *text)
{
	char *scheme_end = strstr(text, "://");
	char *user = scheme_end ? scheme_end + 3 : text;
	char *end = strrchr(user, '@');
	size_t shown;

	if (!end)
		return false;
	shown = end - user < 3 ? (size_t)(end - user) : 3;
	memset(user, '*', shown);
	memmove(user + shown, end, strlen(end) + 1);
	return true;
}

int nv_url_suggest(const char *problem, const char *scheme, const char *rest)
{
	fprintf(stderr, "%s: the URL %s; try '%s", nv_report_command(), problem, scheme);
	nv_escape(stderr, nv_str(rest));
	fputs("'\n", stderr);
	return NV_USAGE_CODE;
}

static bool is_ascii(struct nv_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] >= 0x80)
			return false;
	}
	return true;
}

static const char *scheme_for(const char *text)
{
	return *text == ':' || *text == '/' ? "ws://localhost" : "ws://";
}

static int refuse_whole(const char *text, const char *problem)
{
	return nv_usage_refuse(nv_report_command(), text, "%s:", problem);
}

static int refuse_user(char *text, const char *problem)
{
	bool at_host =
		strstr(text, "://") && memchr(authority_of(text).data, '@', authority_of(text).len);

	(void)nv_url_hide_user(text);
	return refuse_whole(text, at_host ? "user and password go into --user NAME:PASSWORD, "
	                                    "not into the URL"
	                                  : problem);
}

static int refuse(char *text, const char *problem)
{
	const char *rest = strstr(text, "://");

	if (strchr(text, '@'))
		return refuse_user(text, problem);
	if (!*text)
		return nv_url_suggest("is empty", "ws://", "localhost:8080/ws");
	if (!rest)
		return nv_url_suggest("has no scheme", scheme_for(text), text);
	if (strncasecmp(text, "https:", 6) == 0)
		return nv_url_suggest("is not one of a WebSocket", "wss", rest);
	if (strncasecmp(text, "http:", 5) == 0)
		return nv_url_suggest("is not one of a WebSocket", "ws", rest);
	if (!is_ascii(authority_of(text)))
		return refuse_whole(text, "a host name outside ASCII is written in Punycode, "
		                          "xn--...");
	return refuse_whole(text, problem);
}

/* As browsers do (URL Standard, percent-encode): a path and a query in any language are meant as UTF-8. NULL
 * without memory. */
static char *encode(const char *text)
{
	struct nv_bytes authority = authority_of(text);
	const uint8_t *from = authority.data + authority.len;
	size_t kept = (size_t)((const char *)from - text);
	char *sent = malloc(kept + 3 * strlen((const char *)from) + 1);
	char *to;

	if (!sent)
		return NULL;
	memcpy(sent, text, kept);
	for (to = sent + kept; *from; from++) {
		if (*from < 0x80)
			*to++ = (char)*from;
		else
			to += snprintf(to, 4, "%%%02X", *from);
	}
	*to = '\0';
	return sent;
}

int nv_url_argument(char *text, char **sent, struct nv_url *url)
{
	const char *problem;

	*sent = encode(text);
	if (!*sent) {
		nv_report("out of memory");
		return NV_VERDICT_LOCAL;
	}
	return nv_url_parse(*sent, url, &problem) < 0 ? refuse(text, problem) : 0;
}
