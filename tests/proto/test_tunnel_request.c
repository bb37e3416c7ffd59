/* SPDX-License-Identifier: MIT */
/* test_tunnel_request.c: CONNECT, and Basic credentials. */
#include "proto/tunnel_request.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROOM 512

static void expect(const char *authority, const char *user, const char *password,
                   const char *request)
{
	char out[ROOM];
	int len = nv_tunnel_request(authority, user, password, out, sizeof out);

	assert_int_equal(len, strlen(request));
	assert_memory_equal(out, request, strlen(request));
}

static void requests(void **state)
{
	expect("example.org:80", NULL, NULL,
	       "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n");
	expect("[2001:db8::1]:443", NULL, "ignored",
	       "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n");
	/* RFC 7617 2 */
	expect("a:1", "Aladdin", "open sesame",
	       "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n"
	       "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
	expect("a:1", "", NULL,
	       "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n"
	       "Proxy-Authorization: Basic Og==\r\n\r\n");
	expect("a:1", "u", "a:b",
	       "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n"
	       "Proxy-Authorization: Basic dTphOmI=\r\n\r\n");
}

static void what_can_not_be_asked(void **state)
{
	static const char *const authorities[] = { "",      "a",      "a:",    "a:0",
		                                   ":80",   "u@a:1",  "a b:1", "a:1\r\n",
		                                   "[::1]", "::1:80", "a:1/",  "a:1 b:1" };
	static const char *const users[][2] = {
		{ "a:b", "" },     { "a\n", "" }, { "a\tb", "" },  { "a\x7f", "" },
		{ "a", "b\r\nc" }, { "a", "\1" }, { "a", "\x1f" },
	};
	char out[ROOM];

	for (size_t i = 0; i < COUNT(authorities); i++) {
		if (nv_tunnel_request(authorities[i], NULL, NULL, out, ROOM) != NV_ERR_INVALID)
			fail_msg("accepted: %s", authorities[i]);
	}
	for (size_t i = 0; i < COUNT(users); i++)
		assert_int_equal(nv_tunnel_request("a:1", users[i][0], users[i][1], out, ROOM),
		                 NV_ERR_INVALID);
}

static void credentials(void **state)
{
	static const char *const cases[][2] = {
		{ "user:pass", "Basic dXNlcjpwYXNz" },
		{ "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		{ "test:123\xc2\xa3", "Basic dGVzdDoxMjPCow==" }, /* RFC 7617 2.1 */
		{ ":", "Basic Og==" },
		{ "a:", "Basic YTo=" },
		{ "a:b", "Basic YTpi" },
		{ "a:b:c", "Basic YTpiOmM=" },
	};
	static const char *const bad[] = { "", "user", "a\n:b", "a:b\r", "a:\x7f", "a:b\tc" };
	char out[ROOM];

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(nv_basic_credentials(cases[i][0], out, sizeof out),
		                 strlen(cases[i][1]));
		assert_string_equal(out, cases[i][1]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(nv_basic_credentials(bad[i], out, sizeof out), NV_ERR_INVALID);
}

/* Written into exactly `size` bytes in front of a guard. */
static void texts_must_fit(void **state)
{
	const size_t request = strlen("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n"
	                              "Proxy-Authorization: Basic dTpw\r\n\r\n");
	const size_t basic = strlen("Basic dTpw");
	char room[128] = { 0 };
	struct guard_page page;

	guard_page_init(&page, sizeof room);
	for (size_t size = 0; size < sizeof room; size++) {
		char *out = (char *)guard_page_copy(&page, room, size);

		assert_int_equal(nv_tunnel_request("a:1", "u", "p", out, size),
		                 size < request ? NV_ERR_TOO_BIG : (int)request);
		out = (char *)guard_page_copy(&page, room, size);
		assert_int_equal(nv_basic_credentials("u:p", out, size),
		                 size <= basic ? NV_ERR_TOO_BIG : (int)basic);
	}
	guard_page_deinit(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-19 what an HTTP proxy is asked", requests),
		unit_case("CH-19 what no proxy can be asked", what_can_not_be_asked),
		cmocka_unit_test(credentials),
		cmocka_unit_test(texts_must_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
