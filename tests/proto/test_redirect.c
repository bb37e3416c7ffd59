/* SPDX-License-Identifier: MIT */
/* test_redirect.c: where redirects lead. */
#include "proto/redirect.h"
#include "support/guard_page.h"
#include "support/prng.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROOM 512

static struct guard_page page;

static struct nv_url parsed(const char *text)
{
	struct nv_url url;

	assert_int_equal(nv_url_parse(text, &url, NULL), 0);
	return url;
}

static int resolve(const char *from, const char *location, char *out, const char **problem)
{
	struct nv_url url = parsed(from);
	size_t len = strlen(location);
	struct nv_bytes value = { guard_page_copy(&page, location, len), len };

	return nv_redirect_resolve(&url, value, out, ROOM, problem);
}

static void expect(const char *from, const char *location, const char *to)
{
	const char *problem = "unset";
	char out[ROOM] = "";
	int len = resolve(from, location, out, &problem);

	if (len < 0)
		fail_msg("%s -> %s: %s", from, location, problem);
	assert_string_equal(out, to);
	assert_int_equal(len, strlen(to));
	assert_null(problem);
	parsed(out);
}

/* RFC 3986 5.4, with ws in the place of http, and no fragments. What is not there leads to other schemes
 * or, with a scheme and no host, nowhere. */
static void the_reference_examples(void **state)
{
	static const char *const cases[][2] = {
		/* 5.4.1 */
		{ "g", "ws://a/b/c/g" },
		{ "./g", "ws://a/b/c/g" },
		{ "g/", "ws://a/b/c/g/" },
		{ "/g", "ws://a/g" },
		{ "//g", "ws://g" },
		{ "?y", "ws://a/b/c/d;p?y" },
		{ "g?y", "ws://a/b/c/g?y" },
		{ "#s", "ws://a/b/c/d;p?q" },
		{ "g#s", "ws://a/b/c/g" },
		{ "g?y#s", "ws://a/b/c/g?y" },
		{ ";x", "ws://a/b/c/;x" },
		{ "g;x", "ws://a/b/c/g;x" },
		{ "g;x?y#s", "ws://a/b/c/g;x?y" },
		{ "", "ws://a/b/c/d;p?q" },
		{ ".", "ws://a/b/c/" },
		{ "./", "ws://a/b/c/" },
		{ "..", "ws://a/b/" },
		{ "../", "ws://a/b/" },
		{ "../g", "ws://a/b/g" },
		{ "../..", "ws://a/" },
		{ "../../", "ws://a/" },
		{ "../../g", "ws://a/g" },
		/* 5.4.2 */
		{ "../../../g", "ws://a/g" },
		{ "../../../../g", "ws://a/g" },
		{ "/./g", "ws://a/g" },
		{ "/../g", "ws://a/g" },
		{ "g.", "ws://a/b/c/g." },
		{ ".g", "ws://a/b/c/.g" },
		{ "g..", "ws://a/b/c/g.." },
		{ "..g", "ws://a/b/c/..g" },
		{ "./../g", "ws://a/b/g" },
		{ "./g/.", "ws://a/b/c/g/" },
		{ "g/./h", "ws://a/b/c/g/h" },
		{ "g/../h", "ws://a/b/c/h" },
		{ "g;x=1/./y", "ws://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "ws://a/b/c/y" },
		{ "g?y/./x", "ws://a/b/c/g?y/./x" },
		{ "g?y/../x", "ws://a/b/c/g?y/../x" },
		{ "g#s/./x", "ws://a/b/c/g" },
		{ "g#s/../x", "ws://a/b/c/g" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect("ws://a/b/c/d;p?q", cases[i][0], cases[i][1]);
}

static void redirects(void **state)
{
	static const char *const cases[][3] = {
		{ "ws://a/", "ws://b/x", "ws://b/x" },
		{ "ws://a/", "http://b/x", "ws://b/x" },
		{ "ws://a/", "https://b/x?y", "wss://b/x?y" },
		{ "ws://a/", "wss://b", "wss://b" },
		{ "wss://a/", "HTTPS://B", "wss://B" },
		{ "ws://a/", "HtTp://b?x#y", "ws://b?x" },
		{ "wss://a:8443/x", "//b:99/y", "wss://b:99/y" },
		{ "wss://a:8443/x", "/y", "wss://a:8443/y" },
		{ "wss://a:443/x", "/y", "wss://a/y" },
		{ "ws://[::1]:8080/x", "y", "ws://[::1]:8080/y" },
		{ "ws://a/", "ws://[::1]:8080/", "ws://[::1]:8080/" },
		{ "ws://a/", "http://b/x/../y/./z", "ws://b/y/z" },
		{ "ws://a/", "http://b/..", "ws://b/" },
		{ "ws://a/", "http://b/?../x", "ws://b/?../x" },
		/* A base without a path. */
		{ "ws://a", "g", "ws://a/g" },
		{ "ws://a?x", "../g", "ws://a/g" },
		{ "ws://a?x", "", "ws://a?x" },
		{ "ws://a", "?y", "ws://a?y" },
		{ "ws://a/b?x", "?", "ws://a/b?" },
		/* What the path was stays if the reference has none (RFC 3986 5.2.2). */
		{ "ws://a/b/../c?x", "?y", "ws://a/b/../c?y" },
		{ "ws://a/b/../c/d", "g", "ws://a/c/g" },
		/* A colon that ends no scheme. */
		{ "ws://a/b", "1:2", "ws://a/1:2" },
		{ "ws://a/b", "./c:d", "ws://a/c:d" },
		{ "ws://a/b", "c/d:e", "ws://a/c/d:e" },
		{ "ws://a/b", "?c:d", "ws://a/b?c:d" },
		{ "ws://a/b", ":c", "ws://a/:c" },
		{ "ws://a/b", "c_d:e", "ws://a/c_d:e" },
		/* Slashes, dots, and what looks like them. */
		{ "ws://a/b", "/c//d/../e", "ws://a/c//e" },
		{ "ws://a/b", "/c/d///../e", "ws://a/c/d//e" },
		{ "ws://a/b", "/%2e%2e/c", "ws://a/%2e%2e/c" },
		{ "ws://a/b", "/...", "ws://a/..." },
		{ "ws://a/b", "/c/.", "ws://a/c/" },
		{ "ws://a/b", "/\\b", "ws://a/\\b" },
		{ "ws://a/", "g# \x01\xff", "ws://a/g" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i][0], cases[i][1], cases[i][2]);
}

static void redirects_that_are_not_followed(void **state)
{
	static const char *const chars =
		"the redirect's URL holds a space, a control or a non-ASCII character";
	static const char *const scheme =
		"the redirect leads to a scheme that is none of ws, wss, http and https";
	static const char *const down = "the redirect leads from wss to ws";
	static const char *const user = "user information before the host is not supported";
	static const char *const no_host = "the redirect's URL has a scheme and no host";
	const struct {
		const char *from;
		const char *location;
		const char *problem;
	} cases[] = {
		{ "wss://a/", "ws://a/", down },
		{ "wss://a/", "http://a/", down },
		{ "wss://a:8443/", "HTTP://a:8443/", down },
		{ "ws://a/", "ftp://a/", scheme },
		{ "ws://a/", "javascript:alert(1)", scheme },
		{ "ws://a/", "data:,x", scheme },
		{ "wss://a/", "file:///etc/passwd", scheme },
		{ "ws://a/", "g:h", scheme },
		{ "ws://a/", "a+b-c.d1:x", scheme },
		{ "ws://a/", "httpss://a/", scheme },
		{ "ws://a/", "ws:g", no_host },
		{ "ws://a/", "http:/g", no_host },
		{ "ws://a/", "https:", no_host },
		{ "ws://a/", "ws://", "the host is empty" },
		{ "ws://a/", "//", "the host is empty" },
		{ "ws://a/", "///x", "the host is empty" },
		{ "ws://a/", "http:///x", "the host is empty" },
		{ "ws://a/", "http://anna:secret@b/", user },
		{ "ws://a/", "//anna@b/", user },
		{ "ws://a/", "http://b:0/", "the port is not a number from 1 to 65535" },
		{ "ws://a/", "http://b:65536/", "the port is not a number from 1 to 65535" },
		{ "ws://a/", "http://b\\c/", "the host holds a character that no host name has" },
		{ "ws://a/", "http://[::1/", "the bracket of the IPv6 address is not closed" },
		{ "ws://a/", "b c", chars },
		{ "ws://a/", " b", chars },
		{ "ws://a/", "b\r\nX: y", chars },
		{ "ws://a/", "b\t", chars },
		{ "ws://a/", "\xc3\xa9", chars },
		{ "ws://a/", "b\x7f", chars },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *problem = NULL;
		char out[ROOM];

		if (resolve(cases[i].from, cases[i].location, out, &problem) != NV_ERR_INVALID)
			fail_msg("followed: %s", cases[i].location);
		assert_non_null(problem);
		assert_string_equal(problem, cases[i].problem);
	}
}

/* A zero byte does not end a Location, and none at all is an empty one. */
static void slices(void **state)
{
	struct nv_url from = parsed("ws://a/b");
	struct nv_bytes zero = { (const uint8_t *)"c\0d", 3 };
	const char *problem;
	char out[ROOM];

	assert_int_equal(nv_redirect_resolve(&from, zero, out, ROOM, &problem), NV_ERR_INVALID);
	assert_non_null(problem);
	assert_int_equal(
		nv_redirect_resolve(&from, (struct nv_bytes){ NULL, 0 }, out, ROOM, &problem), 8);
	assert_string_equal(out, "ws://a/b");
}

static void texts_must_fit(void **state)
{
	static const char *const locations[] = { "../g/./h?y", "//host/x/..", "wss://b/x", "?" };
	struct nv_url from = parsed("ws://[::1]:8080/a/b/c/d");
	char room[ROOM] = { 0 };

	for (size_t i = 0; i < COUNT(locations); i++) {
		struct nv_bytes location = nv_str(locations[i]);
		const char *problem = "unset";
		int len = nv_redirect_resolve(&from, location, room, ROOM, &problem);
		/* Dots are there before they are removed. */
		const size_t enough = (size_t)len + strlen("/../../") + 1;

		assert_true(len > 0);
		for (size_t size = 0; size < enough; size++) {
			char *out = (char *)guard_page_copy(&page, room, size);
			int result = nv_redirect_resolve(&from, location, out, size, &problem);

			assert_true(result == NV_ERR_TOO_BIG || result == len);
			assert_true(result == NV_ERR_TOO_BIG || size > (size_t)len);
			if (result < 0)
				assert_string_equal(problem, "the URL of the redirect is too long");
			else
				assert_null(problem);
		}
		assert_int_equal(nv_redirect_resolve(&from, location, room, enough, &problem), len);
	}
}

/* Whatever it is made of, the result has no dots left and is as long as it says. */
static void random_paths(void **state)
{
	static const char *const pieces[] = { "/", "/", ".", "..", "/..", "/.", "a", "//", "bc" };
	struct prng prng = { 3 };

	for (size_t round = 0; round < 50000; round++) {
		size_t count = prng_below(&prng, 12);
		char location[64] = "http://h/";
		char out[ROOM], again[ROOM];
		const char *problem;
		int len;

		for (size_t i = 0; i < count; i++)
			strcat(location, pieces[prng_below(&prng, COUNT(pieces))]);
		len = resolve("ws://a/", location, out, &problem);
		assert_int_equal(len, strlen(out));
		assert_null(strstr(out, "/./"));
		assert_null(strstr(out, "/../"));
		assert_int_equal(resolve("ws://a/", out, again, &problem), len);
		assert_string_equal(out, again);
	}
}

static void statuses(void **state)
{
	for (int status = 0; status < 1000; status++) {
		bool is = status == 301 || status == 302 || status == 303 || status == 307 ||
		          status == 308;

		assert_int_equal(nv_redirect_is(status), is);
	}
}

static void secrets(void **state)
{
	static const struct {
		const char *from;
		const char *to;
		bool kept;
	} cases[] = {
		{ "ws://a/x", "ws://a/y?z", true },
		{ "ws://Example.org/", "ws://eXAMPLE.ORG:80/", true },
		{ "ws://a:8080/", "ws://a:8080/", true },
		{ "ws://a/", "wss://a/", true },
		{ "ws://a:8080/", "wss://a:8080/", true },
		{ "wss://a/", "wss://a:443/", true },
		{ "ws://[::1]/", "ws://[::1]/", true },
		{ "wss://a/", "ws://a/", false },
		{ "wss://a:80/", "ws://a:80/", false },
		{ "ws://a/", "ws://b/", false },
		{ "ws://a/", "ws://aa/", false },
		{ "ws://a/", "ws://x.a/", false },
		{ "ws://a/", "ws://a:81/", false },
		{ "ws://a/", "wss://a:8443/", false },
		{ "ws://a:8080/", "wss://a/", false },
		{ "wss://a:80/", "wss://a/", false },
		{ "wss://a/", "wss://a:444/", false },
		{ "ws://a/", "ws://a:443/", false },
		{ "ws://a/", "ws://[a::]/", false },
		{ "ws://a/", "wss://b/", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nv_url from = parsed(cases[i].from);
		struct nv_url to = parsed(cases[i].to);

		if (nv_redirect_keeps_secrets(&from, &to) != cases[i].kept)
			fail_msg("%s -> %s", cases[i].from, cases[i].to);
	}
	/* An address is not a name that looks like it. */
	struct nv_url name = { .port = 80, .host = nv_str("::1") };
	struct nv_url address = { .port = 80, .host = nv_str("::1"), .literal_v6 = true };

	assert_false(nv_redirect_keeps_secrets(&name, &address));
}

static void stripped_fields(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "Origin: http://a\r\n", "Origin: http://a\r\n" },
		{ "Authorization: Basic YTpi\r\n", "" },
		{ "A: 1\r\nauthorization: x\r\nB: 2\r\n", "A: 1\r\nB: 2\r\n" },
		{ "COOKIE: a=b\r\nPROXY-Authorization:x\r\nC:\r\n", "C:\r\n" },
		{ "Cookie:\r\nCookie: a\r\nCookie: b\r\n", "" },
		{ "Cookies: 1\r\nX-Cookie: 2\r\nAuth: Cookie: 3\r\n",
		  "Cookies: 1\r\nX-Cookie: 2\r\nAuth: Cookie: 3\r\n" },
		/* What is no line stays what it is, and is refused elsewhere. */
		{ "A: 1", "A: 1" },
		{ "Cookie", "" },
		{ "\r\nCookie: a\r\n", "\r\n" },
		{ " Cookie\t: a\r\nA: 1\r\n", "A: 1\r\n" },
	};
	char out[ROOM];

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *copy = (char *)guard_page_copy(&page, out, strlen(cases[i][0]) + 1);

		nv_redirect_strip(cases[i][0], copy);
		assert_string_equal(copy, cases[i][1]);
	}
	nv_redirect_strip(NULL, out);
	assert_string_equal(out, "");
}

static int make_page(void **state)
{
	guard_page_init(&page, 4096);
	return 0;
}

static int free_page(void **state)
{
	guard_page_deinit(&page);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_examples),
		unit_case("CH-08 where redirects lead", redirects),
		unit_case("CH-08 redirects that are never followed",
		          redirects_that_are_not_followed),
		cmocka_unit_test(slices),
		cmocka_unit_test(texts_must_fit),
		cmocka_unit_test(random_paths),
		cmocka_unit_test(statuses),
		unit_case("CH-08 secrets stay with their host and port", secrets),
		unit_case("CH-08 fields that are secrets", stripped_fields),
	};

	return cmocka_run_group_tests(tests, make_page, free_page);
}
