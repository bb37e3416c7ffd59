/* SPDX-License-Identifier: MIT */
/* proxy_choice.c: the variables of the environment that other programs look at, too. A variable that is there and
 * empty means no proxy. */
#include "ws/proxy_choice.h"

#include <stdlib.h>
#include <strings.h>

#include "net/address.h"
#include "proto/proxy_url.h"
#include "ws/texts.h"

/* The first of these that is set. */
static const char *first_set(const char *a, const char *b)
{
	const char *value = a ? getenv(a) : NULL;

	return value || !b ? value : getenv(b);
}

static const char *or_all(const char *value)
{
	return value ? value : first_set("all_proxy", "ALL_PROXY");
}

/* HTTP_PROXY is not looked at: where a web server runs a program by CGI, that is the client's field
 * "Proxy" (CVE-2016-5385). */
static void read_environment(struct nv_proxy_choice *choice)
{
	choice->plain = or_all(getenv("http_proxy"));
	choice->secure = or_all(first_set("https_proxy", "HTTPS_PROXY"));
	choice->except = first_set("no_proxy", "NO_PROXY");
}

int nv_proxy_choice_init(struct nv_proxy_choice *choice, const char *option)
{
	bool ok;

	*choice = (struct nv_proxy_choice){ .always = option };
	if (!option)
		read_environment(choice);
	ok = nv_text_own(&choice->always);
	ok = nv_text_own(&choice->plain) && ok;
	ok = nv_text_own(&choice->secure) && ok;
	return nv_text_own(&choice->except) && ok ? 0 : NV_ERR_NOMEM;
}

void nv_proxy_choice_deinit(struct nv_proxy_choice *choice)
{
	nv_text_wipe(choice->always);
	nv_text_wipe(choice->plain);
	nv_text_wipe(choice->secure);
	nv_text_free(choice->except);
}

/* RFC 6761 6.3: "localhost", and what ends with ".localhost". */
static bool is_local_name(struct nv_bytes host)
{
	static const char name[] = "localhost";
	const size_t len = sizeof name - 1;

	if (host.len < len || (host.len > len && host.data[host.len - len - 1] != '.'))
		return false;
	return strncasecmp((const char *)host.data + host.len - len, name, len) == 0;
}

/* 0.0.0.0 and :: lead to this machine, too. */
static bool is_unspecified(const struct nv_address *address)
{
	static const uint8_t zeros[16];

	if (nv_address_is_v4(address))
		return memcmp(address->ip + 12, zeros, 4) == 0;
	return memcmp(address->ip, zeros, sizeof zeros) == 0;
}

static bool is_this_machine(struct nv_bytes host)
{
	struct nv_address address;
	char text[NV_ADDRESS_TEXT];

	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	if (is_local_name(host))
		return true;
	if (host.len >= sizeof text)
		return false;
	memcpy(text, host.data, host.len);
	text[host.len] = '\0';
	return nv_address_parse(text, 0, &address) &&
	       (nv_address_is_loopback(&address) || is_unspecified(&address));
}

static const char *of_environment(const struct nv_proxy_choice *choice, const struct nv_url *url)
{
	if (is_this_machine(url->host))
		return NULL;
	if (choice->except && nv_proxy_is_excepted(choice->except, url->host, url->port))
		return NULL;
	return url->secure ? choice->secure : choice->plain;
}

const char *nv_proxy_choice_of(const struct nv_proxy_choice *choice, const struct nv_url *url)
{
	const char *proxy = choice->always ? choice->always : of_environment(choice, url);

	return proxy && proxy[0] ? proxy : NULL;
}
