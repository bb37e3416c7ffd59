/* SPDX-License-Identifier: MIT */
/* test_url.c: ws:// and wss:// URLs, and the values in a query. */
#include <navette/handshake.h>

#include "proto/authority.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int parse_guarded(struct guard_page *page, const char *text, struct nv_url *url,
                         const char **problem)
{
	return nv_url_parse((const char *)guard_page_copy(page, text, strlen(text) + 1), url,
	                    problem);
}

static void good_urls(void **state)
{
	static const struct {
		const char *text;
		bool secure;
		uint16_t port;
		const char *host;
		const char *target;
	} cases[] = {
		{ "ws://example.org", false, 80, "example.org", "/" },
		{ "wss://example.org", true, 443, "example.org", "/" },
		{ "WS://example.org/", false, 80, "example.org", "/" },
		{ "wSs://Example.ORG/a/b", true, 443, "Example.ORG", "/a/b" },
		{ "ws://localhost:8080/chat?x=1&y=2", false, 8080, "localhost:8080",
		  "/chat?x=1&y=2" },
		{ "ws://a?x=1", false, 80, "a", "/?x=1" },
		{ "ws://a/?", false, 80, "a", "/?" },
		{ "ws://a?", false, 80, "a", "/?" },
		{ "ws://a/b?c?d/e", false, 80, "a", "/b?c?d/e" },
		{ "ws://a:80/", false, 80, "a", "/" },
		{ "wss://a:443/", true, 443, "a", "/" },
		{ "ws://a:443/", false, 443, "a:443", "/" },
		{ "wss://a:80/", true, 80, "a:80", "/" },
		{ "ws://a:1/", false, 1, "a:1", "/" },
		{ "ws://a:65535/", false, 65535, "a:65535", "/" },
		{ "ws://a:/x", false, 80, "a", "/x" },
		{ "ws://a:0080/", false, 80, "a", "/" },
		{ "ws://[::1]/", false, 80, "[::1]", "/" },
		{ "wss://[2001:DB8::1]:8443/x", true, 8443, "[2001:DB8::1]:8443", "/x" },
		{ "ws://[::ffff:127.0.0.1]:", false, 80, "[::ffff:127.0.0.1]", "/" },
		{ "ws://127.0.0.1:9/", false, 9, "127.0.0.1:9", "/" },
		{ "ws://a/%C3%A9%20b?c=%23", false, 80, "a", "/%C3%A9%20b?c=%23" },
		{ "ws://a/b@c:d//..?", false, 80, "a", "/b@c:d//..?" },
		{ "ws://xn--caf-dma.example/", false, 80, "xn--caf-dma.example", "/" },
	};
	struct guard_page page;

	guard_page_init(&page, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nv_url url;
		const char *problem = "unset";
		char out[128];

		assert_int_equal(parse_guarded(&page, cases[i].text, &url, &problem), 0);
		assert_null(problem);
		assert_int_equal(url.secure, cases[i].secure);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(nv_url_host(&url, out, sizeof out), strlen(cases[i].host));
		assert_string_equal(out, cases[i].host);
		assert_int_equal(nv_url_target(&url, out, sizeof out), strlen(cases[i].target));
		assert_string_equal(out, cases[i].target);
	}
	guard_page_deinit(&page);
}

static void parts_are_slices(void **state)
{
	struct nv_url url;

	assert_int_equal(nv_url_parse("ws://[::1]:80/a?", &url, NULL), 0);
	assert_true(url.literal_v6);
	assert_true(nv_bytes_is(url.host, "::1"));
	assert_true(nv_bytes_is(url.path, "/a"));
	assert_non_null(url.query.data);
	assert_int_equal(url.query.len, 0);
	assert_int_equal(nv_url_parse("ws://a", &url, NULL), 0);
	assert_false(url.literal_v6);
	assert_int_equal(url.path.len, 0);
	assert_null(url.query.data);
}

static void bad_urls(void **state)
{
	static const char *const texts[] = {
		"",
		"ws",
		"ws:",
		"ws:/",
		"ws://",
		"ws:///a",
		"ws://:80/",
		"ws://?x",
		"http://a/",
		"https://a/",
		"wsss://a/",
		"ws:a",
		"//a/",
		"a",
		" ws://a/",
		"ws://a/ ",
		"ws://a/b c",
		"ws://a\t/",
		"ws://a/\n",
		"ws://a/\r\nX: y",
		"ws://a/\x7f",
		"ws://caf\xc3\xa9/",
		"ws://a/\xc3\xa9",
		"ws://a/#f",
		"ws://a#",
		"ws://a/?#",
		"ws://user@a/",
		"ws://user:secret@a/",
		"ws://@a/",
		"ws://good\\@evil/",
		"ws://a\\b/",
		"ws://a:0/",
		"ws://a:65536/",
		"ws://a:4294967376/",
		"ws://a:18446744073709551696/",
		"ws://a:-1/",
		"ws://a:+1/",
		"ws://a:8x/",
		"ws://a:80:80/",
		"ws://a: 80/",
		"ws://::1/",
		"ws://[::1/",
		"ws://[::1]x/",
		"ws://[::1]80/",
		"ws://[]/",
		"ws://[1:2]/",
		"ws://[1.2.3.4]/",
		"ws://[::g]/",
		"ws://[:::]/",
		"ws://[1::2::3]/",
		"ws://[::1.2.3]/",
		"ws://[1:2:3:4:5:6:7]/",
		"ws://[12345::]/",
		"ws://[fe80::1%25eth0]/",
		"ws://[v1.a:b:c]/",
		"ws://a%2/",
		"ws://a%gg/",
		"ws://a<b/",
	};
	struct guard_page page;

	guard_page_init(&page, 4096);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct nv_url url;
		const char *problem = NULL;

		if (parse_guarded(&page, texts[i], &url, &problem) != NV_ERR_INVALID)
			fail_msg("accepted: %s", texts[i]);
		assert_non_null(problem);
		assert_int_equal(nv_url_parse(texts[i], &url, NULL), NV_ERR_INVALID);
	}
	guard_page_deinit(&page);
}

static void problems_tell_what_is_wrong(void **state)
{
	static const char *const cases[][2] = {
		{ "http://a/", "the URL does not start with ws:// or wss://" },
		{ "ws://a/#f", "a WebSocket URL has no fragment" },
		{ "ws://u:p@a/", "user information before the host is not supported" },
		{ "ws://a:99999/", "the port is not a number from 1 to 65535" },
		{ "ws://a/b c", "the URL holds a space, a control or a non-ASCII character" },
		{ "ws:///x", "the host is empty" },
		{ "ws://[:::]/", "the IPv6 address is malformed" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nv_url url;
		const char *problem = NULL;

		nv_url_parse(cases[i][0], &url, &problem);
		assert_string_equal(problem, cases[i][1]);
	}
}

/* What follows the text in memory is never looked at. */
static void authority_is_read_to_its_end_only(void **state)
{
	static const char *const bad[] = { "a%", "a%4", "[::1", "[", ":", "%" };
	static const char *const good[] = { "a", "a%41", "[::1]", "[::1]:", "a:", "a:80" };
	struct nv_authority authority;
	struct guard_page page;

	guard_page_init(&page, 64);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct nv_bytes text = nv_str(bad[i]);

		text.data = guard_page_copy(&page, text.data, text.len);
		assert_non_null(nv_authority_parse(text, &authority));
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		struct nv_bytes text = nv_str(good[i]);

		text.data = guard_page_copy(&page, text.data, text.len);
		assert_null(nv_authority_parse(text, &authority));
	}
	guard_page_deinit(&page);
}

/* Writes into exactly `size` bytes in front of a guard. */
static void texts_must_fit(void **state)
{
	struct guard_page page;
	struct nv_url url;
	const size_t host_len = strlen("[::1]:8080");
	const size_t target_len = strlen("/a?b");

	guard_page_init(&page, 4096);
	assert_int_equal(nv_url_parse("ws://[::1]:8080/a?b", &url, NULL), 0);
	for (size_t size = 0; size <= host_len; size++) {
		char *out = (char *)guard_page_copy(&page, "aaaaaaaaaaaaaaaa", size);

		assert_int_equal(nv_url_host(&url, out, size), NV_ERR_TOO_BIG);
		out = (char *)guard_page_copy(&page, "aaaaaaaaaaaaaaaa", size);
		assert_int_equal(nv_url_target(&url, out, size),
		                 size > target_len ? (int)target_len : NV_ERR_TOO_BIG);
	}
	assert_int_equal(nv_url_host(&url, (char *)guard_page_copy(&page, "", 0) - host_len - 1,
	                             host_len + 1),
	                 host_len);
	guard_page_deinit(&page);
}

static int value_of(const char *query, const char *name, char *out, size_t size)
{
	struct guard_page page;
	struct nv_bytes bytes = { NULL, strlen(query) };
	int result;

	guard_page_init(&page, 4096);
	bytes.data = guard_page_copy(&page, query, bytes.len);
	result = nv_query_value(bytes, name, out, size);
	guard_page_deinit(&page);
	return result;
}

static void expect_query(const char *query, const char *name, const char *value)
{
	char out[64];

	assert_int_equal(value_of(query, name, out, sizeof out), strlen(value));
	assert_string_equal(out, value);
}

static void query_values(void **state)
{
	expect_query("pseudo=Ana", "pseudo", "Ana");
	expect_query("format=json&pseudo=Ana", "pseudo", "Ana");
	expect_query("format=json&pseudo=Ana", "format", "json");
	expect_query("pseudo=%C3%89lo%c3%afse%20%26+co", "pseudo", "\xc3\x89lo\xc3\xafse &+co");
	expect_query("pseudo=", "pseudo", "");
	expect_query("pseudo", "pseudo", "");
	expect_query("&&pseudo=x&", "pseudo", "x");
	expect_query("pseudo=a&pseudo=b", "pseudo", "a");
	expect_query("pseudo=a=b", "pseudo", "a=b");
	expect_query("a=%zz&b=1", "b", "1");
	expect_query("xpseudo=1&pseudox=2&pseudo=3", "pseudo", "3");
	expect_query("p=%0a%7F%FF", "p", "\n\x7f\xff");
}

static void query_values_that_are_not_there(void **state)
{
	char out[8];

	assert_int_equal(nv_query_value((struct nv_bytes){ NULL, 0 }, "a", out, sizeof out),
	                 NV_ERR_NOT_FOUND);
	assert_int_equal(value_of("", "a", out, sizeof out), NV_ERR_NOT_FOUND);
	assert_int_equal(value_of("b=a", "a", out, sizeof out), NV_ERR_NOT_FOUND);
	assert_int_equal(value_of("b&A=1&&", "a", out, sizeof out), NV_ERR_NOT_FOUND);
}

static void broken_query_values(void **state)
{
	static const char *const queries[] = { "a=%",   "a=%4", "a=%4&b", "a=x%zz", "a=%4g",
		                               "a=%g4", "a=%%", "a=%00",  "a=x%00y" };
	char out[16];

	for (size_t i = 0; i < COUNT(queries); i++)
		assert_int_equal(value_of(queries[i], "a", out, sizeof out), NV_ERR_INVALID);
}

static void query_values_must_fit(void **state)
{
	char out[5] = "....";

	assert_int_equal(value_of("a=%61bc", "a", out, 0), NV_ERR_TOO_BIG);
	assert_int_equal(value_of("a=%61bc", "a", out, 3), NV_ERR_TOO_BIG);
	assert_int_equal(out[3], '.');
	assert_int_equal(value_of("a=%61bc", "a", out, 4), 3);
	assert_string_equal(out, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-01 CH-03 hosts, ports and targets of URLs", good_urls),
		cmocka_unit_test(parts_are_slices),
		unit_case("CH-03 bad URLs", bad_urls),
		cmocka_unit_test(problems_tell_what_is_wrong),
		cmocka_unit_test(authority_is_read_to_its_end_only),
		cmocka_unit_test(texts_must_fit),
		cmocka_unit_test(query_values),
		cmocka_unit_test(query_values_that_are_not_there),
		cmocka_unit_test(broken_query_values),
		cmocka_unit_test(query_values_must_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
