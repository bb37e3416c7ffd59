/* SPDX-License-Identifier: MIT */
/* field.c: the small grammar of HTTP fields.
 *
 * Everything here works on slices and keeps nothing. */
#include "proto/field.h"

#include "proto/ascii.h"

bool nv_is_tchar(uint8_t c)
{
	return nv_is_alnum(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool nv_is_token(struct nv_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!nv_is_tchar(text.data[i]))
			return false;
	}
	return text.len > 0;
}

bool nv_is_target_char(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '#';
}

bool nv_is_value_char(uint8_t c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

bool nv_bytes_equal(struct nv_bytes a, struct nv_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool nv_bytes_is_caseless(struct nv_bytes b, const char *s)
{
	size_t i = 0;

	while (i < b.len && s[i] && nv_lower(b.data[i]) == nv_lower((uint8_t)s[i]))
		i++;
	return i == b.len && !s[i];
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct nv_bytes nv_trim(struct nv_bytes text)
{
	while (text.len > 0 && is_space(text.data[0])) {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

static struct nv_bytes cut(struct nv_bytes *rest)
{
	const uint8_t *comma = memchr(rest->data, ',', rest->len);
	size_t len = comma ? (size_t)(comma - rest->data) : rest->len;
	struct nv_bytes piece = { rest->data, len };

	rest->data += comma ? len + 1 : len;
	rest->len -= comma ? len + 1 : len;
	return piece;
}

bool nv_element_next(struct nv_bytes *rest, struct nv_bytes *element)
{
	while (rest->len > 0) {
		*element = nv_trim(cut(rest));
		if (element->len > 0)
			return true;
	}
	return false;
}

static bool is_reserved(struct nv_bytes name)
{
	static const char prefix[] = "Sec-WebSocket-";
	static const char *const names[] = { "Host", "Upgrade", "Connection", "Content-Length",
		                             "Transfer-Encoding" };

	if (name.len >= sizeof prefix - 1 &&
	    nv_bytes_is_caseless((struct nv_bytes){ name.data, sizeof prefix - 1 }, prefix))
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (nv_bytes_is_caseless(name, names[i]))
			return true;
	}
	return false;
}

static bool is_extra_field(struct nv_bytes line)
{
	const uint8_t *colon = memchr(line.data, ':', line.len);
	struct nv_bytes name = { line.data, colon ? (size_t)(colon - line.data) : 0 };

	if (!nv_is_token(name) || is_reserved(name))
		return false;
	for (size_t i = name.len + 1; i < line.len; i++) {
		if (!nv_is_value_char(line.data[i]))
			return false;
	}
	return true;
}

bool nv_is_extra_fields(const char *lines)
{
	while (lines && *lines) {
		const char *end = strstr(lines, "\r\n");

		if (!end || !is_extra_field((struct nv_bytes){ (const uint8_t *)lines,
		                                               (size_t)(end - lines) }))
			return false;
		lines = end + 2;
	}
	return true;
}
