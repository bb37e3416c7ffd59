/* SPDX-License-Identifier: MIT */
/* credential.c: gathers every token of a request, since two that differ are none: a proxy or a
 * second reader might have looked at the other one. */
#include "serve/credential.h"

#include <navette/handshake.h>
#include <strings.h>

#define SCHEME "Bearer"
#define PREFIX "bearer."

struct search {
	enum nv_credential found;
	struct nv_bytes token;
};

static void add(struct search *search, struct nv_bytes token)
{
	bool same = search->token.len == token.len && token.len > 0 &&
	            memcmp(search->token.data, token.data, token.len) == 0;

	if (token.len == 0 || (search->found != NV_CREDENTIAL_NONE && !same)) {
		search->found = NV_CREDENTIAL_BAD;
	} else if (search->found == NV_CREDENTIAL_NONE) {
		search->found = NV_CREDENTIAL_ONE;
		search->token = token;
	}
}

static bool begins_with(struct nv_bytes text, const char *head)
{
	return text.len >= strlen(head) &&
	       strncasecmp((const char *)text.data, head, strlen(head)) == 0;
}

static struct nv_bytes behind(struct nv_bytes text, size_t len)
{
	return (struct nv_bytes){ text.data + len, text.len - len };
}

/* --- Authorization --- */

/* RFC 9110 11.4 and RFC 6750 2.1. Other schemes are somebody else's. */
static void add_field(struct search *search, struct nv_bytes value)
{
	if (!begins_with(value, SCHEME))
		return;
	value = behind(value, strlen(SCHEME));
	if (value.len > 0 && value.data[0] != ' ')
		return;
	while (value.len > 0 && value.data[0] == ' ')
		value = behind(value, 1);
	add(search, value);
}

static void search_fields(struct search *search, const struct nv_request *request)
{
	struct nv_bytes value;
	size_t cursor = 0;

	while (nv_request_next_field(request, "Authorization", &cursor, &value))
		add_field(search, value);
}

/* --- Subprotocols --- */

static void search_subprotocols(struct search *search, const struct nv_request *request)
{
	struct nv_bytes offered;
	size_t cursor = 0;

	while (nv_request_subprotocol(request, &cursor, &offered))
		if (begins_with(offered, PREFIX))
			add(search, behind(offered, strlen(PREFIX)));
}

bool nv_credential_subprotocol(const struct nv_request *request, char *out, size_t size)
{
	struct nv_bytes offered, other = { NULL, 0 };
	bool has_token = false;
	size_t cursor = 0;

	while (nv_request_subprotocol(request, &cursor, &offered)) {
		if (begins_with(offered, PREFIX))
			has_token = true;
		else if (!other.data)
			other = offered;
	}
	if (!has_token || !other.data || other.len >= size)
		return false;
	memcpy(out, other.data, other.len);
	out[other.len] = '\0';
	return true;
}

/* --- The query --- */

/* Each pair by itself, so that a second "token=" is seen too. */
static struct nv_bytes take_pair(struct nv_bytes *query)
{
	const uint8_t *end = memchr(query->data, '&', query->len);
	struct nv_bytes pair = { query->data, end ? (size_t)(end - query->data) : query->len };

	*query = behind(*query, end ? pair.len + 1 : pair.len);
	return pair;
}

/* What is decoded fits where it came from. */
static void search_query(struct search *search, struct nv_bytes query,
                         char decoded[NV_CREDENTIAL_SIZE])
{
	size_t used = 0;

	while (query.len > 0) {
		struct nv_bytes pair = take_pair(&query);
		int len = nv_query_value(pair, "token", decoded + used, NV_CREDENTIAL_SIZE - used);

		if (len == NV_ERR_NOT_FOUND)
			continue;
		add(search, (struct nv_bytes){ (const uint8_t *)decoded + used,
		                               len > 0 ? (size_t)len : 0 });
		used += len > 0 ? (size_t)len : 0;
	}
}

enum nv_credential nv_credential_find(const struct nv_request *request,
                                      char decoded[NV_CREDENTIAL_SIZE], struct nv_bytes *token)
{
	struct search search = { .found = NV_CREDENTIAL_NONE };

	search_fields(&search, request);
	search_subprotocols(&search, request);
	search_query(&search, nv_request_query(request), decoded);
	*token = search.token;
	return search.found;
}
