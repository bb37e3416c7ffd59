/* SPDX-License-Identifier: MIT */
/* inflate.h: the model's decoder of DEFLATE (RFC 1951): slow, bit by bit, and in one call: it asks for
 * each byte when it needs one, and hands on each byte as it comes out. */
#ifndef MODEL_INFLATE_H
#define MODEL_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum inflate_result {
	INFLATE_WHOLE,   /* the bytes end where a block does */
	INFLATE_CUT,     /* they end inside a block */
	INFLATE_DAMAGED, /* no DEFLATE, for zlib */
	INFLATE_STOPPED  /* `next` or `put` said so */
};

/* What zlib calls damage. */
enum inflate_damage {
	DAMAGE_BLOCK_TYPE,
	DAMAGE_STORED_LENGTH,
	DAMAGE_CODE_COUNT,     /* more than 286 literals and lengths, or 30 distances */
	DAMAGE_LENGTHS_CODE,   /* the code of code lengths is not complete, or too much */
	DAMAGE_LENGTHS_SINGLE, /* it has one symbol only */
	DAMAGE_REPEAT,         /* of a code length, before the first or behind the last */
	DAMAGE_NO_END,         /* no code for the end of the block */
	DAMAGE_CODE,           /* a code that is not complete, or too much */
	DAMAGE_SYMBOL,         /* bits that stand for nothing */
	DAMAGE_DISTANCE,       /* before the first byte that ever came out */
	DAMAGE_KINDS
};

/* Starts with the first three set and the rest zero. Aborts without memory. */
struct inflate {
	/* The next compressed byte: 1; 0: there is none; negative: stop. */
	int (*next)(void *context, uint8_t *byte);
	/* A byte came out; false: stop. */
	bool (*put)(void *context, uint8_t byte);
	void *context;
	/* All that came out: distances reach back into it. */
	uint8_t *out;
	size_t out_len;
	size_t out_cap;
	enum inflate_result result;
	enum inflate_damage damage;
	uint8_t byte; /* its bits that are not yet used, lowest first */
	uint8_t bits;
};

/* Decodes all that `next` gives, one block after the other. Behind a last block (BFINAL) it goes on
 * with the next whole byte. */
enum inflate_result inflate_all(struct inflate *d);

void inflate_forget(struct inflate *d); /* what came out */
void inflate_free(struct inflate *d);

#endif
