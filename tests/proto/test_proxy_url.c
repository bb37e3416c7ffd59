/* SPDX-License-Identifier: MIT */
/* test_proxy_url.c: the URLs of proxies. */
#include "proto/proxy_url.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void good_urls(void **state)
{
	static const struct {
		const char *text;
		enum nv_proxy_kind kind;
		const char *host;
		uint16_t port;
		const char *user; /* NULL: no user information */
		const char *password;
	} cases[] = {
		{ "http://proxy.example", NV_PROXY_HTTP, "proxy.example", 80, NULL, "" },
		{ "http://proxy.example:3128", NV_PROXY_HTTP, "proxy.example", 3128, NULL, "" },
		{ "http://proxy.example:3128/", NV_PROXY_HTTP, "proxy.example", 3128, NULL, "" },
		{ "HTTP://Proxy.Example:/", NV_PROXY_HTTP, "Proxy.Example", 80, NULL, "" },
		{ "proxy.example", NV_PROXY_HTTP, "proxy.example", 80, NULL, "" },
		{ "proxy:8080", NV_PROXY_HTTP, "proxy", 8080, NULL, "" },
		{ "127.0.0.1:1", NV_PROXY_HTTP, "127.0.0.1", 1, NULL, "" },
		{ "[::1]:65535/", NV_PROXY_HTTP, "::1", 65535, NULL, "" },
		{ "http://[2001:DB8::1]", NV_PROXY_HTTP, "2001:DB8::1", 80, NULL, "" },
		{ "socks5://proxy", NV_PROXY_SOCKS5, "proxy", 1080, NULL, "" },
		{ "SOCKS5://proxy:9050/", NV_PROXY_SOCKS5, "proxy", 9050, NULL, "" },
		{ "socks5h://[::1]", NV_PROXY_SOCKS5, "::1", 1080, NULL, "" },
		{ "http://anna:secret@proxy", NV_PROXY_HTTP, "proxy", 80, "anna", "secret" },
		{ "anna:secret@proxy:81", NV_PROXY_HTTP, "proxy", 81, "anna", "secret" },
		{ "http://anna@proxy", NV_PROXY_HTTP, "proxy", 80, "anna", "" },
		{ "http://anna:@proxy", NV_PROXY_HTTP, "proxy", 80, "anna", "" },
		{ "http://:secret@proxy", NV_PROXY_HTTP, "proxy", 80, "", "secret" },
		{ "http://:@proxy", NV_PROXY_HTTP, "proxy", 80, "", "" },
		{ "http://@proxy", NV_PROXY_HTTP, "proxy", 80, NULL, "" },
		{ "http://anna:a:b@proxy", NV_PROXY_HTTP, "proxy", 80, "anna", "a:b" },
		{ "http://%61n%4Ea:%40%2f%3A%25@proxy", NV_PROXY_HTTP, "proxy", 80, "anNa",
		  "@/:%" },
		{ "http://%C3%A9:\xc3\xa9@proxy", NV_PROXY_HTTP, "proxy", 80, "\xc3\xa9",
		  "\xc3\xa9" },
		{ "http://a%20b:c%20d@proxy", NV_PROXY_HTTP, "proxy", 80, "a b", "c d" },
		{ "socks5://a%3Ab:x@[::1]:9", NV_PROXY_SOCKS5, "::1", 9, "a:b", "x" },
		{ "socks5://anna:@proxy", NV_PROXY_SOCKS5, "proxy", 1080, "anna", "" },
	};
	struct guard_page page;

	guard_page_init(&page, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = (const char *)guard_page_copy(&page, cases[i].text,
		                                                 strlen(cases[i].text) + 1);
		const char *problem = "unset";
		struct nv_proxy proxy;

		if (nv_proxy_parse(text, &proxy, &problem) != 0)
			fail_msg("%s: %s", cases[i].text, problem);
		assert_null(problem);
		assert_int_equal(proxy.kind, cases[i].kind);
		assert_int_equal(proxy.port, cases[i].port);
		assert_string_equal(proxy.host, cases[i].host);
		assert_int_equal(proxy.authenticates, cases[i].user != NULL);
		assert_string_equal(proxy.user, cases[i].user ? cases[i].user : "");
		assert_string_equal(proxy.password, cases[i].password);
	}
	guard_page_deinit(&page);
}

#define BAD_SEQUENCE                                                                               \
	"the proxy's user or password holds a broken percent sequence or a "                       \
	"control character"
#define BAD_MORE                                                                                   \
	"the proxy's URL holds more than a host and a port: in a user or password /, "             \
	"? and # have to be written as %2F, %3F and %23"
#define BAD_SCHEME "a proxy's URL starts with http://, socks5:// or socks5h://"
#define BAD_TLS                                                                                    \
	"proxies are spoken to without TLS: a proxy's URL starts with "                            \
	"http://, not https://"
#define BAD_PORT "the port is not a number from 1 to 65535"
#define BAD_SPACE "the proxy's URL holds a space or a control character"
#define BAD_CHARACTER "the host holds a character that no host name has"

static const struct {
	const char *text;
	const char *problem;
} bad_cases[] = {
	{ "", "the host is empty" },
	{ "/", "the host is empty" },
	{ "http://", "the host is empty" },
	{ "http:///", "the host is empty" },
	{ "http://anna:hunter2@", "the host is empty" },
	{ "http://anna:hunter2@:80", "the host is empty" },
	{ "https://proxy", BAD_TLS },
	{ "HTTPS://anna:hunter2@proxy:443/", BAD_TLS },
	{ "socks4://anna:hunter2@proxy", BAD_SCHEME },
	{ "socks4a://proxy", BAD_SCHEME },
	{ "socks://proxy", BAD_SCHEME },
	{ "ws://proxy", BAD_SCHEME },
	{ "://proxy", BAD_SCHEME },
	{ "anna://hunter2@proxy", BAD_SCHEME },
	{ "http://proxy:0", BAD_PORT },
	{ "http://proxy:65536", BAD_PORT },
	{ "http://anna:hunter2@proxy:4294967376", BAD_PORT },
	{ "http://proxy:8x", BAD_PORT },
	{ "http:proxy", BAD_PORT },
	{ "anna:hunter2", BAD_PORT },
	{ "http://proxy/x", BAD_MORE },
	{ "http://proxy//", BAD_MORE },
	{ "http://proxy?x", BAD_MORE },
	{ "http://proxy#x", BAD_MORE },
	{ "http://anna:hunter2/@proxy", BAD_MORE },
	{ "http://anna:80#hunter2@proxy", BAD_MORE },
	{ "http://anna:80?hunter2@proxy/", BAD_MORE },
	{ "http://anna:h@nter2@proxy",
	  "an @ in the proxy's user or password has to be written as %40" },
	{ "http://anna:hunter2%@proxy", BAD_SEQUENCE },
	{ "http://anna:hunter2%4@proxy", BAD_SEQUENCE },
	{ "http://anna:hunter2%4g@proxy", BAD_SEQUENCE },
	{ "http://anna:%g0hunter2@proxy", BAD_SEQUENCE },
	{ "http://%00:hunter2@proxy", BAD_SEQUENCE },
	{ "http://anna:hunter2%00@proxy", BAD_SEQUENCE },
	{ "http://anna%0d%0aX:hunter2@proxy", BAD_SEQUENCE },
	{ "http://anna:hunter2%7f@proxy", BAD_SEQUENCE },
	{ "http://a%3ab:hunter2@proxy", "the user of an HTTP proxy holds a colon" },
	{ "socks5://:hunter2@proxy", "the user of a SOCKS5 proxy is empty" },
	{ "http://anna:hunter2@proxy ", BAD_SPACE },
	{ " http://proxy", BAD_SPACE },
	{ "http://an na:hunter2@proxy", BAD_SPACE },
	{ "http://anna:hunter2\n@proxy", BAD_SPACE },
	{ "http://proxy\x7f", BAD_SPACE },
	{ "http://caf\xc3\xa9", BAD_CHARACTER },
	{ "http://anna:hunter2@pro<xy", BAD_CHARACTER },
	{ "http://[::1", "the bracket of the IPv6 address is not closed" },
	{ "http://[1:2:3]:80", "the IPv6 address is malformed" },
	{ "http://[::g]", "the IPv6 address is malformed" },
	{ "http://anna:hunter2@[1::2::3]", "the IPv6 address is malformed" },
	{ "http://[::1]x", BAD_PORT },
	{ "http://::1", "the host is empty" },
};

/* Some hold a secret, "hunter2", or could; no problem tells it, and nothing of it stays. */
static void bad_urls(void **state)
{
	static const struct nv_proxy nothing;

	for (size_t i = 0; i < COUNT(bad_cases); i++) {
		const char *problem = NULL;
		struct nv_proxy proxy;

		memset(&proxy, 'x', sizeof proxy);
		if (nv_proxy_parse(bad_cases[i].text, &proxy, &problem) != NV_ERR_INVALID)
			fail_msg("accepted: %s", bad_cases[i].text);
		assert_non_null(problem);
		assert_string_equal(problem, bad_cases[i].problem);
		assert_memory_equal(&proxy, &nothing, sizeof proxy);
	}
}

/* "http://", so many bytes of one part, and the rest. */
static int parse_long(const char *before, char c, size_t len, const char *behind)
{
	struct nv_proxy proxy;
	const char *problem;
	char text[1024];
	size_t start = strlen(before);

	memcpy(text, before, start);
	memset(text + start, c, len);
	strcpy(text + start + len, behind);
	return nv_proxy_parse(text, &proxy, &problem);
}

static void lengths(void **state)
{
	assert_int_equal(parse_long("http://", 'h', 255, ":80"), 0);
	assert_int_equal(parse_long("http://", 'h', 256, ":80"), NV_ERR_INVALID);
	assert_int_equal(parse_long("http://", 'u', 255, ":p@h"), 0);
	assert_int_equal(parse_long("http://", 'u', 256, ":p@h"), NV_ERR_INVALID);
	assert_int_equal(parse_long("http://u:", 'p', 255, "@h"), 0);
	assert_int_equal(parse_long("http://u:", 'p', 256, "@h"), NV_ERR_INVALID);
	assert_int_equal(parse_long("http://u:", 'p', 254, "%41@h"), 0);
	assert_int_equal(parse_long("http://u:", 'p', 255, "%41@h"), NV_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-19 the URLs of proxies", good_urls),
		unit_case("CH-19 bad URLs of proxies, whose secrets are not told", bad_urls),
		cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
