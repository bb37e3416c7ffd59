/* SPDX-License-Identifier: MIT */
/* test_ip.c: IP addresses as text, which have to be read as inet_pton reads them. */
#include <arpa/inet.h>

#include "proto/ip.h"
#include "support/guard_page.h"
#include "support/prng.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct guard_page page;

/* What the system makes of it. */
static bool system_parse(const char *text, struct nv_ip *ip)
{
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(ip->bytes, v4, sizeof v4);
	ip->dotted = inet_pton(AF_INET, text, ip->bytes + NV_IP_V4_AT) == 1;
	return ip->dotted || inet_pton(AF_INET6, text, ip->bytes) == 1;
}

static bool compare(const char *text)
{
	struct nv_bytes bytes = { guard_page_copy(&page, text, strlen(text)), strlen(text) };
	struct nv_ip expected, ip;
	bool valid = system_parse(text, &expected);

	if (nv_ip_parse(bytes, &ip) != valid)
		fail_msg("%s is %s", text, valid ? "refused" : "accepted");
	if (!valid)
		return false;
	assert_int_equal(ip.dotted, expected.dotted);
	assert_memory_equal(ip.bytes, expected.bytes, sizeof ip.bytes);
	return true;
}

static void addresses(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",
		"127.0.0.1",
		"255.255.255.255",
		"10.20.30.40",
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:DB8:0:0:0:0:0:1",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1:2:3::6:7:8",
		"0001:0002:0003:0004:0005:0006:0007:0008",
		"::ffff:10.0.0.1",
		"1:2:3:4:5:6:7.8.9.10",
		"1::5:6:7.8.9.10",
		"::1.2.3.4",
		"fe80::abcd:EF01",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (!compare(texts[i]))
			fail_msg("%s is no address", texts[i]);
	}
}

static void no_addresses(void **state)
{
	static const char *const texts[] = {
		"",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		"1.2.3.4.5",
		".1.2.3.4",
		"1..3.4",
		"1.2.3.256",
		"1.2.3.1000",
		"01.2.3.4",
		"1.2.3.00",
		"1.2.3.x",
		"0x1.2.3.4",
		" 1.2.3.4",
		"1.2.3.4 ",
		":",
		":::",
		":1",
		"1:",
		"::1:",
		":::1",
		"1:::2",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4::5:6:7:8",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::",
		"12345::",
		"g::",
		"::g",
		"1::1.2.3",
		"1::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1.2.3.4::",
		"::1%1",
		"[::1]",
		"example.org",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (compare(texts[i]))
			fail_msg("%s is an address", texts[i]);
	}
}

/* Texts made of what addresses are made of, so that some of them are. */
static void as_the_system_reads_them(void **state)
{
	static const char *const pieces[] = { ":",   "::", "::", ":",  "0",  "1",    "ff",  "1234",
		                              "255", "12", ".",  "1.", "2.", "3.4.", "5.6", "g" };
	struct prng prng = { 7 };
	size_t valid = 0;

	for (size_t round = 0; round < 300000; round++) {
		size_t count = 1 + prng_below(&prng, 12);
		char text[64] = "";

		for (size_t i = 0; i < count; i++)
			strcat(text, pieces[prng_below(&prng, COUNT(pieces))]);
		valid += compare(text);
	}
	assert_true(valid > 1000);
}

static void families(void **state)
{
	struct nv_ip ip;

	assert_true(nv_ip_parse(nv_str("10.0.0.1"), &ip));
	assert_true(ip.dotted && nv_ip_is_v4(&ip));
	assert_true(nv_ip_parse(nv_str("::ffff:10.0.0.1"), &ip));
	assert_true(!ip.dotted && nv_ip_is_v4(&ip));
	assert_true(nv_ip_parse(nv_str("::10.0.0.1"), &ip));
	assert_true(!ip.dotted && !nv_ip_is_v4(&ip));
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
		cmocka_unit_test(addresses),
		cmocka_unit_test(no_addresses),
		cmocka_unit_test(as_the_system_reads_them),
		cmocka_unit_test(families),
	};

	return cmocka_run_group_tests(tests, make_page, free_page);
}
