/* SPDX-License-Identifier: MIT */
/* fuzz_url.c: URLs there and back, and the values in a query. Input: the name of a value, a zero, the
 * URL or query. */
#include <navette/handshake.h>
#include <stdio.h>

#include "input.h"

static bool same(struct nv_bytes a, struct nv_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* What host and target say is the URL that they came from. */
static void there_and_back(const struct nv_url *url, size_t room)
{
	char *host = malloc(room);
	char *target = malloc(room);
	char *text = malloc(3 * room);
	struct nv_url again;

	must(nv_url_host(url, host, room) == (int)strlen(host));
	must(nv_url_target(url, target, room) == (int)strlen(target));
	must(nv_url_host(url, host, strlen(host)) == NV_ERR_TOO_BIG);
	must(nv_url_host(url, host, room) > 0);
	snprintf(text, 3 * room, "%s://%s%s", url->secure ? "wss" : "ws", host, target);
	must(nv_url_parse(text, &again, NULL) == 0);
	must(again.secure == url->secure && again.literal_v6 == url->literal_v6);
	must(again.port == url->port && same(again.host, url->host));
	must(same(again.query, url->query) && !again.query.data == !url->query.data);
	must(same(again.path, url->path.len > 0 ? url->path : nv_str("/")));
	free(text);
	free(target);
	free(host);
}

static void check_query(struct nv_bytes query, const char *name)
{
	char *out = malloc(query.len + 1);
	int len = nv_query_value(query, name, out, query.len + 1);

	must(len != NV_ERR_TOO_BIG);
	if (len >= 0) {
		must(strlen(out) == (size_t)len);
		must(nv_query_value(query, name, out, (size_t)len) == NV_ERR_TOO_BIG);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	char *name = (char *)copy_of(input_until(&input, 0));
	struct nv_bytes rest = input_bytes(&input, input.len);
	char *text = (char *)copy_of(rest);
	const char *problem = NULL;
	struct nv_url url;
	int result = nv_url_parse(text, &url, &problem);

	must(result == 0 || result == NV_ERR_INVALID);
	must((result == 0) == (problem == NULL));
	if (result == 0) {
		there_and_back(&url, rest.len + 16);
		check_query(url.query, name);
	}
	check_query((struct nv_bytes){ (const uint8_t *)text, rest.len }, name);
	free(text);
	free(name);
	return 0;
}
