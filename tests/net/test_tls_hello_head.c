/* SPDX-License-Identifier: MIT */
/* test_tls_hello_head.c: what a ClientHello announces is seen however it is cut. */
#include "net/tls_hello_head.h"

#include "support/blob.h"
#include "support/unit.h"

#define HANDSHAKE 22
#define CIPHER_SPEC 20
#define DATA 23

/* One record with what it holds. */
static void add_record(struct blob *blob, uint8_t type, const uint8_t *data, size_t len)
{
	const uint8_t head[5] = { type, 3, 1, (uint8_t)(len >> 8), (uint8_t)len };

	blob_append(blob, head, sizeof head);
	if (len > 0)
		blob_append(blob, data, len);
}

/* A message of `type` that announces `len` bytes and has them, in records of `cut`. */
static void add_message(struct blob *blob, uint8_t type, size_t len, size_t cut)
{
	static uint8_t message[4 + 70000];
	const uint8_t head[4] = { type, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };
	size_t size = sizeof head + len;

	memcpy(message, head, sizeof head);
	for (size_t from = 0; from < size; from += cut)
		add_record(blob, HANDSHAKE, message + from, size - from < cut ? size - from : cut);
}

/* In pieces of every kind; all have to say the same. */
static bool is_fine(const struct blob *blob)
{
	static const size_t pieces[] = { 100000, 1, 2, 3, 7, 4096 };
	bool fine = true;

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct nv_tls_hello_head head = { 0 };
		bool now = true;

		for (size_t from = 0; from < blob->len && now; from += pieces[i]) {
			size_t left = blob->len - from;

			now = nv_tls_hello_head_read(
				&head,
				(struct nv_bytes){ blob->data + from, left < pieces[i] ? left : pieces[i] });
		}
		assert_true(i == 0 || now == fine);
		fine = now;
	}
	return fine;
}

static void assert_fine(struct blob *blob, bool fine)
{
	assert_int_equal(is_fine(blob), fine);
	blob_free(blob);
	*blob = (struct blob){ 0 };
}

static void a_hello_may_have_16_kib(void **state)
{
	static const size_t cuts[] = { 1, 2, 3, 4, 5, 100, 16384 };
	struct blob blob = { 0 };

	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		add_message(&blob, 1, NV_TLS_HELLO_MAX, cuts[i]);
		assert_fine(&blob, true);
		add_message(&blob, 1, NV_TLS_HELLO_MAX + 1, cuts[i]);
		assert_fine(&blob, false);
	}
}

static void nine_bytes_are_enough_to_refuse(void **state)
{
	static const uint8_t head[] = { HANDSHAKE, 3, 1, 0, 4, 1, 2, 1, 0x44 };
	struct blob blob = { 0 };

	blob_append(&blob, head, sizeof head - 1);
	assert_fine(&blob, true);
	blob_append(&blob, head, sizeof head);
	assert_fine(&blob, false);
}

static void the_second_hello_counts_too(void **state)
{
	static const uint8_t one = 1;
	struct blob blob = { 0 };

	add_message(&blob, 1, 300, 16384);
	add_record(&blob, CIPHER_SPEC, &one, 1);
	add_message(&blob, 1, 400, 16384);
	assert_fine(&blob, true);
	add_message(&blob, 1, 300, 16384);
	add_record(&blob, CIPHER_SPEC, &one, 1);
	add_message(&blob, 1, NV_TLS_HELLO_MAX + 1, 2);
	assert_fine(&blob, false);
}

/* What follows is encrypted, or another message: nothing that it seems to announce counts. */
static void nothing_else_is_looked_at(void **state)
{
	static const uint8_t long_hello[] = { 1, 2, 0, 0 };
	struct blob blob = { 0 };

	add_message(&blob, 1, 300, 16384);
	add_record(&blob, DATA, long_hello, sizeof long_hello);
	add_record(&blob, HANDSHAKE, long_hello, sizeof long_hello);
	assert_fine(&blob, true);
	add_message(&blob, 16, 65000, 16384);
	add_record(&blob, HANDSHAKE, long_hello, sizeof long_hello);
	assert_fine(&blob, true);
	add_record(&blob, HANDSHAKE, long_hello, 0);
	add_record(&blob, HANDSHAKE, long_hello, sizeof long_hello);
	assert_fine(&blob, true);
	blob_append(&blob, "GET / HTTP/1.1\r\n", 16);
	add_record(&blob, HANDSHAKE, long_hello, sizeof long_hello);
	assert_fine(&blob, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_may_have_16_kib),
		cmocka_unit_test(nine_bytes_are_enough_to_refuse),
		cmocka_unit_test(the_second_hello_counts_too),
		cmocka_unit_test(nothing_else_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
