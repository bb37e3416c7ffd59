/* SPDX-License-Identifier: MIT */
/* proxy_url.c: a proxy's URL, which comes from an option or from the environment.
 *
 * It often holds a password: what is wrong with it is told in constants, and a URL that is no good leaves
 * nothing in the caller's struct. Nothing is resolved here. */
#include "proto/proxy_url.h"

#include "proto/ascii.h"
#include "proto/authority.h"
#include "proto/field.h"
#include "proto/slice.h"

static const struct scheme {
	const char *text;
	enum nv_proxy_kind kind;
	uint16_t port;
	const char *problem;
} schemes[] = {
	{ "http://", NV_PROXY_HTTP, 80, NULL },
	{ "socks5://", NV_PROXY_SOCKS5, 1080, NULL },
	{ "socks5h://", NV_PROXY_SOCKS5, 1080, NULL },
	{ "https://", NV_PROXY_HTTP, 0,
	  "proxies are spoken to without TLS: a proxy's URL starts with http://, not https://" },
	{ "://", NV_PROXY_HTTP, 0, "a proxy's URL starts with http://, socks5:// or socks5h://" },
};

static const char *check_chars(struct nv_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (nv_is_control(text.data[i]) || text.data[i] == ' ')
			return "the proxy's URL holds a space or a control character";
	}
	return NULL;
}

/* The scheme that the text starts with; the last one for any other, the first one for none. */
static const struct scheme *take_scheme(struct nv_bytes *rest)
{
	const size_t last = sizeof schemes / sizeof schemes[0] - 1;

	for (size_t i = 0; i < last; i++) {
		size_t len = strlen(schemes[i].text);

		if (rest->len < len ||
		    !nv_bytes_is_caseless((struct nv_bytes){ rest->data, len }, schemes[i].text))
			continue;
		nv_skip(rest, len);
		return &schemes[i];
	}
	return strstr((const char *)rest->data, schemes[last].text) ? &schemes[last] : &schemes[0];
}

/* One character, percent-decoded; negative for a broken sequence, and for a control character. */
static int take_decoded(struct nv_bytes *rest)
{
	int c = rest->data[0];

	if (c == '%') {
		int high = rest->len < 3 ? -1 : nv_hex_value(rest->data[1]);
		int low = rest->len < 3 ? -1 : nv_hex_value(rest->data[2]);

		if (high < 0 || low < 0)
			return -1;
		nv_skip(rest, 2);
		c = high * 16 + low;
	}
	nv_skip(rest, 1);
	return nv_is_control((uint8_t)c) ? -1 : c;
}

static const char *decode(struct nv_bytes text, char out[NV_PROXY_NAME])
{
	size_t len = 0;

	while (text.len > 0) {
		int c = take_decoded(&text);

		if (c < 0)
			return "the proxy's user or password holds a broken percent sequence or a "
			       "control character";
		if (len == NV_PROXY_NAME - 1)
			return "the proxy's user or password is longer than 255 bytes";
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return NULL;
}

/* What neither the user name of Basic (RFC 7617 2) nor that of SOCKS5 (RFC 1929 2) can be. */
static const char *check_user(const struct nv_proxy *proxy)
{
	if (proxy->kind == NV_PROXY_HTTP && strchr(proxy->user, ':'))
		return "the user of an HTTP proxy holds a colon";
	if (proxy->kind == NV_PROXY_SOCKS5 && proxy->user[0] == '\0')
		return "the user of a SOCKS5 proxy is empty";
	return NULL;
}

/* "USER[:PASSWORD]@"; nothing at all is no user information. */
static const char *take_user(struct nv_bytes *rest, struct nv_proxy *proxy)
{
	const uint8_t *at = memchr(rest->data, '@', rest->len);
	struct nv_bytes user = { rest->data, at ? (size_t)(at - rest->data) : 0 };
	struct nv_bytes password = { NULL, 0 };
	const uint8_t *colon = memchr(user.data, ':', user.len);
	const char *wrong;

	if (!at)
		return NULL;
	nv_skip(rest, user.len + 1);
	if (memchr(rest->data, '@', rest->len))
		return "an @ in the proxy's user or password has to be written as %40";
	proxy->authenticates = user.len > 0;
	if (!proxy->authenticates)
		return NULL;
	if (colon) {
		password = (struct nv_bytes){ colon + 1, (size_t)(at - colon) - 1 };
		user.len = (size_t)(colon - user.data);
	}
	wrong = decode(user, proxy->user);
	if (!wrong)
		wrong = decode(password, proxy->password);
	return wrong ? wrong : check_user(proxy);
}

static const char *read_host(struct nv_bytes text, struct nv_proxy *proxy)
{
	struct nv_authority authority;
	const char *wrong = nv_authority_parse(text, &authority);

	if (wrong)
		return wrong;
	if (authority.host.len >= NV_PROXY_HOST)
		return "the proxy's host is longer than 255 bytes";
	memcpy(proxy->host, authority.host.data, authority.host.len);
	proxy->host[authority.host.len] = '\0';
	if (authority.port)
		proxy->port = authority.port;
	return NULL;
}

static const char *parse(struct nv_bytes rest, struct nv_proxy *proxy)
{
	const char *wrong = check_chars(rest);
	const struct scheme *scheme;

	if (wrong)
		return wrong;
	scheme = take_scheme(&rest);
	if (scheme->problem)
		return scheme->problem;
	proxy->kind = scheme->kind;
	proxy->port = scheme->port;
	if (rest.len > 0 && rest.data[rest.len - 1] == '/')
		rest.len--;
	if (memchr(rest.data, '/', rest.len) || memchr(rest.data, '?', rest.len) ||
	    memchr(rest.data, '#', rest.len))
		return "the proxy's URL holds more than a host and a port: in a user or password "
		       "/, ? and "
		       "# have to be written as %2F, %3F and %23";
	wrong = take_user(&rest, proxy);
	return wrong ? wrong : read_host(rest, proxy);
}

int nv_proxy_parse(const char *text, struct nv_proxy *proxy, const char **problem)
{
	memset(proxy, 0, sizeof *proxy);
	*problem = parse(nv_str(text), proxy);
	if (!*problem)
		return 0;
	memset(proxy, 0, sizeof *proxy);
	return NV_ERR_INVALID;
}
