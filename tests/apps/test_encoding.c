/* SPDX-License-Identifier: MIT */
/* test_encoding.c: hex digits and base64, there and back, and what is neither. */
#include "text/encoding.h"

#include <stdlib.h>

#include "support/unit.h"

static uint8_t decoded[4096];

static void check_hex(const char *text, const char *bytes, int len)
{
	assert_int_equal(nv_hex_decode(nv_str(text), decoded), len);
	if (len > 0)
		assert_memory_equal(decoded, bytes, (size_t)len);
}

static void check_base64(const char *text, const char *bytes, int len)
{
	assert_int_equal(nv_base64_decode(nv_str(text), decoded), len);
	if (len > 0)
		assert_memory_equal(decoded, bytes, (size_t)len);
}

static void test_hex(void **state)
{
	check_hex("", "", 0);
	check_hex("00ff1bAf", "\x00\xff\x1b\xaf", 4);
	check_hex(" 68 65  6c6c6f ", "hello", 5);
}

static void test_not_hex(void **state)
{
	static const char *const texts[] = { "0",    "000",  "0 0", "0g", "g0",
		                             "0x00", "00\n", "@0",  "G0" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_hex(texts[i], "", NV_ERR_INVALID);
}

/* RFC 4648 10 */
static void test_base64(void **state)
{
	check_base64("", "", 0);
	check_base64("Zg==", "f", 1);
	check_base64("Zm8=", "fo", 2);
	check_base64("Zm9v", "foo", 3);
	check_base64("Zm9vYg==", "foob", 4);
	check_base64("Zm9vYmFy", "foobar", 6);
	check_base64("Zm9vYg", "foob", 4);
	check_base64("+/+/", "\xfb\xff\xbf", 3);
}

static void test_not_base64(void **state)
{
	static const char *const texts[] = { "Z",    "A",    "Zm9vY",    "Zm9vA", "Zg=",
		                             "=",    "====", "Zg==Zg==", "Zm9-",  "Zm 9v",
		                             "Zh==", "Zm9=", "Z===",     "Zm9v=" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_base64(texts[i], "", NV_ERR_INVALID);
}

static struct nv_bytes some_bytes(size_t len)
{
	static uint8_t bytes[3000];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + len);
	return (struct nv_bytes){ bytes, len };
}

static struct nv_bytes written(void (*write)(FILE *file, struct nv_bytes bytes),
                               struct nv_bytes bytes)
{
	static char text[8192];
	FILE *file = fmemopen(text, sizeof text, "w");

	assert_non_null(file);
	write(file, bytes);
	assert_int_equal(fflush(file), 0);
	bytes = (struct nv_bytes){ (uint8_t *)text, (size_t)ftell(file) };
	fclose(file);
	return bytes;
}

/* Also where base64 is written in pieces. */
static void test_there_and_back(void **state)
{
	static const size_t lens[] = { 0, 1, 2, 3, 4, 5, 767, 768, 769, 770, 1536, 2000 };

	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		struct nv_bytes bytes = some_bytes(lens[i]);
		struct nv_bytes hex = written(nv_hex_write, bytes);
		struct nv_bytes base64;

		assert_int_equal(hex.len, 2 * lens[i]);
		assert_int_equal(nv_hex_decode(hex, decoded), (int)lens[i]);
		assert_memory_equal(decoded, bytes.data, lens[i]);
		base64 = written(nv_base64_write, bytes);
		assert_int_equal(base64.len, NV_BASE64_SIZE(lens[i]));
		assert_int_equal(nv_base64_decode(base64, decoded), (int)lens[i]);
		assert_memory_equal(decoded, bytes.data, lens[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("hex digits of either case, with spaces between bytes", test_hex),
		unit_case("what is not pairs of hex digits", test_not_hex),
		unit_case("base64 with and without padding", test_base64),
		unit_case("what is not base64", test_not_base64),
		unit_case("bytes of any length come back", test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
