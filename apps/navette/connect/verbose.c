/* SPDX-License-Identifier: MIT */
/* verbose.c: the opening, in the order in which it happens. */
#include "connect/verbose.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "connect/report.h"

/* --- Heads --- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* What stands before the colon, without the blanks that nobody should put there, or the whole line. */
static struct nv_bytes name_of(struct nv_bytes line)
{
	const uint8_t *colon = memchr(line.data, ':', line.len);
	struct nv_bytes name = { line.data, colon ? (size_t)(colon - line.data) : line.len };

	while (name.len > 0 && is_blank(name.data[name.len - 1]))
		name.len--;
	return name;
}

static bool is_secret(struct nv_bytes name)
{
	static const char *const names[] = { "Authorization", "Proxy-Authorization", "Cookie",
		                             "Set-Cookie" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (name.len == strlen(names[i]) &&
		    strncasecmp((const char *)name.data, names[i], name.len) == 0)
			return true;
	}
	return false;
}

/* --- Tokens inside a line: of a URL's query, and those that are offered as a subprotocol --- */

static bool is_token_char(uint8_t c)
{
	return c > ' ' && c != '&' && c != ',' && c != '#' && c != 0x7f;
}

static size_t find_token(struct nv_bytes line)
{
	static const char *const heads[] = { "?token=",        "&token=",  "?access_token=",
		                             "&access_token=", " bearer.", ",bearer.",
		                             "\tbearer." };

	for (size_t at = 0; at < line.len; at++)
		for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
			size_t len = strlen(heads[i]);

			if (len <= line.len - at &&
			    strncasecmp((const char *)line.data + at, heads[i], len) == 0)
				return at + len;
		}
	return line.len;
}

/* Without memory the whole line is hidden. */
static void show_redacted(const char *prefix, struct nv_bytes line)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	while (out && line.len > 0) {
		size_t end = find_token(line);
		bool found = end < line.len;

		fwrite(line.data, 1, end, out);
		while (end < line.len && is_token_char(line.data[end]))
			end++;
		if (found)
			fputs("(hidden)", out);
		line.data += end;
		line.len -= end;
	}
	if (out && fclose(out) == 0)
		nv_report_lines(prefix, (struct nv_bytes){ (const uint8_t *)text, size });
	else
		nv_report_plain("%s(hidden)", prefix);
	free(text);
}

/* A line that begins with a blank goes on with the one before (RFC 9112 5.2), whose name it has then. */
static void show_line(const char *prefix, struct nv_bytes line, struct nv_bytes *name)
{
	if (line.len == 0) {
		nv_report_plain("%s", prefix);
		return;
	}
	if (!is_blank(line.data[0]))
		*name = name_of(line);
	if (is_secret(*name))
		nv_report_plain("%s%.*s: (hidden)", prefix, (int)name->len,
		                (const char *)name->data);
	else
		show_redacted(prefix, line);
}

static void show_head(const char *prefix, struct nv_bytes head)
{
	struct nv_bytes name = { head.data, 0 };

	while (head.len > 0) {
		const uint8_t *end = memchr(head.data, '\n', head.len);
		size_t taken = end ? (size_t)(end - head.data) + 1 : head.len;
		struct nv_bytes line = { head.data, taken - (end != NULL) };

		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		show_line(prefix, line, &name);
		head.data += taken;
		head.len -= taken;
	}
}

void nv_verbose_trace(enum nv_trace what, struct nv_bytes text)
{
	static const char *const prefixes[] = {
		[NV_TRACE_RESOLVED] = "* addresses: ",
		[NV_TRACE_CONNECTED] = "* connected to ",
		[NV_TRACE_PROXY_REQUEST] = "> ",
		[NV_TRACE_PROXY_ANSWER] = "< ",
		[NV_TRACE_TLS] = "* TLS: ",
		[NV_TRACE_REQUEST] = "> ",
		[NV_TRACE_ANSWER] = "< ",
		[NV_TRACE_REDIRECT] = "* redirected to ",
	};

	show_head(prefixes[what], text);
}

/* --- What was negotiated --- */

static unsigned window(uint8_t bits)
{
	return bits ? bits : 15;
}

static const char *takeover(bool none)
{
	return none ? " and no context takeover" : "";
}

static void show_deflate(const struct nv_deflate *deflate)
{
	if (!deflate) {
		nv_report_plain("* no compression");
		return;
	}
	nv_report_plain("* permessage-deflate: sending with a window of %u bits%s, "
	                "receiving with %u bits%s",
	                window(deflate->client_max_window_bits),
	                takeover(deflate->client_no_context_takeover),
	                window(deflate->server_max_window_bits),
	                takeover(deflate->server_no_context_takeover));
}

void nv_verbose_open(const struct nv_conn *conn)
{
	const char *subprotocol = nv_conn_subprotocol(conn);

	if (subprotocol)
		nv_report_plain("* subprotocol: %s", subprotocol);
	show_deflate(nv_conn_deflate(conn));
}

/* --- Time --- */

void nv_verbose_timing(const struct nv_client *client)
{
	struct nv_timing timing;
	char line[160] = "";
	size_t len = 0;
	uint64_t total = 0;

	nv_client_timing(client, &timing);
	const struct {
		const char *name;
		uint64_t us;
	} parts[] = {
		{ "DNS", timing.resolve_us },       { "TCP", timing.connect_us },
		{ "proxy", timing.proxy_us },       { "TLS", timing.tls_us },
		{ "upgrade", timing.handshake_us },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i].us == 0)
			continue;
		total += parts[i].us;
		len += (size_t)snprintf(line + len, sizeof line - len, "%s %.2f ms, ",
		                        parts[i].name, (double)parts[i].us / 1000);
	}
	if (len > 0)
		nv_report_plain("* time: %stogether %.2f ms", line, (double)total / 1000);
}
