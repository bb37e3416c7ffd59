/* SPDX-License-Identifier: MIT */
/* authority.c: host and port as in the Host field and in URLs.
 *
 * The Host field, an absolute request target and a ws:// URL all mean the same by it, so they are
 * read by the same code. Nothing is resolved here. */
#include "proto/authority.h"

#include "proto/ascii.h"
#include "proto/ip.h"

/* How long the character of a host name is: 1, or 3 for a percent sequence; 0 for no such character
 * (RFC 3986 3.2.2: unreserved, sub-delims, pct-encoded). */
static size_t name_char_len(struct nv_bytes text)
{
	uint8_t c = text.data[0];

	if (c == '%')
		return text.len >= 3 && nv_hex_value(text.data[1]) >= 0 &&
		                       nv_hex_value(text.data[2]) >= 0
		               ? 3
		               : 0;
	return nv_is_alnum(c) || (c != 0 && strchr("-._~!$&'()*+,;=", c)) ? 1 : 0;
}

static bool is_name(struct nv_bytes host)
{
	while (host.len > 0) {
		size_t len = name_char_len(host);

		if (len == 0)
			return false;
		host.data += len;
		host.len -= len;
	}
	return true;
}

static bool is_v6(struct nv_bytes host)
{
	struct nv_ip ip;

	return nv_ip_parse(host, &ip) && !ip.dotted;
}

/* ":8080", ":" or nothing. */
static bool read_port(struct nv_bytes text, uint16_t *port)
{
	uint32_t value = 0;

	*port = 0;
	if (text.len == 0)
		return true;
	if (text.data[0] != ':')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (!nv_is_digit(text.data[i]))
			return false;
		value = value * 10 + (uint32_t)(text.data[i] - '0');
		if (value > UINT16_MAX)
			return false;
	}
	*port = (uint16_t)value;
	return text.len == 1 || value > 0;
}

static const char *parse_v6(struct nv_bytes text, struct nv_authority *authority)
{
	const uint8_t *end = memchr(text.data, ']', text.len);
	size_t len = end ? (size_t)(end - text.data) + 1 : 0;

	if (!end)
		return "the bracket of the IPv6 address is not closed";
	authority->literal_v6 = true;
	authority->host = (struct nv_bytes){ text.data + 1, len - 2 };
	if (!is_v6(authority->host))
		return "the IPv6 address is malformed";
	if (!read_port((struct nv_bytes){ text.data + len, text.len - len }, &authority->port))
		return "the port is not a number from 1 to 65535";
	return NULL;
}

static const char *parse_name(struct nv_bytes text, struct nv_authority *authority)
{
	const uint8_t *colon = memchr(text.data, ':', text.len);
	size_t len = colon ? (size_t)(colon - text.data) : text.len;

	authority->literal_v6 = false;
	authority->host = (struct nv_bytes){ text.data, len };
	if (len == 0)
		return "the host is empty";
	if (!is_name(authority->host))
		return "the host holds a character that no host name has";
	if (!read_port((struct nv_bytes){ text.data + len, text.len - len }, &authority->port))
		return "the port is not a number from 1 to 65535";
	return NULL;
}

const char *nv_authority_parse(struct nv_bytes text, struct nv_authority *authority)
{
	if (text.len == 0)
		return "the host is empty";
	if (memchr(text.data, '@', text.len))
		return "user information before the host is not supported";
	if (text.data[0] == '[')
		return parse_v6(text, authority);
	return parse_name(text, authority);
}
