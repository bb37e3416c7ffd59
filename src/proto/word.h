/* SPDX-License-Identifier: MIT */
/* word.h: eight bytes at a time, for what looks at every byte of a payload. */
#ifndef PROTO_WORD_H
#define PROTO_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* At any alignment. */
static inline uint64_t nv_word_at(const uint8_t *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof word);
	return word;
}

static inline bool nv_word_is_ascii(uint64_t word)
{
	return (word & 0x8080808080808080u) == 0;
}

static inline uint32_t nv_half_at(const uint8_t *data)
{
	uint32_t half;

	memcpy(&half, data, sizeof half);
	return half;
}

/* What was just written by pieces is read by the same pieces, here and below: a load that spans two
 * stores waits for both to reach the cache. */
static inline bool nv_is_ascii(const uint8_t *data, size_t len)
{
	uint64_t seen = 0;
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		seen |= nv_word_at(data + i);
	if (i + 4 <= len) {
		seen |= nv_half_at(data + i);
		i += 4;
	}
	for (; i < len; i++)
		seen |= data[i];
	return nv_word_is_ascii(seen);
}

#define NV_COPY_SHORT 64u

/* memcpy for payloads, most of which are short. */
static inline void nv_copy_words(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t i = 0;

	if (len > NV_COPY_SHORT) {
		memcpy(to, from, len);
		return;
	}
	for (; i + 8 <= len; i += 8)
		memcpy(to + i, from + i, 8);
	if (i + 4 <= len) {
		memcpy(to + i, from + i, 4);
		i += 4;
	}
	for (; i < len; i++)
		to[i] = from[i];
}

#endif
