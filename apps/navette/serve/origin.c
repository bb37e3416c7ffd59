/* SPDX-License-Identifier: MIT */
/* origin.c: reads an origin strictly: what a browser would never send is no origin. */
#include "serve/origin.h"

#include <stdio.h>
#include <string.h>

#define HOST_MAX 255u
#define SCHEME_MAX 32u

struct parts {
	struct nv_bytes scheme;
	struct nv_bytes host;
	uint32_t port; /* 0: none */
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme_char(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

static bool is_name_char(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
}

static bool is_ipv6_char(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
	       c == '.';
}

/* The longest head of such characters. */
static struct nv_bytes take(struct nv_bytes *rest, bool (*is_char)(uint8_t c))
{
	struct nv_bytes head = { rest->data, 0 };

	while (head.len < rest->len && is_char(rest->data[head.len]))
		head.len++;
	rest->data += head.len;
	rest->len -= head.len;
	return head;
}

static bool skip(struct nv_bytes *rest, const char *word)
{
	size_t len = strlen(word);

	if (rest->len < len || memcmp(rest->data, word, len) != 0)
		return false;
	rest->data += len;
	rest->len -= len;
	return true;
}

/* --- Host and port --- */

static bool take_host(struct nv_bytes *rest, struct nv_bytes *host)
{
	const uint8_t *start = rest->data;
	struct nv_bytes inside;

	if (!skip(rest, "[")) {
		*host = take(rest, is_name_char);
		return host->len > 0 && host->len <= HOST_MAX;
	}
	inside = take(rest, is_ipv6_char);
	if (inside.len == 0 || !skip(rest, "]"))
		return false;
	*host = (struct nv_bytes){ start, inside.len + 2 };
	return host->len <= HOST_MAX;
}

static bool take_port(struct nv_bytes *rest, uint32_t *port)
{
	struct nv_bytes digits;

	*port = 0;
	if (!skip(rest, ":"))
		return true;
	digits = take(rest, is_digit);
	if (digits.len == 0 || digits.len > 5 || digits.data[0] == '0')
		return false;
	for (size_t i = 0; i < digits.len; i++)
		*port = 10 * *port + (uint32_t)(digits.data[i] - '0');
	return *port <= UINT16_MAX;
}

static bool take_authority(struct nv_bytes rest, struct parts *parts)
{
	return take_host(&rest, &parts->host) && take_port(&rest, &parts->port) && rest.len == 0;
}

/* --- One form --- */

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static uint32_t port_of(const char *origin)
{
	static const struct {
		const char *head;
		uint32_t port;
	} ports[] = { { "http:", 80 }, { "https:", 443 }, { "ws:", 80 }, { "wss:", 443 } };

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (strncmp(origin, ports[i].head, strlen(ports[i].head)) == 0)
			return ports[i].port;
	return 0;
}

static void write_parts(const struct parts *parts, char out[NV_ORIGIN_SIZE])
{
	int len = snprintf(out, NV_ORIGIN_SIZE, "%.*s://%.*s", (int)parts->scheme.len,
	                   (const char *)parts->scheme.data, (int)parts->host.len,
	                   (const char *)parts->host.data);

	lower(out);
	if (parts->port && parts->port != port_of(out))
		snprintf(out + len, NV_ORIGIN_SIZE - (size_t)len, ":%u", parts->port);
}

bool nv_origin_read(struct nv_bytes text, char out[NV_ORIGIN_SIZE])
{
	struct parts parts = { .scheme = take(&text, is_scheme_char) };

	if (parts.scheme.len == 0 || parts.scheme.len > SCHEME_MAX ||
	    !is_letter(parts.scheme.data[0]))
		return false;
	if (!skip(&text, "://") || !take_authority(text, &parts))
		return false;
	write_parts(&parts, out);
	return true;
}

bool nv_origin_is_host(const char *origin, struct nv_bytes host, bool tls)
{
	bool secure = strncmp(origin, "https://", strlen("https://")) == 0;
	struct parts parts = { .scheme = nv_str(secure ? "https" : "http") };
	char own[NV_ORIGIN_SIZE];

	if ((tls && !secure) || !host.data || !take_authority(host, &parts))
		return false;
	write_parts(&parts, own);
	return strcmp(origin, own) == 0;
}
