/* SPDX-License-Identifier: MIT */
/* script_bytes.h: the words of a script's line, and bytes as a script writes them:
 *
 *     81 8537fa213d             hexadecimal
 *     "text"                    UTF-8, no escapes
 *     00*64  "a"*200  (0180)*3  repeated
 *     status 1000               two bytes, the highest first
 *     frame fin text mask 37fa213d "Hello"
 *                               a frame, its payload reaches to the end of the line or a ')'
 *
 * After `frame`: fin, rsv1, rsv2, rsv3, then the opcode (continuation, text, binary, close, ping,
 * pong), `mask KEY`, and `length N` where the length told differs from the payload's. */
#ifndef SUPPORT_SCRIPT_BYTES_H
#define SUPPORT_SCRIPT_BYTES_H

#include "support/blob.h"

struct script_reader {
	const char *file;
	unsigned line;
	const char *at;    /* the rest of the line */
	bool ignores_mask; /* `mask KEY` of a frame does not count */
	uint8_t *keys; /* NULL, or how many keys were used: every frame is masked with the next */
};

/* The masking keys that a client of a script uses, one after the other: 01020304, 02030405, ... */
void script_next_key(uint8_t *keys, uint8_t key[4]);

/* Fails the test and says where. */
void script_error(const struct script_reader *reader, const char *problem);

/* Takes the word if it comes next. */
bool script_word(struct script_reader *reader, const char *word);
bool script_at_end(struct script_reader *reader);
uint64_t script_number(struct script_reader *reader);

/* Which of the names comes next; takes it. -1: none. The names end with NULL. */
int script_choice(struct script_reader *reader, const char *const *names);

/* The opcode of a data message's name: text, binary or continuation. */
enum nv_opcode script_opcode(struct script_reader *reader);

/* Appends the bytes that the rest of the line, or of a parenthesis, stands for. */
void script_bytes(struct script_reader *reader, struct blob *out);

#endif
