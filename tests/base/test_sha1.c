/* SPDX-License-Identifier: MIT */
/* test_sha1.c: the vectors of RFC 3174 and RFC 6455, and every length around the block borders. */
#include "base/sha1.h"

#include <stdio.h>
#include <string.h>

#include "support/guard_page.h"
#include "support/unit.h"

#define LENGTHS 201u

static void assert_digest(const void *data, size_t len, const char *expected)
{
	uint8_t digest[NV_SHA1_SIZE];
	char hex[2 * NV_SHA1_SIZE + 1];
	unsigned int i;

	nv_sha1(data, len, digest);
	for (i = 0; i < NV_SHA1_SIZE; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
	assert_string_equal(hex, expected);
}

static void assert_text_digest(const char *text, const char *expected)
{
	assert_digest(text, strlen(text), expected);
}

/* `unit`, `count` times. */
static void assert_repeated_digest(const char *unit, size_t count, const char *expected)
{
	const size_t len = strlen(unit);
	char *text = test_malloc(len * count);
	size_t i;

	for (i = 0; i < count; i++)
		memcpy(text + i * len, unit, len);
	assert_digest(text, len * count, expected);
	test_free(text);
}

/* RFC 3174 7.3 */
static void hashes_the_vectors_of_rfc3174(void **state)
{
	assert_text_digest("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_text_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	                   "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	assert_repeated_digest("a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	assert_repeated_digest("01234567", 80, "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

static void hashes_nothing(void **state)
{
	assert_digest(NULL, 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_digest("", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

/* RFC 6455 1.3: key and GUID of the example. */
static void hashes_the_handshake_of_rfc6455(void **state)
{
	assert_text_digest("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
	                   "b37a4f2cc0624f1690f64606cf385945b2bec4ea");
}

/* The padding changes at 55 and 56, 63 and 64, 119 and 120 bytes. */
static void pads_right_at_the_block_borders(void **state)
{
	assert_repeated_digest("a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a");
	assert_repeated_digest("a", 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699");
	assert_repeated_digest("a", 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
	assert_repeated_digest("a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d");
	assert_repeated_digest("a", 65, "11655326c708d70319be2610e8a57d9a5b959d3b");
	assert_repeated_digest("a", 119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
	assert_repeated_digest("a", 120, "f34c1488385346a55709ba056ddd08280dd4c6d6");
	assert_repeated_digest("a", 128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0");
}

/* The digest of the digests of all lengths from 0 to 200, as Python's hashlib gives it. Byte i of
 * the message of n bytes is i * 7 + n. */
static void hashes_every_length(void **state)
{
	static uint8_t digests[LENGTHS * NV_SHA1_SIZE];
	uint8_t message[LENGTHS];
	struct guard_page page;
	size_t n, i;

	guard_page_init(&page, LENGTHS);
	for (n = 0; n < LENGTHS; n++) {
		for (i = 0; i < n; i++)
			message[i] = (uint8_t)(i * 7 + n);
		nv_sha1(guard_page_copy(&page, message, n), n, digests + n * NV_SHA1_SIZE);
	}
	guard_page_deinit(&page);
	assert_digest(digests, sizeof(digests), "d0de06f4c5cb01efe13d538b17bbc0bd8144a1c2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_the_vectors_of_rfc3174),
		cmocka_unit_test(hashes_nothing),
		cmocka_unit_test(hashes_the_handshake_of_rfc6455),
		cmocka_unit_test(pads_right_at_the_block_borders),
		cmocka_unit_test(hashes_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
