/* SPDX-License-Identifier: MIT */
/* client_redirect.c: follows a redirect, if it may: each hop is a try of its own, with deadlines of its own. */
#include <stdio.h>

#include "proto/redirect.h"
#include "ws/client_try.h"

#define URL_ROOM 16384u

static void fail(struct nv_try *attempt, const char *problem)
{
	char text[256];

	snprintf(text, sizeof text, "the server's redirect is not followed: %s", problem);
	nv_try_fail(attempt, &(struct nv_failure){
				     .stage = NV_STAGE_HANDSHAKE,
				     .error = NV_ERR_PROTOCOL,
				     .status = nv_answer_status(&attempt->answer),
				     .text = text,
				     .head = attempt->answer.head,
			     });
}

/* Secrets that were kept from one host are not told to the next either, whoever that is. */
static bool is_stripped(const struct nv_try *attempt, const char *url)
{
	struct nv_url to;

	return attempt->stripped || nv_url_parse(url, &to, NULL) < 0 ||
	       !nv_redirect_keeps_secrets(&attempt->url, &to);
}

static void go(struct nv_try *attempt, const char *url)
{
	bool stripped = is_stripped(attempt, url);

	if (!nv_try_trace(attempt, NV_TRACE_REDIRECT, nv_str(url)))
		return;
	nv_try_leave(attempt);
	nv_try_start(nv_client_of_try(attempt), url, attempt, stripped);
}

bool nv_try_follow(struct nv_try *attempt)
{
	struct nv_bytes location = nv_head_field(attempt->answer.head, "Location");
	char url[URL_ROOM];
	const char *problem = NULL;

	if (!nv_redirect_is(nv_answer_status(&attempt->answer)) || !location.data ||
	    attempt->hops >= nv_client_of_try(attempt)->options.max_redirects)
		return false;
	if (nv_redirect_resolve(&attempt->url, location, url, sizeof url, &problem) < 0)
		fail(attempt, problem);
	else
		go(attempt, url);
	return true;
}
