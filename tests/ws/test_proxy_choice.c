/* SPDX-License-Identifier: MIT */
/* test_proxy_choice.c: which proxy is asked, by the option and by the environment. */
#include "ws/proxy_choice.h"

#include <stdlib.h>

#include "support/failing_alloc.h"
#include "support/unit.h"

static const char *const variables[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
	                                 "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY" };

static int clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	return 0;
}

static void set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static void expect_with(const char *option, const char *text, const char *expected)
{
	struct nv_proxy_choice choice;
	struct nv_url url;
	const char *chosen;

	failing_alloc_install();
	assert_int_equal(nv_url_parse(text, &url, NULL), 0);
	assert_int_equal(nv_proxy_choice_init(&choice, option), 0);
	chosen = nv_proxy_choice_of(&choice, &url);
	if (expected)
		assert_string_equal(chosen, expected);
	else
		assert_null(chosen);
	nv_proxy_choice_deinit(&choice);
	failing_alloc_remove();
}

static void expect(const char *text, const char *expected)
{
	expect_with(NULL, text, expected);
}

static void none_by_itself(void **state)
{
	(void)state;
	expect("ws://example.org/", NULL);
	expect("wss://example.org/", NULL);
}

static void of_the_scheme(void **state)
{
	(void)state;
	set("http_proxy", "http://plain");
	set("https_proxy", "http://secure");
	set("all_proxy", "http://all");
	expect("ws://example.org/", "http://plain");
	expect("wss://example.org/", "http://secure");
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	expect("ws://example.org/", "http://all");
	expect("wss://example.org/", "http://all");
}

/* HTTP_PROXY may be what a web server's client has said. */
static void in_capitals(void **state)
{
	(void)state;
	set("HTTP_PROXY", "http://PLAIN");
	expect("ws://example.org/", NULL);
	set("HTTPS_PROXY", "http://SECURE");
	expect("wss://example.org/", "http://SECURE");
	set("https_proxy", "http://secure");
	expect("wss://example.org/", "http://secure");
	set("ALL_PROXY", "http://ALL");
	expect("ws://example.org/", "http://ALL");
	set("all_proxy", "http://all");
	expect("ws://example.org/", "http://all");
	set("NO_PROXY", "example.org");
	expect("ws://example.org/", NULL);
	set("no_proxy", "other.example");
	expect("ws://example.org/", "http://all");
}

static void empty_means_none(void **state)
{
	(void)state;
	set("all_proxy", "http://all");
	set("http_proxy", "");
	expect("ws://example.org/", NULL);
	expect("wss://example.org/", "http://all");
}

static void never_for_this_machine(void **state)
{
	static const char *const urls[] = {
		"ws://localhost/",       "ws://LocalHost:81/",  "ws://127.0.0.1/",
		"ws://127.9.9.9/",       "ws://[::1]/",         "ws://[::ffff:127.0.0.1]/",
		"ws://localhost./",      "ws://app.localhost/", "ws://a.b.LOCALHOST.:8080/",
		"ws://0.0.0.0/",         "ws://[::]/",          "ws://127.0.0.1./",
		"ws://[::ffff:0.0.0.0]/"
	};

	(void)state;
	set("all_proxy", "http://all");
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		expect(urls[i], NULL);
		/* But when it is asked for. */
		expect_with("http://option", urls[i], "http://option");
	}
	expect("ws://localhost.example/", "http://all");
	expect("ws://mylocalhost/", "http://all");
	expect("ws://localhost../", "http://all");
	expect("ws://0.0.0.1/", "http://all");
	expect("ws://[::2]/", "http://all");
	expect("ws://128.0.0.1/", "http://all");
}

static void not_for_exceptions(void **state)
{
	(void)state;
	set("all_proxy", "http://all");
	set("no_proxy", "corp.example, 10.0.0.0/8 ,[2001:db8::1]:81");
	expect("ws://a.corp.example/", NULL);
	expect("ws://10.1.2.3/", NULL);
	expect("ws://[2001:db8::1]:81/", NULL);
	expect("ws://[2001:db8::1]/", "http://all");
	expect("ws://notcorp.example/", "http://all");
	expect_with("http://option", "ws://a.corp.example/", "http://option");
}

static void the_option_comes_first(void **state)
{
	(void)state;
	set("all_proxy", "http://all");
	expect_with("", "ws://example.org/", NULL);
	expect_with("socks5://s", "wss://example.org/", "socks5://s");
}

static void survives_without_memory(void **state)
{
	(void)state;
	set("http_proxy", "a");
	set("https_proxy", "b");
	set("no_proxy", "c");
	failing_alloc_install();
	for (size_t nth = 1; nth <= 3; nth++) {
		struct nv_proxy_choice choice;

		failing_alloc_fail(nth, FAIL_ONCE);
		assert_int_equal(nv_proxy_choice_init(&choice, NULL), NV_ERR_NOMEM);
		nv_proxy_choice_deinit(&choice);
	}
	failing_alloc_remove();
}

#define CASE(title, function)                                                                      \
	{                                                                                          \
		title, function, clear, clear, NULL                                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("none by itself", none_by_itself),
		CASE("CH-19 of the scheme", of_the_scheme),
		CASE("CH-19 in capitals", in_capitals),
		CASE("CH-19 empty means none", empty_means_none),
		CASE("CH-19 never for this machine", never_for_this_machine),
		CASE("CH-19 not for exceptions", not_for_exceptions),
		CASE("CH-19 the option comes first", the_option_comes_first),
		CASE("survives without memory", survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
