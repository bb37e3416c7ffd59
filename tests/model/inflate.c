/* SPDX-License-Identifier: MIT */
/* inflate.c: RFC 1951, section by section. Where the RFC leaves open what a bad stream is, zlib 1.2.13
 * decides, and the verdict falls at the same bit. */
#include "model/inflate.h"

#include <stdlib.h>
#include <string.h>

#define CODE_BITS_MAX 15u
#define SYMBOLS_MAX 288u

/* A Huffman code: its symbols in the order of their codes. */
struct code {
	unsigned count[CODE_BITS_MAX + 1]; /* codes of each length */
	unsigned total;
	uint16_t symbols[SYMBOLS_MAX];
};

static bool stop(struct inflate *d, enum inflate_result result)
{
	d->result = result;
	return false;
}

static bool damaged(struct inflate *d, enum inflate_damage damage)
{
	d->damage = damage;
	return stop(d, INFLATE_DAMAGED);
}

/* --- Bits, 3.1.1 --- */

static bool take_byte(struct inflate *d, enum inflate_result at_end)
{
	int got = d->next(d->context, &d->byte);

	if (got <= 0)
		return stop(d, got < 0 ? INFLATE_STOPPED : at_end);
	d->bits = 8;
	return true;
}

static bool take_bit(struct inflate *d, unsigned *bit)
{
	if (d->bits == 0 && !take_byte(d, INFLATE_CUT))
		return false;
	*bit = d->byte & 1;
	d->byte >>= 1;
	d->bits--;
	return true;
}

/* "Data elements other than Huffman codes are packed starting with the least-significant bit." */
static bool take_number(struct inflate *d, unsigned size, unsigned *number)
{
	unsigned bit;

	*number = 0;
	for (unsigned i = 0; i < size; i++) {
		if (!take_bit(d, &bit))
			return false;
		*number |= bit << i;
	}
	return true;
}

/* --- Huffman codes, 3.2.2 --- */

static void make_code(struct code *code, const uint8_t *lengths, unsigned symbols)
{
	unsigned place[CODE_BITS_MAX + 1];

	memset(code->count, 0, sizeof code->count);
	code->total = 0;
	for (unsigned symbol = 0; symbol < symbols; symbol++)
		code->count[lengths[symbol]]++;
	code->count[0] = 0;
	for (unsigned len = 0; len <= CODE_BITS_MAX; len++) {
		place[len] = code->total;
		code->total += code->count[len];
	}
	for (unsigned symbol = 0; symbol < symbols; symbol++) {
		if (lengths[symbol] > 0)
			code->symbols[place[lengths[symbol]]++] = (uint16_t)symbol;
	}
}

/* How much of all bit sequences its codes cover: 1 << CODE_BITS_MAX is a complete code. */
static unsigned covered(const struct code *code)
{
	unsigned sum = 0;

	for (unsigned len = 1; len <= CODE_BITS_MAX; len++)
		sum += code->count[len] << (CODE_BITS_MAX - len);
	return sum;
}

static bool is_complete(const struct code *code)
{
	return covered(code) == 1u << CODE_BITS_MAX;
}

/* 3.2.7: one distance code of one bit. zlib allows that for literals too, and no code at all. */
static bool is_single(const struct code *code)
{
	return code->total == 1 && code->count[1] == 1;
}

/* "Huffman codes are packed starting with the most-significant bit of the code." The codes of one
 * length are consecutive numbers, and follow the shorter ones. */
static bool take_symbol(struct inflate *d, const struct code *code, unsigned *symbol)
{
	unsigned bits = 0;
	unsigned first = 0; /* the first code of this length */
	unsigned index = 0; /* and its symbol's place */
	unsigned bit;

	for (unsigned len = 1; len <= CODE_BITS_MAX; len++) {
		if (!take_bit(d, &bit))
			return false;
		bits = bits << 1 | bit;
		if (bits - first < code->count[len]) {
			*symbol = code->symbols[index + bits - first];
			return true;
		}
		index += code->count[len];
		first = (first + code->count[len]) << 1;
		if (index == code->total)
			break;
	}
	return damaged(d, DAMAGE_SYMBOL);
}

/* --- What comes out --- */

static bool put(struct inflate *d, uint8_t byte)
{
	if (d->out_len == d->out_cap) {
		d->out_cap = d->out_cap ? d->out_cap * 2 : 256;
		d->out = realloc(d->out, d->out_cap);
		if (!d->out)
			abort();
	}
	d->out[d->out_len++] = byte;
	return d->put(d->context, byte) || stop(d, INFLATE_STOPPED);
}

static bool put_again(struct inflate *d, unsigned distance, unsigned len)
{
	if (distance > d->out_len)
		return damaged(d, DAMAGE_DISTANCE);
	for (; len > 0; len--) {
		if (!put(d, d->out[d->out_len - distance]))
			return false;
	}
	return true;
}

/* --- Compressed blocks, 3.2.5 --- */

static bool take_length(struct inflate *d, unsigned symbol, unsigned *len)
{
	static const uint16_t base[] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
		                         15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
		                         67, 83, 99, 115, 131, 163, 195, 227, 258 };
	static const uint8_t extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
		                         2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };

	/* 3.2.6: 286 and 287 never occur. */
	if (symbol > 285)
		return damaged(d, DAMAGE_SYMBOL);
	if (!take_number(d, extra[symbol - 257], len))
		return false;
	*len += base[symbol - 257];
	return true;
}

static bool take_distance(struct inflate *d, const struct code *distances, unsigned *distance)
{
	static const uint16_t base[] = { 1,    2,    3,    4,     5,     7,    9,    13,
		                         17,   25,   33,   49,    65,    97,   129,  193,
		                         257,  385,  513,  769,   1025,  1537, 2049, 3073,
		                         4097, 6145, 8193, 12289, 16385, 24577 };
	unsigned symbol;

	if (!take_symbol(d, distances, &symbol))
		return false;
	/* 3.2.6: 30 and 31 never occur. */
	if (symbol > 29)
		return damaged(d, DAMAGE_SYMBOL);
	if (!take_number(d, symbol < 4 ? 0 : symbol / 2 - 1, distance))
		return false;
	*distance += base[symbol];
	return true;
}

static bool read_compressed(struct inflate *d, const struct code *literals,
                            const struct code *distances)
{
	unsigned symbol, len, distance;

	for (;;) {
		if (!take_symbol(d, literals, &symbol))
			return false;
		if (symbol == 256)
			return true;
		if (symbol < 256) {
			if (!put(d, (uint8_t)symbol))
				return false;
			continue;
		}
		if (!take_length(d, symbol, &len) || !take_distance(d, distances, &distance) ||
		    !put_again(d, distance, len))
			return false;
	}
}

/* 3.2.6 */
static bool read_fixed(struct inflate *d)
{
	static struct code literals, distances;
	uint8_t lengths[SYMBOLS_MAX];

	if (literals.total == 0) {
		for (unsigned i = 0; i < SYMBOLS_MAX; i++)
			lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
		make_code(&literals, lengths, SYMBOLS_MAX);
		memset(lengths, 5, 32);
		make_code(&distances, lengths, 32);
	}
	return read_compressed(d, &literals, &distances);
}

/* --- Dynamic Huffman codes, 3.2.7 --- */

/* Symbols 16 to 18: how often which length comes. */
static bool take_repeat(struct inflate *d, unsigned symbol, unsigned *times)
{
	static const uint8_t bits[] = { 2, 3, 7 };
	static const uint8_t least[] = { 3, 3, 11 };

	if (!take_number(d, bits[symbol - 16], times))
		return false;
	*times += least[symbol - 16];
	return true;
}

static bool read_lengths(struct inflate *d, const struct code *code, uint8_t *lengths,
                         unsigned total)
{
	unsigned symbol, times;

	for (unsigned n = 0; n < total; n += times) {
		uint8_t len = 0;

		times = 1;
		/* zlib reads bits of a code without symbols as zeros: it then misses the end of the block. */
		if (code->total == 0 ? !take_bit(d, &symbol) : !take_symbol(d, code, &symbol))
			return false;
		if (code->total == 0)
			symbol = 0;
		if (symbol < 16)
			len = (uint8_t)symbol;
		else if (!take_repeat(d, symbol, &times))
			return false;
		if (symbol == 16 && n > 0)
			len = lengths[n - 1];
		if ((symbol == 16 && n == 0) || times > total - n)
			return damaged(d, DAMAGE_REPEAT);
		memset(lengths + n, len, times);
	}
	return true;
}

static bool read_lengths_code(struct inflate *d, struct code *code, unsigned count)
{
	static const uint8_t order[] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
		                         11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[19] = { 0 };
	unsigned len;

	for (unsigned i = 0; i < count; i++) {
		if (!take_number(d, 3, &len))
			return false;
		lengths[order[i]] = (uint8_t)len;
	}
	make_code(code, lengths, 19);
	if (is_single(code))
		return damaged(d, DAMAGE_LENGTHS_SINGLE);
	return code->total == 0 || is_complete(code) || damaged(d, DAMAGE_LENGTHS_CODE);
}

static bool read_dynamic(struct inflate *d)
{
	struct code code, literals, distances;
	unsigned literal_count, distance_count, lengths_count;
	uint8_t lengths[286 + 30] = { 0 };

	if (!take_number(d, 5, &literal_count) || !take_number(d, 5, &distance_count) ||
	    !take_number(d, 4, &lengths_count))
		return false;
	literal_count += 257;
	distance_count += 1;
	if (literal_count > 286 || distance_count > 30)
		return damaged(d, DAMAGE_CODE_COUNT);
	if (!read_lengths_code(d, &code, lengths_count + 4) ||
	    !read_lengths(d, &code, lengths, literal_count + distance_count))
		return false;
	if (lengths[256] == 0)
		return damaged(d, DAMAGE_NO_END);
	make_code(&literals, lengths, literal_count);
	make_code(&distances, lengths + literal_count, distance_count);
	if (!is_complete(&literals) && !is_single(&literals))
		return damaged(d, DAMAGE_CODE);
	if (!is_complete(&distances) && !is_single(&distances) && distances.total > 0)
		return damaged(d, DAMAGE_CODE);
	return read_compressed(d, &literals, &distances);
}

/* --- Blocks, 3.2.3 and 3.2.4 --- */

static bool read_stored(struct inflate *d)
{
	unsigned len, complement;

	d->bits = 0;
	if (!take_number(d, 16, &len) || !take_number(d, 16, &complement))
		return false;
	if ((len ^ complement) != 0xffff)
		return damaged(d, DAMAGE_STORED_LENGTH);
	for (; len > 0; len--) {
		unsigned byte;

		if (!take_number(d, 8, &byte) || !put(d, (uint8_t)byte))
			return false;
	}
	return true;
}

static bool read_content(struct inflate *d, unsigned type)
{
	switch (type) {
	case 0:
		return read_stored(d);
	case 1:
		return read_fixed(d);
	case 2:
		return read_dynamic(d);
	default:
		return damaged(d, DAMAGE_BLOCK_TYPE);
	}
}

static bool read_block(struct inflate *d)
{
	unsigned last, type;

	if (!take_bit(d, &last) || !take_number(d, 2, &type) || !read_content(d, type))
		return false;
	if (last)
		d->bits = 0;
	return true;
}

enum inflate_result inflate_all(struct inflate *d)
{
	d->bits = 0;
	while ((d->bits > 0 || take_byte(d, INFLATE_WHOLE)) && read_block(d))
		;
	return d->result;
}

void inflate_forget(struct inflate *d)
{
	d->out_len = 0;
}

void inflate_free(struct inflate *d)
{
	free(d->out);
	d->out = NULL;
	d->out_len = 0;
	d->out_cap = 0;
}
