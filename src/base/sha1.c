/* SPDX-License-Identifier: MIT */
/* sha1.c: SHA-1 of bytes that are all there (RFC 3174).
 *
 * It hashes a handshake's 60 bytes, so it is written to be read beside the RFC, not for speed. */
#include "base/sha1.h"

#include <string.h>

#define BLOCK_SIZE 64u
#define LENGTH_SIZE 8u

static uint32_t rotated(uint32_t word, unsigned int bits)
{
	return word << bits | word >> (32 - bits);
}

static uint32_t read_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* RFC 3174 5: f(t; B, C, D) + K(t). */
static uint32_t mixed(unsigned int t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999u;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1u;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
	return (b ^ c ^ d) + 0xca62c1d6u;
}

/* RFC 3174 6.1, with A to E in v[0] to v[4]. */
static void hash_block(uint32_t hash[5], const uint8_t *block)
{
	uint32_t w[80], v[5], next;
	unsigned int t;

	for (t = 0; t < 16; t++, block += 4)
		w[t] = read_word(block);
	for (; t < 80; t++)
		w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	memcpy(v, hash, sizeof(v));
	for (t = 0; t < 80; t++) {
		next = rotated(v[0], 5) + mixed(t, v[1], v[2], v[3]) + v[4] + w[t];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotated(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (t = 0; t < 5; t++)
		hash[t] += v[t];
}

/* RFC 3174 4: a one bit, zeros, and the length in bits at the end of the last block. */
static void hash_tail(uint32_t hash[5], const uint8_t *tail, size_t tail_len, uint64_t total)
{
	uint8_t blocks[2 * BLOCK_SIZE] = { 0 };
	size_t len = tail_len + 1 + LENGTH_SIZE <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
	unsigned int i;

	if (tail_len)
		memcpy(blocks, tail, tail_len);
	blocks[tail_len] = 0x80;
	for (i = 0; i < LENGTH_SIZE; i++)
		blocks[len - 1 - i] = (uint8_t)(total * 8 >> 8 * i);
	hash_block(hash, blocks);
	if (len > BLOCK_SIZE)
		hash_block(hash, blocks + BLOCK_SIZE);
}

void nv_sha1(const void *data, size_t len, uint8_t digest[NV_SHA1_SIZE])
{
	uint32_t hash[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
	const uint8_t *bytes = data;
	size_t left = len;
	unsigned int i;

	for (; left >= BLOCK_SIZE; left -= BLOCK_SIZE, bytes += BLOCK_SIZE)
		hash_block(hash, bytes);
	hash_tail(hash, bytes, left, len);
	for (i = 0; i < NV_SHA1_SIZE; i++)
		digest[i] = (uint8_t)(hash[i / 4] >> (24 - i % 4 * 8));
}
