/* SPDX-License-Identifier: MIT */
/* test_frame.c: heads of frames: written in their shortest form, read in that form only. */
#include "proto/frame.h"

#include "support/unit.h"

static const uint64_t edges[] = {
	UINT16_MAX - 1,    UINT16_MAX,        UINT16_MAX + 1, UINT16_MAX + 2,
	INT32_MAX,         (uint64_t)1 << 31, UINT32_MAX,     (uint64_t)1 << 32,
	(uint64_t)1 << 62, INT64_MAX - 1,     INT64_MAX,
};

/* How long a head must be: RFC 6455 5.2. */
static size_t shortest(uint64_t len, bool masked)
{
	size_t size = len <= 125 ? 2 : len <= 65535 ? 4 : 10;

	return masked ? size + 4 : size;
}

static uint64_t number_at(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 256 + bytes[i];
	return value;
}

/* What a head says, read without the library. */
static uint64_t length_in(const uint8_t *head)
{
	unsigned first = head[1] & 0x7f;

	return first < 126 ? first : number_at(head + 2, first == 126 ? 2 : 8);
}

static void expect_head(uint64_t len, bool masked)
{
	const struct nv_frame frame = {
		true, 0, NV_BINARY, masked, { 0xde, 0xad, 0xbe, 0xef }, len
	};
	uint8_t head[NV_FRAME_HEAD_MAX + 1];
	size_t size;
	uint64_t read;

	memset(head, 0x5a, sizeof(head));
	size = nv_frame_write(&frame, head);
	assert_int_equal(size, shortest(len, masked));
	assert_int_equal(head[size], 0x5a);
	assert_int_equal(head[0], 0x82);
	assert_int_equal(head[1] >> 7, masked);
	assert_true(length_in(head) == len);
	if (masked)
		assert_memory_equal(head + size - 4, frame.key, 4);
	assert_int_equal(2 + nv_frame_length_size(head[1]), shortest(len, false));
	assert_true(nv_frame_read_length(head, &read));
	assert_true(read == len);
}

static void test_every_length_is_in_its_shortest_form(void **state)
{
	for (uint64_t len = 0; len <= 70000; len++) {
		expect_head(len, false);
		expect_head(len, true);
	}
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		expect_head(edges[i], false);
		expect_head(edges[i], true);
	}
}

static void test_the_first_byte_says_everything(void **state)
{
	for (unsigned first = 0; first < 256; first++) {
		const struct nv_frame frame = { .fin = first >> 7,
			                        .rsv = first >> 4 & 7,
			                        .opcode = first & 15 };
		uint8_t head[NV_FRAME_HEAD_MAX];

		assert_int_equal(nv_frame_write(&frame, head), 2);
		assert_int_equal(head[0], first);
		assert_int_equal(head[1], 0);
	}
}

static void test_the_size_of_a_length(void **state)
{
	for (unsigned second = 0; second < 256; second++) {
		unsigned len = second & 0x7f;

		assert_int_equal(nv_frame_length_size((uint8_t)second), len == 126   ? 2
		                                                        : len == 127 ? 8
		                                                                     : 0);
	}
}

static bool reads(uint8_t second, uint64_t len, uint64_t *read)
{
	uint8_t head[10] = { 0x82, second };
	size_t size = nv_frame_length_size(second);

	for (size_t i = 0; i < size; i++)
		head[2 + i] = (uint8_t)(len >> 8 * (size - 1 - i));
	return nv_frame_read_length(head, read);
}

static void test_a_length_that_is_not_in_its_shortest_form(void **state)
{
	uint64_t read;

	for (uint64_t len = 0; len <= UINT16_MAX; len++) {
		assert_int_equal(reads(126, len, &read), len >= 126);
		assert_int_equal(reads(0xfe, len, &read), len >= 126);
		assert_false(reads(127, len, &read));
		assert_false(reads(0xff, len, &read));
	}
	for (uint64_t len = UINT16_MAX + 1; len <= 70000; len++) {
		assert_true(reads(127, len, &read));
		assert_true(read == len);
	}
}

static void test_a_length_with_its_highest_bit_set(void **state)
{
	static const uint64_t wrong[] = { (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1,
		                          ((uint64_t)1 << 63) + UINT32_MAX, UINT64_MAX };
	uint64_t read;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(reads(127, wrong[i], &read));
		assert_false(reads(0xff, wrong[i], &read));
		assert_true(reads(0xff, wrong[i] >> 1, &read));
	}
}

static void test_control_opcodes(void **state)
{
	for (uint8_t opcode = 0; opcode < 16; opcode++)
		assert_int_equal(nv_opcode_is_control(opcode), opcode >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("F-08 F-30 every length is in its shortest form",
		          test_every_length_is_in_its_shortest_form),
		cmocka_unit_test(test_the_first_byte_says_everything),
		cmocka_unit_test(test_the_size_of_a_length),
		unit_case("F-09 a length that is not in its shortest form",
		          test_a_length_that_is_not_in_its_shortest_form),
		unit_case("F-10 a length with its highest bit set",
		          test_a_length_with_its_highest_bit_set),
		cmocka_unit_test(test_control_opcodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
