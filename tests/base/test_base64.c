/* SPDX-License-Identifier: MIT */
/* test_base64.c: the vectors of RFC 4648 and RFC 6455, every length, and what is not base64. */
#include "base/base64.h"

#include "base/sha1.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define LENGTHS 201u
#define UNTOUCHED '#'

static void assert_encoded(const char *data, size_t len, const char *expected)
{
	char out[64];

	memset(out, UNTOUCHED, sizeof(out));
	nv_base64_encode((const uint8_t *)data, len, out);
	assert_int_equal(NV_BASE64_SIZE(len), strlen(expected));
	assert_memory_equal(out, expected, strlen(expected));
	assert_int_equal(out[strlen(expected)], UNTOUCHED);
	assert_int_equal(nv_base64_length(nv_str(expected)), len);
}

/* RFC 4648 10 */
static void encodes_the_vectors_of_rfc4648(void **state)
{
	assert_encoded("", 0, "");
	assert_encoded("f", 1, "Zg==");
	assert_encoded("fo", 2, "Zm8=");
	assert_encoded("foo", 3, "Zm9v");
	assert_encoded("foob", 4, "Zm9vYg==");
	assert_encoded("fooba", 5, "Zm9vYmE=");
	assert_encoded("foobar", 6, "Zm9vYmFy");
	assert_encoded(NULL, 0, "");
}

/* RFC 6455 1.3: the nonce and the accept value of the example. */
static void encodes_the_handshake_of_rfc6455(void **state)
{
	assert_encoded("the sample nonce", 16, "dGhlIHNhbXBsZSBub25jZQ==");
	assert_encoded("\xb3\x7a\x4f\x2c\xc0\x62\x4f\x16\x90\xf6"
	               "\x46\x06\xcf\x38\x59\x45\xb2\xbe\xc4\xea",
	               20, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void encodes_the_whole_alphabet(void **state)
{
	assert_encoded("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f", 12, "ABCDEFGHIJKLMNOP");
	assert_encoded("\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f", 12, "QRSTUVWXYZabcdef");
	assert_encoded("\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf", 12, "ghijklmnopqrstuv");
	assert_encoded("\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf", 12, "wxyz0123456789+/");
}

/* SHA-1 of all texts of 0 to 200 bytes in a row, as Python's base64 and hashlib give it. Byte i of
 * the data of n bytes is i * 7 + n. */
static void encodes_every_length(void **state)
{
	static char texts[LENGTHS * NV_BASE64_SIZE(LENGTHS)];
	const uint8_t expected[NV_SHA1_SIZE] = { 0xe4, 0x78, 0x93, 0x28, 0x4b, 0x01, 0x43,
		                                 0x95, 0x43, 0x96, 0xd3, 0x36, 0xcc, 0x6a,
		                                 0xcb, 0x6b, 0xde, 0xa3, 0xf9, 0x3e };
	uint8_t data[LENGTHS], digest[NV_SHA1_SIZE];
	struct guard_page page;
	size_t used = 0, n, i;

	guard_page_init(&page, LENGTHS);
	for (n = 0; n < LENGTHS; n++) {
		for (i = 0; i < n; i++)
			data[i] = (uint8_t)(i * 7 + n);
		nv_base64_encode(guard_page_copy(&page, data, n), n, texts + used);
		used += NV_BASE64_SIZE(n);
	}
	guard_page_deinit(&page);
	assert_int_equal(used, 27068);
	nv_sha1(texts, used, digest);
	assert_memory_equal(digest, expected, sizeof(expected));
}

static void assert_length(const char *text, int expected)
{
	struct guard_page page;
	struct nv_bytes bytes = nv_str(text);

	guard_page_init(&page, bytes.len);
	bytes.data = guard_page_copy(&page, text, bytes.len);
	assert_int_equal(nv_base64_length(bytes), expected);
	guard_page_deinit(&page);
}

/* RFC 6455 4.2.1 shows a key whose last four bits are not zero. */
static void pad_bits_may_be_anything(void **state)
{
	assert_length("AQIDBAUGBwgJCgsMDQ4PEC==", 16);
	assert_length("AQIDBAUGBwgJCgsMDQ4PEA==", 16);
	assert_length("//==", 1);
	assert_length("///=", 2);
}

static void nothing_is_no_bytes(void **state)
{
	assert_length("", 0);
	assert_int_equal(nv_base64_length((struct nv_bytes){ NULL, 0 }), 0);
}

static void padding_must_be_right(void **state)
{
	const char *const wrong[] = { "=",     "==",      "===",      "====",     "A",
		                      "AA",    "AAA",     "AAAAA",    "A===",     "A=AA",
		                      "AA=A",  "=AAA",    "AA==AAAA", "AAA=AAAA", "AAAA====",
		                      "AAAA=", "AAAAA===" };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_length(wrong[i], NV_ERR_INVALID);
}

static void spaces_and_other_alphabets_are_refused(void **state)
{
	assert_length("AQIDBAUGBwgJCgsM-Q4PEA==", NV_ERR_INVALID);
	assert_length("AQIDBAUGBwgJCgsM_Q4PEA==", NV_ERR_INVALID);
	assert_length("AQIDBAUG wgJCgsMDQ4PEA==", NV_ERR_INVALID);
	assert_length(" QIDBAUGBwgJCgsMDQ4PEA==", NV_ERR_INVALID);
	assert_length("AAA\n", NV_ERR_INVALID);
	assert_int_equal(nv_base64_length((struct nv_bytes){ (const uint8_t *)"AA\0A", 4 }),
	                 NV_ERR_INVALID);
}

static int is_in_alphabet(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

static void each_of_the_256_bytes_is_known(void **state)
{
	uint8_t text[4] = { 'A', 'A', 'A', 'A' };
	int c;

	for (c = 0; c < 256; c++) {
		text[1] = (uint8_t)c;
		assert_int_equal(nv_base64_length((struct nv_bytes){ text, 4 }),
		                 is_in_alphabet(c) ? 3 : NV_ERR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_the_vectors_of_rfc4648),
		cmocka_unit_test(encodes_the_handshake_of_rfc6455),
		cmocka_unit_test(encodes_the_whole_alphabet),
		cmocka_unit_test(encodes_every_length),
		cmocka_unit_test(pad_bits_may_be_anything),
		cmocka_unit_test(nothing_is_no_bytes),
		cmocka_unit_test(padding_must_be_right),
		cmocka_unit_test(spaces_and_other_alphabets_are_refused),
		cmocka_unit_test(each_of_the_256_bytes_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
