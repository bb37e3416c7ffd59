/* SPDX-License-Identifier: MIT */
/* test_utf8.c: the validator against the meaning of UTF-8, for every sequence of up to four bytes,
 * at every split, alignment and length. */
#include "proto/utf8.h"

#include "support/guard_page.h"
#include "support/prng.h"
#include "support/sanitizer.h"
#include "support/unit.h"

#define OFFSETS 64u
#define LENGTHS 257u

/* What may be said of bytes so far. */
enum verdict {
	COMPLETE, /* valid as a whole */
	CUT,      /* some continuation makes it valid */
	BAD
};

static bool is_lead_of(uint8_t byte, size_t len)
{
	static const uint8_t mask[] = { 0, 0x80, 0xe0, 0xf0, 0xf8 };
	static const uint8_t bits[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	return (byte & mask[len]) == bits[len];
}

static size_t sequence_length(uint8_t lead)
{
	size_t len;

	for (len = 1; len <= 4; len++) {
		if (is_lead_of(lead, len))
			return len;
	}
	return 0;
}

/* Does the range hold a code point that is not a surrogate and needs `len` bytes? */
static bool holds_a_code_point(uint32_t first, uint32_t last, size_t len)
{
	static const uint32_t shortest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (first < shortest[len])
		first = shortest[len];
	if (last > 0x10ffff)
		last = 0x10ffff;
	return first <= last && !(first >= 0xd800 && last <= 0xdfff);
}

/* Reads one code point at the front: its bits so far leave a range of code points that it may
 * become. *used is how many bytes it takes. */
static enum verdict judge_one(const uint8_t *data, size_t len, size_t *used)
{
	const size_t whole = sequence_length(data[0]);
	const size_t here = len < whole ? len : whole;
	uint32_t bits, open;
	size_t i;

	if (whole == 0)
		return BAD;
	bits = whole == 1 ? data[0] : data[0] & (0x7fu >> whole);
	for (i = 1; i < here; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return BAD;
		bits = bits << 6 | (data[i] & 0x3f);
	}
	open = 6 * (uint32_t)(whole - here);
	if (!holds_a_code_point(bits << open, (bits << open) + (1u << open) - 1, whole))
		return BAD;
	*used = here;
	return here == whole ? COMPLETE : CUT;
}

static enum verdict judge(const uint8_t *data, size_t len)
{
	enum verdict verdict = COMPLETE;
	size_t used = 0;

	for (; len && verdict == COMPLETE; data += used, len -= used)
		verdict = judge_one(data, len, &used);
	return verdict;
}

static enum verdict verdict_of(uint8_t state)
{
	if (state == NV_UTF8_REJECT)
		return BAD;
	return state == NV_UTF8_ACCEPT ? COMPLETE : CUT;
}

/* Compares the verdicts after each byte of `bytes`, whose first `known` bytes led to `state`.
 * Returns the state after all of them. */
static uint8_t check_from(uint8_t state, const uint8_t *bytes, size_t known, size_t len)
{
	for (; known < len; known++) {
		state = nv_utf8_feed(state, bytes + known, 1);
		if (verdict_of(state) != judge(bytes, known + 1))
			fail_msg("%02x %02x %02x %02x: byte %zu gives state %u", bytes[0], bytes[1],
			         bytes[2], bytes[3], known, state);
	}
	return state;
}

/* All that follows the first `known` bytes, up to `len`. Nothing is walked below a rejected start:
 * that it is rejected for ever has a test of its own. */
static void check_below(uint8_t state, uint8_t bytes[4], size_t known, size_t len)
{
	uint8_t next;
	int byte;

	for (byte = 0; byte < 256; byte++) {
		bytes[known] = (uint8_t)byte;
		next = check_from(state, bytes, known, known + 1);
		if (next != NV_UTF8_REJECT && known + 1 < len)
			check_below(next, bytes, known + 1, len);
	}
}

static void follows_every_sequence_of_three_bytes(void **state)
{
	uint8_t bytes[4] = { 0 };

	check_below(NV_UTF8_ACCEPT, bytes, 0, 3);
}

static void follows_every_sequence_of_four_bytes_with_a_long_lead(void **state)
{
	uint8_t bytes[4] = { 0 };
	unsigned int lead;

	for (lead = 0xf0; lead <= 0xff; lead++) {
		bytes[0] = (uint8_t)lead;
		check_below(check_from(NV_UTF8_ACCEPT, bytes, 0, 1), bytes, 1, 4);
	}
}

static void judges_every_whole_sequence_of_up_to_three_bytes(void **state)
{
	uint8_t bytes[4] = { 0 };
	uint32_t number;
	size_t len;

	for (number = 0; number < 1u << 24; number++) {
		bytes[0] = (uint8_t)number;
		bytes[1] = (uint8_t)(number >> 8);
		bytes[2] = (uint8_t)(number >> 16);
		len = number < 1u << 8 ? 1 : number < 1u << 16 ? 2 : 3;
		if (verdict_of(nv_utf8_feed(NV_UTF8_ACCEPT, bytes, len)) != judge(bytes, len))
			fail_msg("%zu bytes: %02x %02x %02x", len, bytes[0], bytes[1], bytes[2]);
	}
}

/* Those of f5 to ff are rejected at their first byte, as the walk above shows. */
static void judges_every_whole_sequence_of_four_bytes(void **state)
{
	uint8_t bytes[4];
	uint32_t number;

	for (bytes[0] = 0xf0; bytes[0] <= 0xf4; bytes[0] += SANITIZED ? 4 : 1) {
		for (number = 0; number < 1u << 24; number++) {
			bytes[1] = (uint8_t)number;
			bytes[2] = (uint8_t)(number >> 8);
			bytes[3] = (uint8_t)(number >> 16);
			if (verdict_of(nv_utf8_feed(NV_UTF8_ACCEPT, bytes, 4)) != judge(bytes, 4))
				fail_msg("%02x %02x %02x %02x", bytes[0], bytes[1], bytes[2],
				         bytes[3]);
		}
	}
}

/* What is asked of a whole text answers as what is asked of its parts. */
static void a_whole_text_is_valid_when_it_is_complete(void **state)
{
	static _Alignas(64) uint8_t room[OFFSETS + LENGTHS];
	size_t align, len, at;

	memset(room, 'a', sizeof(room));
	for (align = 0; align < OFFSETS; align++) {
		for (len = 2; len < LENGTHS; len++) {
			const struct nv_bytes text = { room + align, len };

			at = align + (align * 31 + len * 7) % (len - 1);
			assert_true(nv_utf8_valid(text));
			memcpy(room + at, "\xc3\xa9", 2);
			assert_true(nv_utf8_valid(text));
			room[at + 1] = 'a';
			assert_false(nv_utf8_valid(text));
			room[at] = 'a';
			room[align + len - 1] = 0xc3;
			assert_false(nv_utf8_valid(text));
			room[align + len - 1] = 'a';
		}
	}
}

static void rejects_for_ever(void **state)
{
	uint8_t bytes[256];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(nv_utf8_feed(NV_UTF8_REJECT, bytes + i, 1), NV_UTF8_REJECT);
		assert_int_equal(nv_utf8_feed(NV_UTF8_REJECT, bytes, i), NV_UTF8_REJECT);
	}
}

static void no_bytes_change_no_state(void **state)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		assert_int_equal(nv_utf8_feed((uint8_t)i, NULL, 0), i);
	assert_true(nv_utf8_valid((struct nv_bytes){ NULL, 0 }));
}

struct sample {
	const char *text;
	size_t valid; /* bytes in front of the one that makes it invalid */
};

#define VALID SIZE_MAX

static const struct sample samples[] = {
	{ "Serveur dit : J'ai re\xc3\xa7u votre message \"\xc3\xa9t\xc3\xa9\"", VALID },
	{ "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", VALID },
	{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x98\x80\xf0\x9f\x91\x8d", VALID },
	{ "\xef\xbb\xbf \xef\xbf\xbe \xef\xbf\xbf \xf4\x8f\xbf\xbf", VALID },
	{ "\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xc2\x80\xe0\xa0\x80", VALID },
	{ "sixteen ASCII...sixteen ASCII...\xc3\xa9sixteen ASCII...", VALID },
	{ "\xc0\xaf", 0 },
	{ "\xc1\xbf", 0 },
	{ "\xe0\x80\xaf", 1 },
	{ "\xe0\x9f\xbf", 1 },
	{ "\xf0\x80\x80\xaf", 1 },
	{ "\xf0\x8f\xbf\xbf", 1 },
	{ "\xed\xa0\x80", 1 },
	{ "\xed\xbf\xbf", 1 },
	{ "\xf4\x90\x80\x80", 1 },
	{ "\xf5\x80\x80\x80", 0 },
	{ "\xff", 0 },
	{ "\x80", 0 },
	{ "\xbf", 0 },
	{ "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80 edited", 12 },
	{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa \xe8\xaa\x9e", 8 },
	{ "sixteen ASCII...\xc3sixteen ASCII...", 17 },
};

#define SAMPLE_COUNT (sizeof(samples) / sizeof(samples[0]))

/* Fail-fast: everything in front of the bad byte may still become valid. */
static void rejects_at_the_earliest_byte(void **state)
{
	const struct sample *sample;
	const uint8_t *data;
	uint8_t result;
	size_t len;

	for (sample = samples; sample < samples + SAMPLE_COUNT; sample++) {
		data = (const uint8_t *)sample->text;
		for (len = 0; len <= strlen(sample->text); len++) {
			result = nv_utf8_feed(NV_UTF8_ACCEPT, data, len);
			assert_int_equal(result == NV_UTF8_REJECT, len > sample->valid);
			assert_int_equal(verdict_of(result), judge(data, len));
		}
		assert_int_equal(nv_utf8_valid(nv_str(sample->text)), sample->valid == VALID);
	}
}

static void check_splits(const uint8_t *data, size_t len, uint8_t expected)
{
	uint8_t first, second;
	size_t cut, again;

	for (cut = 0; cut <= len; cut++) {
		first = nv_utf8_feed(NV_UTF8_ACCEPT, data, cut);
		for (again = cut; again <= len; again++) {
			second = nv_utf8_feed(first, data + cut, again - cut);
			second = nv_utf8_feed(second, data + again, len - again);
			assert_int_equal(second, expected);
		}
	}
}

static void any_two_cuts_give_the_same_state(void **state)
{
	const uint8_t *data;
	size_t i, len;

	for (i = 0; i < SAMPLE_COUNT; i++) {
		data = (const uint8_t *)samples[i].text;
		len = strlen(samples[i].text);
		check_splits(data, len, nv_utf8_feed(NV_UTF8_ACCEPT, data, len));
	}
}

static void one_bad_byte_is_found_anywhere(void **state)
{
	static _Alignas(64) uint8_t room[OFFSETS + LENGTHS];
	size_t align, len, bad;

	memset(room, 'a', sizeof(room));
	for (align = 0; align < OFFSETS; align++) {
		for (len = 0; len < LENGTHS; len++) {
			assert_int_equal(nv_utf8_feed(0, room + align, len), NV_UTF8_ACCEPT);
			for (bad = align; bad < align + len; bad++) {
				room[bad] = 0x80;
				if (nv_utf8_feed(0, room + align, len) != NV_UTF8_REJECT)
					fail_msg("align %zu, length %zu, at %zu", align, len, bad);
				room[bad] = 'a';
			}
		}
	}
}

/* Two bytes anywhere in ASCII are judged as before one more byte of it. */
static void judges_every_pair_anywhere(void **state)
{
	static _Alignas(64) uint8_t room[2 * OFFSETS];
	uint8_t alone[3] = { 0, 0, 'a' };
	uint32_t number;
	size_t at;

	memset(room, 'a', sizeof(room));
	for (number = 0; number < 1u << 16; number++) {
		alone[0] = (uint8_t)(number >> 8);
		alone[1] = (uint8_t)number;
		for (at = 0; at < OFFSETS; at++) {
			memcpy(room + at, alone, 2);
			if (verdict_of(nv_utf8_feed(0, room, sizeof(room))) != judge(alone, 3))
				fail_msg("%02x %02x at %zu", alone[0], alone[1], at);
			memcpy(room + at, "aa", 2);
		}
	}
}

/* Characters of one to four bytes, chosen at random. Returns the length, at most `size`. */
static size_t random_text(struct prng *prng, uint8_t *text, size_t size)
{
	static const char *const units[] = {
		"a", "~", "sixteen ASCII...", "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x98\x80"
	};
	const char *unit;
	size_t len = 0;

	for (;;) {
		unit = units[prng_below(prng, sizeof(units) / sizeof(units[0]))];
		if (len + strlen(unit) > size)
			return len;
		memcpy(text + len, unit, strlen(unit));
		len += strlen(unit);
	}
}

static void random_texts_are_judged_alike(void **state)
{
	static _Alignas(64) uint8_t room[OFFSETS + LENGTHS];
	struct prng prng = { 5 };
	uint8_t *text;
	size_t round, len;

	for (round = 0; round < 20000; round++) {
		text = room + round % OFFSETS;
		len = random_text(&prng, text, prng_below(&prng, LENGTHS));
		assert_int_equal(nv_utf8_feed(0, text, len), NV_UTF8_ACCEPT);
		if (len == 0)
			continue;
		text[prng_below(&prng, len)] = (uint8_t)prng_next(&prng);
		assert_int_equal(verdict_of(nv_utf8_feed(0, text, len)), judge(text, len));
	}
}

static void reads_nothing_behind_the_end(void **state)
{
	struct prng prng = { 9 };
	struct guard_page page;
	uint8_t text[LENGTHS];
	size_t len, used;

	guard_page_init(&page, LENGTHS);
	for (len = 0; len < LENGTHS; len++) {
		memset(text, 'a', len);
		assert_int_equal(nv_utf8_feed(0, guard_page_copy(&page, text, len), len), 0);
		used = random_text(&prng, text, len);
		assert_int_equal(nv_utf8_feed(0, guard_page_copy(&page, text, used), used), 0);
	}
	guard_page_deinit(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("U-10 every sequence of up to three bytes, byte by byte",
		          follows_every_sequence_of_three_bytes),
		unit_case("U-10 every sequence of four bytes, byte by byte",
		          follows_every_sequence_of_four_bytes_with_a_long_lead),
		unit_case("U-10 every sequence of up to three bytes, as a whole",
		          judges_every_whole_sequence_of_up_to_three_bytes),
		unit_case("U-10 every sequence of four bytes, as a whole",
		          judges_every_whole_sequence_of_four_bytes),
		unit_case("U-10 a whole text is valid when it is complete",
		          a_whole_text_is_valid_when_it_is_complete),
		unit_case("U-10 what is rejected stays so", rejects_for_ever),
		cmocka_unit_test(no_bytes_change_no_state),
		unit_case("U-10 U-02 U-03 texts, rejected at the earliest byte",
		          rejects_at_the_earliest_byte),
		unit_case("U-10 U-05 any two cuts give the same state",
		          any_two_cuts_give_the_same_state),
		unit_case("U-10 one bad byte is found anywhere, in every length",
		          one_bad_byte_is_found_anywhere),
		unit_case("U-10 every pair of bytes anywhere in ASCII", judges_every_pair_anywhere),
		unit_case("U-10 random texts", random_texts_are_judged_alike),
		cmocka_unit_test(reads_nothing_behind_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
