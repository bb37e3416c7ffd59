/* SPDX-License-Identifier: MIT */
/* url.c: ws:// and wss:// URLs (RFC 6455 section 3) and the values in a query.
 *
 * A URL is cut into slices and checked, never rewritten: percent sequences and dots stay as they
 * are. Resolving a relative reference is not done here. */
#include <navette/handshake.h>

#include "proto/ascii.h"
#include "proto/authority.h"
#include "proto/field.h"
#include "proto/slice.h"
#include "proto/text.h"

static bool starts_with(struct nv_bytes text, const char *start)
{
	size_t len = strlen(start);

	return text.len >= len && nv_bytes_is_caseless((struct nv_bytes){ text.data, len }, start);
}

static bool take_scheme(struct nv_bytes *rest, bool *secure)
{
	*secure = starts_with(*rest, "wss://");
	if (!*secure && !starts_with(*rest, "ws://"))
		return false;
	nv_skip(rest, *secure ? strlen("wss://") : strlen("ws://"));
	return true;
}

static const char *check_chars(struct nv_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '#')
			return "a WebSocket URL has no fragment";
		if (!nv_is_target_char(text.data[i]))
			return "the URL holds a space, a control or a non-ASCII character";
	}
	return NULL;
}

static const char *parse(struct nv_bytes rest, struct nv_url *url)
{
	const char *wrong = check_chars(rest);
	struct nv_authority authority;

	if (wrong)
		return wrong;
	if (!take_scheme(&rest, &url->secure))
		return "the URL does not start with ws:// or wss://";
	wrong = nv_authority_parse(nv_take_until(&rest, "/?"), &authority);
	if (wrong)
		return wrong;
	url->literal_v6 = authority.literal_v6;
	url->host = authority.host;
	url->port = authority.port ? authority.port : url->secure ? 443 : 80;
	url->path = nv_take_until(&rest, "?");
	url->query = (struct nv_bytes){ NULL, 0 };
	if (rest.len > 0) {
		nv_skip(&rest, 1);
		url->query = rest;
	}
	return NULL;
}

int nv_url_parse(const char *text, struct nv_url *url, const char **problem)
{
	const char *wrong = parse(nv_str(text), url);

	if (problem)
		*problem = wrong;
	return wrong ? NV_ERR_INVALID : 0;
}

int nv_url_host(const struct nv_url *url, char *out, size_t size)
{
	struct nv_text text = { .out = out, .size = size };

	nv_text_str(&text, url->literal_v6 ? "[" : NULL);
	nv_text_bytes(&text, url->host);
	nv_text_str(&text, url->literal_v6 ? "]" : NULL);
	if (url->port != (url->secure ? 443 : 80)) {
		nv_text_str(&text, ":");
		nv_text_number(&text, url->port);
	}
	return nv_text_end_zero(&text);
}

int nv_url_target(const struct nv_url *url, char *out, size_t size)
{
	struct nv_text text = { .out = out, .size = size };

	nv_text_bytes(&text, url->path.len > 0 ? url->path : nv_str("/"));
	if (url->query.data) {
		nv_text_str(&text, "?");
		nv_text_bytes(&text, url->query);
	}
	return nv_text_end_zero(&text);
}

/* One character, percent-decoded; negative for a broken sequence and for %00, which would end the
 * string that the caller gets. */
static int take_decoded(struct nv_bytes *rest)
{
	int c = rest->data[0];

	if (c == '%') {
		int high = rest->len < 3 ? -1 : nv_hex_value(rest->data[1]);
		int low = rest->len < 3 ? -1 : nv_hex_value(rest->data[2]);

		if (high < 0 || low < 0 || high + low == 0)
			return -1;
		nv_skip(rest, 2);
		c = high * 16 + low;
	}
	nv_skip(rest, 1);
	return c;
}

static int decode(struct nv_bytes value, char *out, size_t size)
{
	struct nv_text text = { .out = out, .size = size };

	while (value.len > 0) {
		int c = take_decoded(&value);

		if (c < 0)
			return NV_ERR_INVALID;
		nv_text_bytes(&text, (struct nv_bytes){ &(uint8_t){ (uint8_t)c }, 1 });
	}
	return nv_text_end_zero(&text);
}

int nv_query_value(struct nv_bytes query, const char *name, char *out, size_t size)
{
	while (query.len > 0) {
		struct nv_bytes pair = nv_take_until(&query, "&");

		if (nv_bytes_is(nv_take_until(&pair, "="), name)) {
			nv_skip(&pair, pair.len > 0 ? 1 : 0);
			return decode(pair, out, size);
		}
		nv_skip(&query, query.len > 0 ? 1 : 0);
	}
	return NV_ERR_NOT_FOUND;
}
