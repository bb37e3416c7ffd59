/* SPDX-License-Identifier: MIT */
/* mask.c: XOR with a masking key (RFC 6455 5.3).
 *
 * A word at a time; memcpy makes any alignment right, and compilers turn it into plain loads and
 * stores, of whole vectors where they optimise that far. */
#include "proto/mask.h"

#include <string.h>

/* The key as it lies over payload that starts at `offset`, twice, in the order of memory. */
static uint64_t key_word(const uint8_t key[4], size_t offset)
{
	const uint8_t turned[4] = { key[offset % 4], key[(offset + 1) % 4], key[(offset + 2) % 4],
		                    key[(offset + 3) % 4] };
	uint32_t half;

	memcpy(&half, turned, sizeof(half));
	return (uint64_t)half << 32 | half;
}

void nv_mask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t key[4], size_t offset)
{
	const uint64_t mask = key_word(key, offset);
	uint64_t word;
	size_t i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, from + i, sizeof(word));
		word ^= mask;
		memcpy(to + i, &word, sizeof(word));
	}
	for (; i < len; i++)
		to[i] = from[i] ^ key[(offset + i) % 4];
}
