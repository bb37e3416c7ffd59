/* SPDX-License-Identifier: MIT */
/* utf8.c: UTF-8 validation while bytes arrive (RFC 3629 section 4).
 *
 * A table of transitions, one row of nine states for each byte, packed into a word so that a step
 * is one load and one shift, without a branch. Whole blocks of ASCII skip even that. */
#include "proto/utf8.h"

enum state {
	BETWEEN = NV_UTF8_ACCEPT,
	WRONG = NV_UTF8_REJECT,
	ONE, /* one more continuation byte, of any value */
	TWO,
	THREE,
	AFTER_E0, /* two more, the next one not an overlong form */
	AFTER_ED, /* two more, the next one not a surrogate */
	AFTER_F0, /* three more, the next one not an overlong form */
	AFTER_F4  /* three more, the next one not above U+10FFFF */
};

#define BITS 6 /* for one state in a row, kept as its shift */
#define SHIFT_MASK 63u
#define MOVE(state, next) ((uint64_t)(next)*BITS << (state)*BITS)

/* The next state, for a byte that arrives in the state BETWEEN, ONE, ... */
#define ROW(between, one, two, three, e0, ed, f0, f4)                                              \
	(MOVE(BETWEEN, between) | MOVE(WRONG, WRONG) | MOVE(ONE, one) | MOVE(TWO, two) |           \
	 MOVE(THREE, three) | MOVE(AFTER_E0, e0) | MOVE(AFTER_ED, ed) | MOVE(AFTER_F0, f0) |       \
	 MOVE(AFTER_F4, f4))
#define LEAD(next) ROW(next, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG)

#define ASCII LEAD(BETWEEN)
#define TAIL_8 ROW(WRONG, BETWEEN, ONE, TWO, WRONG, ONE, WRONG, TWO)
#define TAIL_9 ROW(WRONG, BETWEEN, ONE, TWO, WRONG, ONE, TWO, WRONG)
#define TAIL_AB ROW(WRONG, BETWEEN, ONE, TWO, ONE, WRONG, TWO, WRONG)
#define NEVER LEAD(WRONG)

#define TWICE(...) __VA_ARGS__, __VA_ARGS__
#define THRICE(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define FIVE_TIMES(...) TWICE(__VA_ARGS__), THRICE(__VA_ARGS__)
#define SIXTEEN(row) TWICE(TWICE(TWICE(TWICE(row))))

static const uint64_t rows[] = {
	TWICE(TWICE(TWICE(SIXTEEN(ASCII)))),  /* 00 to 7f */
	SIXTEEN(TAIL_8),                      /* 80 to 8f */
	SIXTEEN(TAIL_9),                      /* 90 to 9f */
	TWICE(SIXTEEN(TAIL_AB)),              /* a0 to bf */
	TWICE(NEVER),                         /* c0, c1: only for overlong forms */
	TWICE(THRICE(FIVE_TIMES(LEAD(ONE)))), /* c2 to df */
	LEAD(AFTER_E0),
	TWICE(TWICE(THRICE(LEAD(TWO)))), /* e1 to ec */
	LEAD(AFTER_ED),
	TWICE(LEAD(TWO)), /* ee, ef */
	LEAD(AFTER_F0),
	THRICE(LEAD(THREE)), /* f1 to f3 */
	LEAD(AFTER_F4),
	THRICE(NEVER),              /* f5 to f7: only above U+10FFFF */
	TWICE(TWICE(TWICE(NEVER))), /* f8 to ff */
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == 256, "one row for each byte");

#define BLOCK_SIZE 16u

static bool is_ascii_block(const uint8_t block[BLOCK_SIZE])
{
	return nv_word_is_ascii(nv_word_at(block) | nv_word_at(block + 8));
}

static uint8_t walk(uint8_t state, const uint8_t *data, size_t len)
{
	uint64_t shift = state * (uint64_t)BITS;
	size_t i;

	for (i = 0; i < len; i++)
		shift = rows[data[i]] >> (shift & SHIFT_MASK);
	return (uint8_t)((shift & SHIFT_MASK) / BITS);
}

uint8_t nv_utf8_feed(uint8_t state, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; len - i >= BLOCK_SIZE; i += BLOCK_SIZE) {
		if (state == NV_UTF8_ACCEPT && is_ascii_block(data + i))
			continue;
		state = walk(state, data + i, BLOCK_SIZE);
	}
	return len == i ? state : walk(state, data + i, len - i);
}
