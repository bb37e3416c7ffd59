/* SPDX-License-Identifier: MIT */
/* test_mask.c: masking against its definition, octet by octet (RFC 6455 5.3), at every alignment,
 * length and phase. */
#include "proto/mask.h"

#include <string.h>

#include "support/guard_page.h"
#include "support/prng.h"
#include "support/unit.h"

#define OFFSETS 64u
#define LENGTHS 257u
#define MARGIN 16u
#define ROOM (OFFSETS + LENGTHS + MARGIN)

static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };
static uint8_t payload[LENGTHS];

static int fill_payload(void **state)
{
	struct prng prng = { 3 };

	prng_fill(&prng, payload, sizeof(payload));
	return 0;
}

/* RFC 6455 5.3: transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4). */
static void mask_by_definition(uint8_t *to, const uint8_t *from, size_t len, size_t offset)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = from[i] ^ key[(offset + i) % 4];
}

/* RFC 6455 5.7 */
static void unmasks_the_example_of_rfc6455(void **state)
{
	uint8_t hello[5] = { 0x7f, 0x9f, 0x4d, 0x51, 0x58 };

	nv_mask(hello, hello, sizeof(hello), key, 0);
	assert_memory_equal(hello, "Hello", 5);
}

static void nothing_is_nothing(void **state)
{
	uint8_t byte = 42;

	nv_mask(NULL, NULL, 0, key, 3);
	nv_mask(&byte, &byte, 0, key, 0);
	assert_int_equal(byte, 42);
}

static void a_key_of_zeros_changes_nothing(void **state)
{
	const uint8_t zeros[4] = { 0 };
	uint8_t copy[LENGTHS];

	nv_mask(copy, payload, LENGTHS, zeros, 1);
	assert_memory_equal(copy, payload, LENGTHS);
}

/* In place at `align`, everything around the payload compared as well. */
static void check_in_place(size_t align, size_t len, size_t phase)
{
	static _Alignas(64) uint8_t room[ROOM], expected[ROOM];

	memset(room, 0xee, sizeof(room));
	memcpy(room + align, payload, len);
	memcpy(expected, room, sizeof(room));
	mask_by_definition(expected + align, payload, len, phase);
	nv_mask(room + align, room + align, len, key, phase);
	if (memcmp(room, expected, sizeof(room)) != 0)
		fail_msg("in place: alignment %zu, length %zu, phase %zu", align, len, phase);
}

/* Copying from one alignment to another, with the source left alone. */
static void check_copy(size_t align, size_t len, size_t phase)
{
	static _Alignas(64) uint8_t from[ROOM], to[ROOM], expected[ROOM];
	const size_t target = (align * 7 + len) % OFFSETS;

	memcpy(from + align, payload, len);
	memset(to, 0xee, sizeof(to));
	memset(expected, 0xee, sizeof(expected));
	mask_by_definition(expected + target, payload, len, phase);
	nv_mask(to + target, from + align, len, key, phase);
	if (memcmp(to, expected, sizeof(to)) != 0 || memcmp(from + align, payload, len) != 0)
		fail_msg("copy: alignment %zu, length %zu, phase %zu", align, len, phase);
}

static void for_each_place(void (*check)(size_t align, size_t len, size_t phase))
{
	size_t align, len, phase;

	for (align = 0; align < OFFSETS; align++) {
		for (len = 0; len < LENGTHS; len++) {
			for (phase = 0; phase < 4; phase++)
				check(align, len, phase);
		}
	}
}

static void masks_in_place_anywhere(void **state)
{
	for_each_place(check_in_place);
}

static void masks_copies_anywhere(void **state)
{
	for_each_place(check_copy);
}

static void touches_nothing_behind_the_end(void **state)
{
	struct guard_page from, to;
	uint8_t expected[LENGTHS];
	const uint8_t *source;
	uint8_t *target;
	size_t len, phase;

	guard_page_init(&from, LENGTHS);
	guard_page_init(&to, LENGTHS);
	for (len = 0; len < LENGTHS; len++) {
		for (phase = 0; phase < 4; phase++) {
			mask_by_definition(expected, payload, len, phase);
			source = guard_page_copy(&from, payload, len);
			target = guard_page_copy(&to, "", 0) - len;
			nv_mask(target, source, len, key, phase);
			assert_memory_equal(target, expected, len);
		}
	}
	guard_page_deinit(&from);
	guard_page_deinit(&to);
}

/* What is masked may be anything; what is written tells. */
static void tells_whether_all_is_ascii(void **state)
{
	uint8_t text[LENGTHS], masked[LENGTHS], out[LENGTHS];
	size_t len, phase, high;

	memset(text, 0x7f, sizeof(text));
	for (len = 0; len < LENGTHS; len++) {
		for (phase = 0; phase < 4; phase++) {
			mask_by_definition(masked, text, len, phase);
			assert_true(nv_mask(out, masked, len, key, phase));
			for (high = 0; high < len; high++) {
				masked[high] ^= 0x80;
				if (nv_mask(out, masked, len, key, phase))
					fail_msg("length %zu, phase %zu, at %zu", len, phase, high);
				masked[high] ^= 0x80;
			}
		}
	}
}

/* A payload that comes in two reads: the offset carries the key on. */
static void masks_in_pieces_as_in_one(void **state)
{
	uint8_t whole[LENGTHS], pieces[LENGTHS];
	size_t cut;

	mask_by_definition(whole, payload, LENGTHS, 0);
	for (cut = 0; cut <= LENGTHS; cut++) {
		nv_mask(pieces, payload, cut, key, 0);
		nv_mask(pieces + cut, payload + cut, LENGTHS - cut, key, cut);
		assert_memory_equal(pieces, whole, LENGTHS);
	}
}

static void the_largest_offsets_keep_the_phase(void **state)
{
	uint8_t expected[LENGTHS], masked[LENGTHS];
	size_t phase;

	for (phase = 0; phase < 4; phase++) {
		mask_by_definition(expected, payload, LENGTHS, phase);
		nv_mask(masked, payload, LENGTHS, key, SIZE_MAX - 3 + phase);
		assert_memory_equal(masked, expected, LENGTHS);
		nv_mask(masked, payload, LENGTHS, key, ((size_t)1 << 31) + phase);
		assert_memory_equal(masked, expected, LENGTHS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("F-01 unmasks the example of RFC 6455", unmasks_the_example_of_rfc6455),
		cmocka_unit_test(nothing_is_nothing),
		unit_case("F-28 a key of zeros changes nothing", a_key_of_zeros_changes_nothing),
		cmocka_unit_test(masks_in_place_anywhere),
		cmocka_unit_test(masks_copies_anywhere),
		cmocka_unit_test(touches_nothing_behind_the_end),
		unit_case("U-10 tells whether all is ASCII", tells_whether_all_is_ascii),
		cmocka_unit_test(masks_in_pieces_as_in_one),
		cmocka_unit_test(the_largest_offsets_keep_the_phase),
	};

	return cmocka_run_group_tests(tests, fill_payload, NULL);
}
