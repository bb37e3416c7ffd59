/* SPDX-License-Identifier: MIT */
/* test_address.c: addresses to text and back: both families, mapped ones, zones, what is none. */
#include "net/address.h"

#include <stdio.h>

#include "net/inet.h"
#include "support/unit.h"

static void assert_formats(const char *literal, uint16_t port, const char *expected)
{
	struct nv_address address;
	char text[NV_ADDRESS_TEXT];

	assert_true(nv_address_parse(literal, port, &address));
	assert_int_equal(address.port, port);
	memset(text, 'x', sizeof(text));
	nv_address_format(&address, text);
	assert_string_equal(text, expected);
}

static void parses_and_formats(void **state)
{
	assert_formats("127.0.0.1", 8080, "127.0.0.1:8080");
	assert_formats("0.0.0.0", 0, "0.0.0.0:0");
	assert_formats("255.255.255.255", 65535, "255.255.255.255:65535");
	assert_formats("::1", 8080, "[::1]:8080");
	assert_formats("::", 80, "[::]:80");
	assert_formats("2001:DB8:0:0::7", 443, "[2001:db8::7]:443");
	assert_formats("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
	               "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void a_mapped_address_is_ipv4(void **state)
{
	struct nv_address mapped;
	struct nv_address plain;

	assert_formats("::ffff:192.0.2.1", 80, "192.0.2.1:80");
	assert_true(nv_address_parse("::ffff:192.0.2.1", 80, &mapped));
	assert_true(nv_address_parse("192.0.2.1", 80, &plain));
	assert_true(nv_address_is_v4(&mapped));
	assert_memory_equal(&mapped, &plain, sizeof(plain));
	assert_true(nv_address_parse("::192.0.2.1", 80, &plain));
	assert_false(nv_address_is_v4(&plain));
}

static void a_zone_has_a_number_or_a_name(void **state)
{
	struct nv_address address;
	char expected[NV_ADDRESS_TEXT];
	char name[IF_NAMESIZE];
	char literal[IF_NAMESIZE + 16];

	assert_formats("fe80::1%7", 80, "[fe80::1%7]:80");
	assert_formats("fe80::1%65535", 65535, "[fe80::1%65535]:65535");
	assert_non_null(if_indextoname(1, name));
	snprintf(literal, sizeof(literal), "fe80::1%%%s", name);
	snprintf(expected, sizeof(expected), "[fe80::1%%%u]:80", if_nametoindex(name));
	assert_formats(literal, 80, expected);
	assert_true(nv_address_parse("fe80::1", 80, &address));
	assert_int_equal(address.scope, 0);
}

static void what_is_no_literal_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"localhost",
		"127.0.0",
		"127.0.0.1.5",
		"127.0.0.256",
		"127.0.0.1:80",
		" 127.0.0.1",
		"127.0.0.1 ",
		"127.1",
		"0x7f.0.0.1",
		"[::1]",
		"::1 ",
		":::",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"12345::",
		"fe80::1%",
		"fe80::1%0",
		"fe80::1%65536",
		"fe80::1%18446744073709551618",
		"fe80::1%7x",
		"fe80::1%no-such-interface",
		"127.0.0.1%lo",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	const struct nv_address untouched = { .port = 77 };
	struct nv_address address = untouched;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (nv_address_parse(texts[i], 80, &address))
			fail_msg("'%s' was taken for an address", texts[i]);
		assert_memory_equal(&address, &untouched, sizeof(address));
	}
}

static bool is_loopback(const char *text)
{
	struct nv_address address;

	assert_true(nv_address_parse(text, 0, &address));
	return nv_address_is_loopback(&address);
}

static void loopback_is_known(void **state)
{
	assert_true(is_loopback("127.0.0.1"));
	assert_true(is_loopback("127.255.255.254"));
	assert_true(is_loopback("::1"));
	assert_true(is_loopback("::ffff:127.0.0.1"));
	assert_false(is_loopback("128.0.0.1"));
	assert_false(is_loopback("0.0.0.0"));
	assert_false(is_loopback("::"));
	assert_false(is_loopback("::2"));
	assert_false(is_loopback("::7f00:1"));
}

static void assert_group(const char *text, const char *other, bool same)
{
	uint8_t groups[2][NV_ADDRESS_GROUP];
	struct nv_address address;

	assert_true(nv_address_parse(text, 1, &address));
	nv_address_group(&address, groups[0]);
	assert_true(nv_address_parse(other, 2, &address));
	nv_address_group(&address, groups[1]);
	assert_int_equal(memcmp(groups[0], groups[1], sizeof(groups[0])) == 0, same);
}

static void ipv6_is_counted_by_network(void **state)
{
	assert_group("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true);
	assert_group("2001:db8:1:2::1", "2001:db8:1:3::1", false);
	assert_group("2001:db8:1:2::1", "2002:db8:1:2::1", false);
	assert_group("192.0.2.1", "::ffff:192.0.2.1", true);
	assert_group("192.0.2.1", "192.0.2.2", false);
	assert_group("192.0.2.1", "::192.0.2.1", false);
	assert_group("::1", "::2", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_formats),
		cmocka_unit_test(a_mapped_address_is_ipv4),
		cmocka_unit_test(a_zone_has_a_number_or_a_name),
		cmocka_unit_test(what_is_no_literal_is_refused),
		cmocka_unit_test(loopback_is_known),
		cmocka_unit_test(ipv6_is_counted_by_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
