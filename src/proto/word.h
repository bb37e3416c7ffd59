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
