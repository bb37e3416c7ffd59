/* SPDX-License-Identifier: MIT */
/* mask.h: XOR with a masking key (RFC 6455 5.3).
 *
 * Sixteen bytes at a time, then eight, then four; memcpy makes any alignment right, and compilers
 * turn it into plain loads and stores. Whether all is ASCII shows on the way. Inline, since a call
 * would cost as much as most payloads. */
#ifndef PROTO_MASK_H
#define PROTO_MASK_H

#include "proto/word.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Sixteen bytes in one register, where the machine has such. */
typedef uint32_t nv_mask_vector __attribute__((vector_size(16)));

/* Each of the following tells what is not ASCII by any bit that is not 0. */
static inline uint64_t nv_mask_high(uint64_t word)
{
	return word & 0x8080808080808080u;
}

static inline uint64_t nv_mask_high_of_sixteen(nv_mask_vector sixteen)
{
#ifdef __SSE2__
	return (uint64_t)_mm_movemask_epi8((__m128i)sixteen);
#else
	return nv_mask_high(sixteen[0] | sixteen[1] | sixteen[2] | sixteen[3]);
#endif
}

static inline nv_mask_vector nv_mask_sixteen(uint8_t *to, const uint8_t *from, uint32_t half)
{
	nv_mask_vector sixteen;

	memcpy(&sixteen, from, sizeof sixteen);
	sixteen ^= half;
	memcpy(to, &sixteen, sizeof sixteen);
	return sixteen;
}

/* `len` is a multiple of sixteen, and not 0. */
static inline uint64_t nv_mask_sixteens(uint8_t *to, const uint8_t *from, size_t len, uint32_t half)
{
	nv_mask_vector seen = nv_mask_sixteen(to, from, half);

	for (size_t i = 16; NV_UNLIKELY(i < len); i += 16)
		seen |= nv_mask_sixteen(to + i, from + i, half);
	return nv_mask_high_of_sixteen(seen);
}

static inline uint64_t nv_mask_word(uint8_t *to, const uint8_t *from, uint64_t mask)
{
	uint64_t word = nv_word_at(from) ^ mask;

	memcpy(to, &word, sizeof word);
	return nv_mask_high(word);
}

static inline uint64_t nv_mask_half(uint8_t *to, const uint8_t *from, uint32_t mask)
{
	uint32_t half;

	memcpy(&half, from, sizeof half);
	half ^= mask;
	memcpy(to, &half, sizeof half);
	return nv_mask_high(half);
}

/* The one to three that are left. */
static inline uint64_t nv_mask_bytes(uint8_t *to, const uint8_t *from, size_t len, uint32_t half)
{
	uint8_t seen = 0;

	for (size_t i = len & ~(size_t)3; i < len; i++) {
		to[i] = from[i] ^ nv_half_byte(half, i);
		seen |= to[i];
	}
	return nv_mask_high(seen);
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

/* Writes `len` bytes of `from`, each xor those of `half` in turn, to `to`, which is `from` itself or does
 * not overlap it. True when all that was written is ASCII. */
static inline bool nv_mask_by(uint8_t *to, const uint8_t *from, size_t len, uint32_t half)
{
	size_t i = len & ~(size_t)15;
	uint64_t high = 0;

	if (NV_LIKELY(i > 0))
		high = nv_mask_sixteens(to, from, i, half);
	if (len & 8) {
		high |= nv_mask_word(to + i, from + i, (uint64_t)half << 32 | half);
		i += 8;
	}
	if (len & 4)
		high |= nv_mask_half(to + i, from + i, half);
	if (len & 3)
		high |= nv_mask_bytes(to, from, len, half);
	return high == 0;
}

/* Writes `len` bytes of `from`, masked or unmasked; as nv_mask_by. `offset` is how many bytes of the
 * payload came before. */
static inline bool nv_mask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t key[4],
                           size_t offset)
{
	return nv_mask_by(to, from, len, nv_mask_turned(key, offset));
}

/* Copies what is short, by words, as it was unmasked: memcpy would read other words than were just
 * written, for which the processor has to wait. True when all is ASCII. */
static inline bool nv_mask_none(uint8_t *to, const uint8_t *from, size_t len)
{
	return nv_mask_by(to, from, len, 0);
}

#endif
