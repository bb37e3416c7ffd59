/* SPDX-License-Identifier: MIT */
/* test_nonce_real.c: a million handshake keys and masking keys, from the system's own random bytes. */
#include "support/unit.h"

#include <navette/handshake.h>
#include <stdlib.h>

#include "net/random.h"
#include "ws/keys.h"

#define MILLION 1000000u
#define KEY_SIZE 24u
#define KEY_FIELD "Sec-WebSocket-Key: "

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, KEY_SIZE);
}

/* The key in the request that a client writes with the next nonce. */
static void next_key(char *key)
{
	struct nv_handshake_offer offer = { .host = nv_str("a"), .target = nv_str("/") };
	char request[256];
	const char *at;
	int len;

	assert_int_equal(nv_random(offer.nonce, sizeof offer.nonce), 0);
	len = nv_handshake_request(&offer, request, sizeof request - 1);
	assert_true(len > 0);
	request[len] = '\0';
	at = strstr(request, KEY_FIELD) + strlen(KEY_FIELD);
	assert_memory_equal(at + 22, "==\r\n", 4); /* of 16 bytes */
	memcpy(key, at, KEY_SIZE);
}

static void handshake_keys_do_not_repeat(void **state)
{
	char *keys = malloc((size_t)MILLION * KEY_SIZE);

	(void)state;
	assert_non_null(keys);
	for (size_t i = 0; i < MILLION; i++)
		next_key(keys + i * KEY_SIZE);
	qsort(keys, MILLION, KEY_SIZE, compare_keys);
	for (size_t i = 1; i < MILLION; i++)
		assert_true(memcmp(keys + (i - 1) * KEY_SIZE, keys + i * KEY_SIZE, KEY_SIZE) != 0);
	free(keys);
}

static int compare_words(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a;
	uint32_t other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

/* How many keys begin as the one before ends, in `len` bytes. */
static size_t count_overlaps(const uint32_t *keys, size_t len)
{
	size_t overlaps = 0;

	for (size_t i = 1; i < MILLION; i++)
		overlaps += memcmp((const uint8_t *)&keys[i - 1] + 4 - len, &keys[i], len) == 0;
	return overlaps;
}

/* Of a million words of 32 bits some 116 are there twice, by chance: more than 200 or fewer than 50
 * would not happen in the life of this test. */
static void masking_keys_repeat_by_chance_only(void **state)
{
	struct nv_keys *source = calloc(1, sizeof *source);
	uint32_t *keys = malloc(MILLION * sizeof *keys);
	size_t repeats = 0;

	(void)state;
	assert_non_null(source);
	assert_non_null(keys);
	for (size_t i = 0; i < MILLION; i++)
		assert_int_equal(nv_keys_next(source, (uint8_t *)&keys[i]), 0);
	assert_true(count_overlaps(keys, 3) < 10);
	assert_true(count_overlaps(keys, 2) < 60);
	assert_in_range(count_overlaps(keys, 1), 3400, 4400);
	qsort(keys, MILLION, sizeof *keys, compare_words);
	for (size_t i = 1; i < MILLION; i++)
		repeats += keys[i - 1] == keys[i];
	assert_in_range(repeats, 50, 200);
	free(keys);
	free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-02 a million handshake keys", handshake_keys_do_not_repeat),
		unit_case("CH-02 a million masking keys", masking_keys_repeat_by_chance_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
