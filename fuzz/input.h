/* SPDX-License-Identifier: MIT */
/* input.h: reads a fuzzer's input as numbers and slices. Behind its end everything is zero and empty. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <navette/base.h>
#include <stdlib.h>

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t len;
};

/* A promise of the code under test. */
static inline void must(bool kept)
{
	if (!kept)
		abort();
}

static inline uint8_t input_byte(struct input *input)
{
	if (input->len == 0)
		return 0;
	input->len--;
	return *input->data++;
}

static inline uint16_t input_word(struct input *input)
{
	uint8_t high = input_byte(input);

	return (uint16_t)(high << 8 | input_byte(input));
}

static inline struct nv_bytes input_bytes(struct input *input, size_t len)
{
	struct nv_bytes bytes = { input->data, len < input->len ? len : input->len };

	if (bytes.len > 0)
		input->data += bytes.len;
	input->len -= bytes.len;
	return bytes;
}

/* Up to the next `end`, which is skipped, or to the end of the input. */
static inline struct nv_bytes input_until(struct input *input, uint8_t end)
{
	size_t len = 0;

	while (len < input->len && input->data[len] != end)
		len++;
	struct nv_bytes bytes = input_bytes(input, len);
	input_byte(input);
	return bytes;
}

/* A copy of its own, with a zero behind it, so that a sanitizer sees every byte too many. */
static inline uint8_t *copy_of(struct nv_bytes bytes)
{
	uint8_t *copy = malloc(bytes.len + 1);

	must(copy != NULL);
	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	copy[bytes.len] = '\0';
	return copy;
}

/* Reads every byte, so that a sanitizer sees whether it may. */
static inline void touch(struct nv_bytes bytes)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < bytes.len; i++)
		sum = (uint8_t)(sum + bytes.data[i]);
}

/* How long the next piece is of the `left` bytes that remain: `seed` chooses. */
static inline size_t next_piece(uint32_t *seed, size_t left)
{
	size_t most;

	*seed = *seed * 1103515245u + 12345u;
	most = *seed >> 28 & 1 ? 3 : *seed >> 30 & 1 ? 40 : left;
	most = 1 + (*seed >> 8) % (most ? most : 1);
	return most < left ? most : left;
}

#endif
