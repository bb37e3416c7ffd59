/* SPDX-License-Identifier: MIT */
/* test_close.c: every status that there is, and the payload of a Close. */
#include "proto/close.h"

#include "support/guard_page.h"
#include "support/unit.h"

/* RFC 6455 7.4.1, and 1012 to 1014 of the IANA registry. */
static const uint16_t registered[] = { 1000, 1001, 1002, 1003, 1007, 1008,
	                               1009, 1010, 1011, 1012, 1013, 1014 };

static bool may_be_on_the_wire(unsigned status)
{
	for (size_t i = 0; i < sizeof(registered) / sizeof(registered[0]); i++) {
		if (registered[i] == status)
			return true;
	}
	return status / 1000 == 3 || status / 1000 == 4;
}

struct answer {
	uint16_t deserved;
	uint16_t status;
	struct nv_bytes reason;
	const char *error;
};

static struct guard_page page;

static struct answer read_payload(const void *payload, size_t len)
{
	struct answer a = { 0, 0, { NULL, 0 }, NULL };
	struct nv_bytes bytes = { guard_page_copy(&page, payload, len), len };

	a.deserved = nv_close_read(bytes, &a.status, &a.reason, &a.error);
	assert_int_equal(a.deserved != 0, a.error != NULL);
	return a;
}

static void test_every_status(void **state)
{
	for (unsigned status = 0; status <= UINT16_MAX; status++) {
		const uint8_t payload[] = { (uint8_t)(status >> 8), (uint8_t)status };
		struct answer a = read_payload(payload, sizeof(payload));

		assert_int_equal(nv_status_is_sendable((uint16_t)status),
		                 may_be_on_the_wire(status));
		assert_int_equal(a.deserved, may_be_on_the_wire(status) ? 0 : 1002);
		assert_int_equal(a.status, status);
		assert_int_equal(a.reason.len, 0);
	}
}

static void test_an_empty_payload(void **state)
{
	struct answer a = read_payload("", 0);

	assert_int_equal(a.deserved, 0);
	assert_int_equal(a.status, 1005);
	assert_int_equal(a.reason.len, 0);
	assert_int_equal(
		nv_close_read((struct nv_bytes){ NULL, 0 }, &a.status, &a.reason, &a.error), 0);
	assert_int_equal(a.status, 1005);
}

static void test_a_payload_of_one_byte(void **state)
{
	for (unsigned value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;

		assert_int_equal(read_payload(&byte, 1).deserved, 1002);
	}
}

static void test_a_reason_of_every_length(void **state)
{
	uint8_t payload[2 + NV_REASON_MAX];

	memset(payload, 'r', sizeof(payload));
	payload[0] = 1000 >> 8;
	payload[1] = 1000 & 0xff;
	for (size_t len = 2; len <= sizeof(payload); len++) {
		struct answer a = read_payload(payload, len);

		assert_int_equal(a.deserved, 0);
		assert_int_equal(a.status, 1000);
		assert_int_equal(a.reason.len, len - 2);
		assert_memory_equal(a.reason.data, payload + 2, len - 2);
	}
}

static void test_a_reason_that_is_not_utf8(void **state)
{
	static const char *const wrong[] = { "\x80",       "\xc0\xaf",         "\xed\xa0\x80",
		                             "a\xff",      "\xf4\x90\x80\x80", "\xc3",
		                             "ok \xe2\x82" };
	char payload[20] = { 1000 >> 8, (char)(1000 & 0xff) };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		strcpy(payload + 2, wrong[i]);
		assert_int_equal(read_payload(payload, 2 + strlen(wrong[i])).deserved, 1007);
	}
	strcpy(payload + 2, "à bientôt");
	assert_int_equal(read_payload(payload, 2 + strlen("à bientôt")).deserved, 0);
	/* A status that may not be on the wire counts more. */
	payload[1] = (char)(1005 & 0xff);
	strcpy(payload + 2, "\xff");
	assert_int_equal(read_payload(payload, 3).deserved, 1002);
}

static int open_page(void **state)
{
	guard_page_init(&page, 200);
	return 0;
}

static int close_page(void **state)
{
	guard_page_deinit(&page);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("K-03 K-04 K-05 every status", test_every_status),
		unit_case("K-01 an empty payload", test_an_empty_payload),
		unit_case("K-02 a payload of one byte", test_a_payload_of_one_byte),
		cmocka_unit_test(test_a_reason_of_every_length),
		unit_case("U-08 a reason that is not UTF-8", test_a_reason_that_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, open_page, close_page);
}
