/* SPDX-License-Identifier: MIT */
/* mask.h: XOR with a masking key (RFC 6455 5.3).
 *
 * Two words at a time, then one, then half of one; memcpy makes any alignment right, and compilers
 * turn it into plain loads and stores. Whether all is ASCII shows on the way. Inline, since a call
 * would cost as much as most payloads. */
#ifndef PROTO_MASK_H
#define PROTO_MASK_H

#include "proto/word.h"

static inline uint64_t nv_mask_word(uint8_t *to, const uint8_t *from, uint64_t mask)
{
	uint64_t word = nv_word_at(from) ^ mask;

	memcpy(to, &word, sizeof word);
	return word;
}

static inline uint32_t nv_mask_half(uint8_t *to, const uint8_t *from, uint32_t mask)
{
	uint32_t half;

	memcpy(&half, from, sizeof half);
	half ^= mask;
	memcpy(to, &half, sizeof half);
	return half;
}

/* The key as it lies over payload that starts at `offset`, in the order of memory. */
static inline uint32_t nv_mask_turned(const uint8_t key[4], size_t offset)
{
	const uint8_t turned[4] = { key[offset % 4], key[(offset + 1) % 4], key[(offset + 2) % 4],
		                    key[(offset + 3) % 4] };
	uint32_t word;

	memcpy(&word, offset % 4 == 0 ? key : turned, sizeof word);
	return word;
}

/* Writes `len` bytes of `from`, masked or unmasked, to `to`, which is `from` itself or does not
 * overlap it. `offset` is how many bytes of the payload came before. True when all that was written
 * is ASCII. */
static inline bool nv_mask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t key[4],
                           size_t offset)
{
	const uint32_t half = nv_mask_turned(key, offset);
	const uint64_t mask = (uint64_t)half << 32 | half;
	uint64_t seen = 0;
	size_t i = 0;

	for (; i + 16 <= len; i += 16) {
		seen |= nv_mask_word(to + i, from + i, mask);
		seen |= nv_mask_word(to + i + 8, from + i + 8, mask);
	}
	if (i + 8 <= len) {
		seen |= nv_mask_word(to + i, from + i, mask);
		i += 8;
	}
	if (i + 4 <= len) {
		seen |= nv_mask_half(to + i, from + i, half);
		i += 4;
	}
	for (; i < len; i++) {
		to[i] = from[i] ^ key[(offset + i) % 4];
		seen |= to[i];
	}
	return nv_word_is_ascii(seen);
}

#endif
