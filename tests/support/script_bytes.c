/* SPDX-License-Identifier: MIT */
/* script_bytes.c: reads the words and bytes of a script's line. It writes frames by itself, since
 * what it writes tests the library's own reading and writing. */
#include "support/script_bytes.h"

#include <ctype.h>
#include <stdlib.h>

#include "support/unit.h"

void script_error(const struct script_reader *reader, const char *problem)
{
	fail_msg("%s:%u: %s at \"%s\"", reader->file, reader->line, problem, reader->at);
}

static void skip_spaces(struct script_reader *reader)
{
	while (isspace((unsigned char)*reader->at))
		reader->at++;
}

bool script_at_end(struct script_reader *reader)
{
	skip_spaces(reader);
	return *reader->at == '\0';
}

bool script_word(struct script_reader *reader, const char *word)
{
	size_t len = strlen(word);

	skip_spaces(reader);
	if (strncmp(reader->at, word, len) != 0 || isalnum((unsigned char)reader->at[len]) ||
	    reader->at[len] == '_')
		return false;
	reader->at += len;
	return true;
}

uint64_t script_number(struct script_reader *reader)
{
	char *end;
	uint64_t number;

	skip_spaces(reader);
	number = strtoull(reader->at, &end, 10);
	if (end == reader->at)
		script_error(reader, "no number");
	reader->at = end;
	return number;
}

int script_choice(struct script_reader *reader, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		if (script_word(reader, names[i]))
			return i;
	}
	return -1;
}

enum nv_opcode script_opcode(struct script_reader *reader)
{
	static const char *const names[] = { "continuation", "text", "binary", NULL };
	int opcode = script_choice(reader, names);

	if (opcode < 0)
		script_error(reader, "no opcode");
	return (enum nv_opcode)opcode;
}

static void append_big_endian(struct blob *out, uint64_t value, unsigned size)
{
	while (size > 0) {
		uint8_t byte = (uint8_t)(value >> 8 * --size);

		blob_append(out, &byte, 1);
	}
}

static unsigned hex_digit(struct script_reader *reader)
{
	char c = *reader->at;

	if (!isxdigit((unsigned char)c)) {
		script_error(reader, "no hexadecimal digit");
		return 0;
	}
	reader->at++;
	return (unsigned)(isdigit((unsigned char)c) ? c - '0'
	                                            : tolower((unsigned char)c) - 'a' + 10);
}

static void read_hex(struct script_reader *reader, struct blob *out)
{
	do {
		unsigned high = hex_digit(reader);

		append_big_endian(out, high << 4 | hex_digit(reader), 1);
	} while (isxdigit((unsigned char)*reader->at));
}

static void read_text(struct script_reader *reader, struct blob *out)
{
	const char *start = reader->at + 1;
	const char *end = strchr(start, '"');

	if (!end) {
		script_error(reader, "text without end");
		return;
	}
	blob_append(out, start, (size_t)(end - start));
	reader->at = end + 1;
}

void script_next_key(uint8_t *keys, uint8_t key[4])
{
	++*keys;
	for (uint8_t i = 0; i < 4; i++)
		key[i] = (uint8_t)(*keys + i);
}

static bool read_mask(struct script_reader *reader, uint8_t key[4])
{
	struct blob bytes = { 0 };

	if (!script_word(reader, "mask"))
		return false;
	skip_spaces(reader);
	read_hex(reader, &bytes);
	if (bytes.len != 4)
		script_error(reader, "a masking key has four bytes");
	memcpy(key, bytes.data, 4);
	blob_free(&bytes);
	if (reader->ignores_mask)
		memset(key, 0, 4);
	return !reader->ignores_mask;
}

static uint8_t read_first_byte(struct script_reader *reader)
{
	static const char *const flags[] = { "fin", "rsv1", "rsv2", "rsv3", NULL };
	static const char *const opcodes[] = { "continuation", "text", "binary", "close",
		                               "ping",         "pong", NULL };
	static const uint8_t values[] = { NV_CONTINUATION, NV_TEXT, NV_BINARY,
		                          NV_CLOSE,        NV_PING, NV_PONG };
	unsigned byte = 0;
	int found;

	while ((found = script_choice(reader, flags)) >= 0)
		byte |= 0x80u >> found;
	found = script_choice(reader, opcodes);
	if (found < 0)
		script_error(reader, "no opcode");
	return (uint8_t)(byte | values[found < 0 ? 0 : found]);
}

static void append_head(struct blob *out, uint8_t first, uint64_t len, bool masked)
{
	unsigned mask = masked ? 0x80 : 0;

	append_big_endian(out, first, 1);
	if (len < 126) {
		append_big_endian(out, mask | len, 1);
		return;
	}
	append_big_endian(out, mask | (len < 65536 ? 126 : 127), 1);
	append_big_endian(out, len, len < 65536 ? 2 : 8);
}

static void read_frame(struct script_reader *reader, struct blob *out)
{
	struct blob payload = { 0 };
	uint8_t key[4] = { 0 };
	uint8_t first = read_first_byte(reader);
	bool masked = read_mask(reader, key);
	bool told = script_word(reader, "length");
	uint64_t len = told ? script_number(reader) : 0;

	if (reader->keys) {
		script_next_key(reader->keys, key);
		masked = true;
	}
	script_bytes(reader, &payload);
	append_head(out, first, told ? len : payload.len, masked);
	if (masked)
		blob_append(out, key, sizeof(key));
	for (size_t i = 0; i < payload.len; i++)
		payload.data[i] ^= key[i % 4];
	blob_append(out, payload.data, payload.len);
	blob_free(&payload);
}

static void read_group(struct script_reader *reader, struct blob *out)
{
	reader->at++;
	script_bytes(reader, out);
	if (*reader->at != ')')
		script_error(reader, "no )");
	else
		reader->at++;
}

static void read_atom(struct script_reader *reader, struct blob *out)
{
	if (script_word(reader, "frame"))
		read_frame(reader, out);
	else if (script_word(reader, "status"))
		append_big_endian(out, script_number(reader), 2);
	else if (*reader->at == '"')
		read_text(reader, out);
	else if (*reader->at == '(')
		read_group(reader, out);
	else
		read_hex(reader, out);
}

static void repeat(struct blob *out, size_t start, uint64_t times)
{
	struct blob once = { 0 };

	blob_append(&once, out->data + start, out->len - start);
	out->len = start;
	for (; times > 0; times--)
		blob_append(out, once.data, once.len);
	blob_free(&once);
}

void script_bytes(struct script_reader *reader, struct blob *out)
{
	while (!script_at_end(reader) && *reader->at != ')') {
		size_t start = out->len;

		read_atom(reader, out);
		skip_spaces(reader);
		if (*reader->at == '*') {
			reader->at++;
			repeat(out, start, script_number(reader));
		}
	}
}
