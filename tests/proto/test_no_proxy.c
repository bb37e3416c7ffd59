/* SPDX-License-Identifier: MIT */
/* test_no_proxy.c: which hosts need no proxy. */
#include "proto/proxy_url.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct no_proxy_case {
	const char *list;
	const char *host;
	uint16_t port;
	bool excepted;
};

static void check(const struct no_proxy_case *cases, size_t count)
{
	struct guard_page lists, hosts;

	guard_page_init(&lists, 4096);
	guard_page_init(&hosts, 4096);
	for (size_t i = 0; i < count; i++) {
		const struct no_proxy_case *it = &cases[i];
		size_t len = strlen(it->host);
		struct nv_bytes host = { guard_page_copy(&hosts, it->host, len), len };
		const char *list = (char *)guard_page_copy(&lists, it->list, strlen(it->list) + 1);

		if (nv_proxy_is_excepted(list, host, it->port) != it->excepted)
			fail_msg("\"%s\" and %s:%u", it->list, it->host, it->port);
	}
	guard_page_deinit(&hosts);
	guard_page_deinit(&lists);
}

static void domains(void **state)
{
	static const struct no_proxy_case cases[] = {
		{ "example.org", "example.org", 80, true },
		{ "example.org", "www.example.org", 80, true },
		{ "example.org", "a.b.example.org", 80, true },
		{ "example.org", "xexample.org", 80, false },
		{ "example.org", "example.org.evil", 80, false },
		{ "example.org", "example.com", 80, false },
		{ "example.org", "org", 80, false },
		{ "example.org", "", 80, false },
		{ "example.org", ".", 80, false },
		{ ".example.org", "example.org", 80, true },
		{ ".example.org", "www.example.org", 80, true },
		{ ".example.org", "xexample.org", 80, false },
		{ "*.example.org", "example.org", 80, true },
		{ "*.example.org", "www.example.org", 80, true },
		{ "*.example.org", "xexample.org", 80, false },
		{ "*example.org", "xexample.org", 80, false },
		{ "www.*.org", "www.example.org", 80, false },
		{ "..example.org", "example.org", 80, false },
		{ "EXAMPLE.org", "Www.Example.ORG", 80, true },
		{ "example.org.", "www.example.org", 80, true },
		{ "example.org", "www.example.org.", 80, true },
		{ ".example.org.", "example.org.", 80, true },
		{ "example.org", "example.org..", 80, false },
		{ "org", "example.org", 80, true },
		{ "localhost", "localhost", 80, true },
		{ ".", "example.org", 80, false },
		{ "..", "example.org", 80, false },
		{ "*.", "example.org", 80, false },
		{ "", "example.org", 80, false },
		{ "\xc3\xa9.org", "\xc3\x89.org", 80, false },
	};

	check(cases, COUNT(cases));
	assert_false(nv_proxy_is_excepted(NULL, nv_str("example.org"), 80));
}

static void lists(void **state)
{
	static const struct no_proxy_case cases[] = {
		{ "*", "example.org", 80, true },
		{ "*", "::1", 80, true },
		{ "a,*", "example.org", 80, true },
		{ "**", "example.org", 80, false },
		{ "a,b,c", "b", 80, true },
		{ "a,b,c", "c", 80, true },
		{ "a,b,c", "d", 80, false },
		{ " a , b\t,\tc ", "b", 80, true },
		{ "a b c", "b", 80, true },
		{ "a\nb\r\nc", "b", 80, true },
		{ ",, ,a,,", "a", 80, true },
		{ ",, ,", "a", 80, false },
		{ " ", "a", 80, false },
		{ ",a", "", 80, false },
		{ "a,b", "a,b", 80, false },
	};

	check(cases, COUNT(cases));
}

static void ports(void **state)
{
	static const struct no_proxy_case cases[] = {
		{ "example.org:80", "example.org", 80, true },
		{ "example.org:80", "www.example.org", 80, true },
		{ "example.org:80", "example.org", 443, false },
		{ "example.org:080", "example.org", 80, true },
		{ "example.org:8", "example.org", 80, false },
		{ "example.org:65616", "example.org", 80, false },
		{ "example.org:18446744073709551696", "example.org", 80, false },
		{ "example.org:", "example.org", 80, false },
		{ "example.org:x", "example.org", 80, false },
		{ "example.org:80x", "example.org", 80, false },
		{ "example.org:80:80", "example.org", 80, false },
		{ ":80", "example.org", 80, false },
		{ "*:80", "example.org", 80, true },
		{ "*:80", "example.org", 81, false },
		{ "a:1,a:2", "a", 2, true },
		{ "10.0.0.1:80", "10.0.0.1", 80, true },
		{ "10.0.0.1:80", "10.0.0.1", 81, false },
		{ "10.0.0.0/8:80", "10.0.0.1", 80, true },
		{ "10.0.0.0/8:80", "10.0.0.1", 81, false },
		{ "[::1]:80", "::1", 80, true },
		{ "[::1]:80", "::1", 81, false },
		{ "[fd00::]/8:80", "fd12::1", 80, true },
		{ "fd00::/8:80", "fd12::1", 81, false },
		/* This is an address as a whole. */
		{ "::1:80", "::1", 80, false },
		{ "::1:80", "::1:80", 9, true },
	};

	check(cases, COUNT(cases));
}

static void addresses(void **state)
{
	static const struct no_proxy_case cases[] = {
		{ "127.0.0.1", "127.0.0.1", 80, true },
		{ "127.0.0.1", "127.0.0.2", 80, false },
		{ "127.0.0.1", "127.0.0.1.", 80, true },
		/* The end of an address is not a domain, nor is a name an address. */
		{ "0.0.1", "127.0.0.1", 80, false },
		{ ".1", "127.0.0.1", 80, false },
		{ "127.0.0.1", "x.127.0.0.1", 80, false },
		{ "0.0.0.0/0", "example.org", 80, false },
		{ "::1", "::1", 80, true },
		{ "[::1]", "::1", 80, true },
		{ "[::1]", "0:0::0001", 80, true },
		{ "2001:DB8::1", "2001:db8:0:0::1", 80, true },
		{ "::1", "::2", 80, false },
		{ "[", "::1", 80, false },
		{ "[]", "::1", 80, false },
		{ "[::1", "::1", 80, false },
		{ "::1]", "::1", 80, false },
		{ "[::g]", "::1", 80, false },
		/* IPv4 written as IPv6, on either side. */
		{ "10.0.0.1", "::ffff:10.0.0.1", 80, true },
		{ "::ffff:10.0.0.1", "10.0.0.1", 80, true },
	};

	check(cases, COUNT(cases));
}

static void networks(void **state)
{
	static const struct no_proxy_case cases[] = {
		{ "10.0.0.0/8", "10.255.1.2", 80, true },
		{ "10.0.0.0/8", "11.0.0.0", 80, false },
		{ "10.1.2.3/8", "10.9.9.9", 80, true },
		{ "192.168.128.0/17", "192.168.255.1", 80, true },
		{ "192.168.128.0/17", "192.168.127.255", 80, false },
		{ "192.168.0.0/31", "192.168.0.1", 80, true },
		{ "192.168.0.0/31", "192.168.0.2", 80, false },
		{ "192.168.0.1/32", "192.168.0.1", 80, true },
		{ "192.168.0.1/32", "192.168.0.0", 80, false },
		{ "0.0.0.0/0", "1.2.3.4", 80, true },
		{ "0.0.0.0/0", "::1", 80, false },
		{ "10.0.0.0/33", "10.0.0.0", 80, false },
		{ "10.0.0.0/", "10.0.0.0", 80, false },
		{ "10.0.0.0/x", "10.0.0.0", 80, false },
		{ "10.0.0.0/-8", "10.0.0.0", 80, false },
		{ "10.0.0.0/4294967304", "10.0.0.0", 80, false },
		{ "10.0.0.0/8/8", "10.0.0.0", 80, false },
		{ "10.0.0/8", "10.0.0.0", 80, false },
		{ "/8", "10.0.0.0", 80, false },
		{ "example.org/8", "example.org", 80, false },
		{ "fd00::/8", "fdff::1", 80, true },
		{ "fd00::/8", "fe00::1", 80, false },
		{ "[fd00::]/8", "fdff::1", 80, true },
		{ "2001:db8::/33", "2001:db8:7fff::", 80, true },
		{ "2001:db8::/33", "2001:db8:8000::", 80, false },
		{ "::1/128", "::1", 80, true },
		{ "::1/128", "::", 80, false },
		{ "::1/129", "::1", 80, false },
		{ "::/0", "2001:db8::1", 80, true },
		{ "::/0", "1.2.3.4", 80, false },
		{ "::/80", "::ffff:1.2.3.4", 80, false },
		{ "::ffff:0:0/96", "1.2.3.4", 80, true },
		{ "::ffff:10.0.0.0/104", "10.2.3.4", 80, true },
		{ "::ffff:10.0.0.0/104", "11.2.3.4", 80, false },
		{ "10.0.0.0/8", "::ffff:10.2.3.4", 80, true },
		{ "10.0.0.0/8", "a00::", 80, false },
	};

	check(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-19 no proxy for a domain and what is below it", domains),
		cmocka_unit_test(lists),
		cmocka_unit_test(ports),
		cmocka_unit_test(addresses),
		cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
