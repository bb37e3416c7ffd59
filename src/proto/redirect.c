/* SPDX-License-Identifier: MIT */
/* redirect.c: where a redirect leads.
 *
 * RFC 3986 section 5, strictly: what names its scheme names its host, too. The result is written once and
 * then read by the reader of URLs, which has the last word. */
#include "proto/redirect.h"

#include "proto/ascii.h"
#include "proto/field.h"
#include "proto/slice.h"
#include "proto/text.h"

/* The parts of a URI reference (RFC 3986 4.1), without its fragment. No data: it is not there. */
struct reference {
	struct nv_bytes scheme;
	struct nv_bytes authority;
	struct nv_bytes path; /* always there, and maybe empty */
	struct nv_bytes query;
};

/* RFC 3986 3.1; a colon that stands behind something else belongs to the path. */
static struct nv_bytes take_scheme(struct nv_bytes *rest)
{
	struct nv_bytes after = *rest;
	struct nv_bytes scheme = nv_take_until(&after, ":/?");
	bool valid = scheme.len > 0 && nv_is_alnum(scheme.data[0]) && !nv_is_digit(scheme.data[0]);

	for (size_t i = 0; valid && i < scheme.len; i++)
		valid = nv_is_alnum(scheme.data[i]) || strchr("+-.", scheme.data[i]);
	if (!valid || after.len == 0 || after.data[0] != ':')
		return (struct nv_bytes){ NULL, 0 };
	nv_skip(&after, 1);
	*rest = after;
	return scheme;
}

static struct reference cut(struct nv_bytes rest)
{
	struct reference reference = { .scheme = take_scheme(&rest) };

	if (rest.len >= 2 && rest.data[0] == '/' && rest.data[1] == '/') {
		nv_skip(&rest, 2);
		reference.authority = nv_take_until(&rest, "/?");
	}
	reference.path = nv_take_until(&rest, "?");
	if (rest.len > 0) {
		nv_skip(&rest, 1);
		reference.query = rest;
	}
	return reference;
}

static struct nv_bytes without_fragment(struct nv_bytes location)
{
	struct nv_bytes rest = location.len > 0 ? location : nv_str("");
	const uint8_t *mark = memchr(rest.data, '#', rest.len);

	if (mark)
		rest.len = (size_t)(mark - rest.data);
	return rest;
}

static const char *check_chars(struct nv_bytes location)
{
	for (size_t i = 0; i < location.len; i++) {
		if (!nv_is_target_char(location.data[i]))
			return "the redirect's URL holds a space, a control or a non-ASCII "
			       "character";
	}
	return NULL;
}

/* http and https mean ws and wss. */
static const char *choose_scheme(struct nv_bytes scheme, bool from_secure, bool *secure)
{
	*secure = from_secure;
	if (!scheme.data)
		return NULL;
	*secure = nv_bytes_is_caseless(scheme, "wss") || nv_bytes_is_caseless(scheme, "https");
	if (!*secure && !nv_bytes_is_caseless(scheme, "ws") &&
	    !nv_bytes_is_caseless(scheme, "http"))
		return "the redirect leads to a scheme that is none of ws, wss, http and https";
	return from_secure && !*secure ? "the redirect leads from wss to ws" : NULL;
}

/* Behind the last slash: what a relative path stands behind (RFC 3986 5.2.3). */
static struct nv_bytes folder_of(struct nv_bytes path)
{
	while (path.len > 0 && path.data[path.len - 1] != '/')
		path.len--;
	return path.len > 0 ? path : nv_str("/");
}

/* Without its last segment. */
static size_t drop_segment(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/* RFC 3986 5.2.4, in place. The path starts with a slash, and so does each of its segments. */
static size_t remove_dots(char *path, size_t len)
{
	size_t kept = 0;

	for (size_t at = 0, end; at < len; at = end) {
		const char *slash = memchr(path + at + 1, '/', len - at - 1);
		struct nv_bytes segment = { (const uint8_t *)path + at, 0 };

		end = slash ? (size_t)(slash - path) : len;
		segment.len = end - at;
		if (!nv_bytes_is(segment, "/.") && !nv_bytes_is(segment, "/..")) {
			memmove(path + kept, path + at, segment.len);
			kept += segment.len;
			continue;
		}
		if (segment.len == 3)
			kept = drop_segment(path, kept);
		if (end == len)
			path[kept++] = '/';
	}
	return kept;
}

/* Of a reference that has an authority or a path. */
static void write_path(struct nv_text *text, const struct reference *to, const struct nv_url *from)
{
	size_t start = text->len;

	if (!to->authority.data && to->path.data[0] != '/')
		nv_text_bytes(text, folder_of(from->path));
	nv_text_bytes(text, to->path);
	text->len = start + remove_dots(text->out + start, text->len - start);
}

static void write_query(struct nv_text *text, struct nv_bytes query)
{
	nv_text_str(text, query.data ? "?" : NULL);
	nv_text_bytes(text, query);
}

static void write_host(struct nv_text *text, const struct nv_url *url)
{
	int len = nv_url_host(url, text->out + text->len, text->size - text->len);

	if (len < 0)
		text->overflow = true;
	else
		text->len += (size_t)len;
}

/* RFC 3986 5.2.2 and 5.3. */
static int write_target(const struct nv_url *from, const struct reference *to, bool secure,
                        char *out, size_t size)
{
	struct nv_text text = { .out = out, .size = size };

	nv_text_str(&text, secure ? "wss://" : "ws://");
	if (to->authority.data)
		nv_text_bytes(&text, to->authority);
	else
		write_host(&text, from);
	if (to->authority.data || to->path.len > 0) {
		write_path(&text, to, from);
		write_query(&text, to->query);
	} else {
		nv_text_bytes(&text, from->path);
		write_query(&text, to->query.data ? to->query : from->query);
	}
	return nv_text_end_zero(&text);
}

int nv_redirect_resolve(const struct nv_url *from, struct nv_bytes location, char *out, size_t size,
                        const char **problem)
{
	struct reference to;
	struct nv_url url;
	bool secure;
	int len;

	location = without_fragment(location);
	*problem = check_chars(location);
	if (*problem)
		return NV_ERR_INVALID;
	to = cut(location);
	*problem = choose_scheme(to.scheme, from->secure, &secure);
	if (!*problem && to.scheme.data && !to.authority.data)
		*problem = "the redirect's URL has a scheme and no host";
	if (*problem)
		return NV_ERR_INVALID;
	len = write_target(from, &to, secure, out, size);
	if (len < 0) {
		*problem = "the URL of the redirect is too long";
		return len;
	}
	return nv_url_parse(out, &url, problem) < 0 ? NV_ERR_INVALID : len;
}

bool nv_redirect_is(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool same_host(const struct nv_url *a, const struct nv_url *b)
{
	if (a->host.len != b->host.len || a->literal_v6 != b->literal_v6)
		return false;
	for (size_t i = 0; i < a->host.len; i++) {
		if (nv_lower(a->host.data[i]) != nv_lower(b->host.data[i]))
			return false;
	}
	return true;
}

bool nv_redirect_keeps_secrets(const struct nv_url *from, const struct nv_url *to)
{
	bool upgraded = !from->secure && from->port == 80 && to->secure && to->port == 443;

	if (from->secure && !to->secure)
		return false;
	return same_host(from, to) && (from->port == to->port || upgraded);
}

static bool is_secret(struct nv_bytes line)
{
	static const char *const names[] = { "Authorization", "Proxy-Authorization", "Cookie" };
	struct nv_bytes name = nv_trim(nv_take_until(&line, ":"));

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (nv_bytes_is_caseless(name, names[i]))
			return true;
	}
	return false;
}

void nv_redirect_strip(const char *fields, char *out)
{
	while (fields && *fields) {
		const char *end = strstr(fields, "\r\n");
		size_t len = end ? (size_t)(end - fields) + 2 : strlen(fields);

		if (!is_secret((struct nv_bytes){ (const uint8_t *)fields, len })) {
			memcpy(out, fields, len);
			out += len;
		}
		fields += len;
	}
	*out = '\0';
}
