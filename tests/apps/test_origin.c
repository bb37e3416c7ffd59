/* SPDX-License-Identifier: MIT */
/* test_origin.c: origins in one form each, and the host that is one's own. */
#include "serve/origin.h"

#include "support/unit.h"

static void expect(const char *text, const char *expected)
{
	char origin[NV_ORIGIN_SIZE];

	assert_true(nv_origin_read(nv_str(text), origin));
	assert_string_equal(origin, expected);
}

static void has_one_form(void **state)
{
	expect("https://good.com", "https://good.com");
	expect("HTTPS://GOOD.com:443", "https://good.com");
	expect("http://good.com:80", "http://good.com");
	expect("http://good.com:443", "http://good.com:443");
	expect("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example");
	expect("http://[::1]:8080", "http://[::1]:8080");
	expect("chrome-extension://abcdef", "chrome-extension://abcdef");
	expect("http://a:65535", "http://a:65535");
}

static void refuses_what_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"null",
		"good.com",
		"https:",
		"https://",
		"://good.com",
		"1s://good.com",
		"https://good.com/",
		"https://good.com?",
		"https://u@good.com",
		"https://good.com:",
		"https://good.com:0",
		"https://good.com:0443",
		"https://good.com:65536",
		"https://good.com:999999",
		"https://good.com https://good.com",
		"https://good.com,https://good.com",
		"https://b\303\274cher.example",
		"https://[::1",
		"https://[]",
		"https://a%20b",
		" https://good.com",
	};
	char origin[NV_ORIGIN_SIZE];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(nv_origin_read(nv_str(texts[i]), origin));
}

static void has_room_for_the_longest_host(void **state)
{
	char text[8 + 256 + 7] = "https://";
	char origin[NV_ORIGIN_SIZE];

	memset(text + 8, 'a', 256);
	strcpy(text + 8 + 255, ":65535");
	expect(text, text);
	strcpy(text + 8 + 255, "a");
	assert_false(nv_origin_read(nv_str(text), origin));
}

static void is_its_own_host(void **state)
{
	assert_true(nv_origin_is_host("http://a:8080", nv_str("A:8080"), false));
	assert_true(nv_origin_is_host("http://a", nv_str("a:80"), false));
	assert_false(nv_origin_is_host("http://a", nv_str("a:8080"), false));
	assert_false(nv_origin_is_host("http://a", nv_str("b"), false));
	assert_false(nv_origin_is_host("http://a", (struct nv_bytes){ NULL, 0 }, false));
	assert_true(nv_origin_is_host("https://a", nv_str("a"), true));
	assert_false(nv_origin_is_host("http://a", nv_str("a"), true));
	/* Behind a proxy that speaks TLS. */
	assert_true(nv_origin_is_host("https://a", nv_str("a"), false));
	assert_false(nv_origin_is_host("ftp://a", nv_str("a"), false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("HS-34 an origin has one form", has_one_form),
		unit_case("HS-33 what is no origin is refused", refuses_what_is_none),
		cmocka_unit_test(has_room_for_the_longest_host),
		cmocka_unit_test(is_its_own_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
