/* SPDX-License-Identifier: MIT */
/* word.h: eight bytes at a time, for what looks at every byte of a payload. */
#ifndef PROTO_WORD_H
#define PROTO_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What is seldom needed stays out of what is inline, and leaves it the registers. */
#define NV_NOINLINE __attribute__((noinline))

#define NV_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define NV_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* At any alignment. */
static inline uint64_t nv_word_at(const uint8_t *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof word);
	return word;
}

/* Byte `i` of four, as they lie in memory. */
static inline uint8_t nv_half_byte(uint32_t half, size_t i)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (uint8_t)(half >> (8 * (i % 4)));
#else
	return (uint8_t)(half >> (24 - 8 * (i % 4)));
#endif
}

static inline bool nv_word_is_ascii(uint64_t word)
{
	return (word & 0x8080808080808080u) == 0;
}

/* The last word may overlap the one before it: some bytes are looked at twice. */
static inline bool nv_is_ascii(const uint8_t *data, size_t len)
{
	uint64_t seen = 0;
	size_t i = 0;

	if (len >= sizeof seen) {
		for (; i + sizeof seen <= len; i += sizeof seen)
			seen |= nv_word_at(data + i);
		return nv_word_is_ascii(seen | nv_word_at(data + len - sizeof seen));
	}
	for (; i < len; i++)
		seen |= data[i];
	return nv_word_is_ascii(seen);
}

#endif
