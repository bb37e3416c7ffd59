/* SPDX-License-Identifier: MIT */
/* token_file.c: reads all of the file, keeps a digest for each token, sorted to find the ones that are
 * there twice, and looks at every one of them whichever is asked for. */
#include "serve/token_file.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "secret_file.h"
#include "serve/nickname.h"

#define DIGEST_SIZE 32

struct entry {
	uint8_t digest[DIGEST_SIZE];
	size_t line;
	char name[NV_NICKNAME_SIZE];
};

struct nv_token_set {
	struct entry *entries;
	size_t count;
	size_t room;
};

/* Where the file is read; the problem goes to `problem`. */
struct reader {
	struct nv_token_set *set;
	const char *path;
	size_t line;
	char *problem;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct reader *reader,
                                                         const char *format, ...)
{
	int used = snprintf(reader->problem, reader->size, "%s: line %zu: ", reader->path,
	                    reader->line);
	va_list arguments;

	va_start(arguments, format);
	if (used >= 0 && (size_t)used < reader->size)
		vsnprintf(reader->problem + used, reader->size - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

static bool digest_of(struct nv_bytes token, uint8_t *digest)
{
	return EVP_Digest(token.data, token.len, digest, NULL, EVP_sha256(), NULL) == 1;
}

bool nv_token_is_well_formed(struct nv_bytes token)
{
	if (token.len < NV_TOKEN_LEAST || token.len > NV_TOKEN_MOST)
		return false;
	for (size_t i = 0; i < token.len; i++)
		if (token.data[i] <= ' ' || token.data[i] > '~')
			return false;
	return true;
}

/* --- Reading --- */

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct nv_bytes trimmed(struct nv_bytes text)
{
	while (text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.data[0])) {
		text.data++;
		text.len--;
	}
	return text;
}

static struct entry *add(struct nv_token_set *set)
{
	if (set->count == set->room) {
		size_t room = set->room ? 2 * set->room : 16;
		struct entry *entries = realloc(set->entries, room * sizeof *entries);

		if (!entries)
			return NULL;
		set->entries = entries;
		set->room = room;
	}
	memset(&set->entries[set->count], 0, sizeof *set->entries);
	return &set->entries[set->count++];
}

static bool keep(struct reader *reader, struct nv_bytes token, struct nv_bytes name)
{
	struct entry *entry = add(reader->set);

	if (!entry)
		return refuse(reader, "%s", nv_strerror(NV_ERR_NOMEM));
	entry->line = reader->line;
	if (name.len > 0)
		memcpy(entry->name, name.data, name.len);
	return digest_of(token, entry->digest) || refuse(reader, "there is no SHA-256");
}

static bool take_line(struct reader *reader, struct nv_bytes line)
{
	struct nv_bytes token = trimmed(line);
	struct nv_bytes name = token;

	if (token.len == 0 || line.data[0] == '#')
		return true;
	while (name.len > 0 && !is_blank(name.data[0])) {
		name.data++;
		name.len--;
	}
	token.len -= name.len;
	name = trimmed(name);
	if (!nv_token_is_well_formed(token))
		return refuse(reader,
		              "a token has %u to %u characters of visible ASCII, and a name may "
		              "follow behind a space",
		              NV_TOKEN_LEAST, NV_TOKEN_MOST);
	if (name.len > 0 && nv_nickname_problem(name))
		return refuse(reader, NV_TOKEN_NAME_RULE);
	return keep(reader, token, name);
}

static struct nv_bytes next_line(struct nv_bytes *text)
{
	const uint8_t *end = memchr(text->data, '\n', text->len);
	struct nv_bytes line = { text->data, end ? (size_t)(end - text->data) : text->len };
	size_t taken = line.len + (end != NULL);

	text->data += taken;
	text->len -= taken;
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Some editors put a byte order mark before the first line. */
static struct nv_bytes without_mark(struct nv_bytes text)
{
	if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) {
		text.data += 3;
		text.len -= 3;
	}
	return text;
}

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->digest, ((const struct entry *)b)->digest,
	              DIGEST_SIZE);
}

/* Two names for one token would make a riddle of who it is. */
static bool check_twice(struct reader *reader)
{
	struct entry *entries = reader->set->entries;
	size_t count = reader->set->count;

	if (count > 0)
		qsort(entries, count, sizeof *entries, compare);
	for (size_t i = 1; i < count; i++) {
		size_t a = entries[i - 1].line;
		size_t b = entries[i].line;

		if (compare(&entries[i - 1], &entries[i]) != 0)
			continue;
		reader->line = a > b ? a : b;
		return refuse(reader, "the token of line %zu again; each may stand there once",
		              a > b ? b : a);
	}
	return true;
}

static bool take_all(struct reader *reader, struct nv_bytes text)
{
	text = without_mark(text);
	while (text.len > 0) {
		reader->line++;
		if (!take_line(reader, next_line(&text)))
			return false;
	}
	return check_twice(reader);
}

struct nv_token_set *nv_token_set_parse(const char *path, struct nv_bytes text, char *problem,
                                        size_t size)
{
	struct nv_token_set *set = calloc(1, sizeof *set);
	struct reader reader = { set, path, 0, problem, size };

	if (!set)
		snprintf(problem, size, "%s: %s", path, nv_strerror(NV_ERR_NOMEM));
	else if (take_all(&reader, text))
		return set;
	nv_token_set_free(set);
	return NULL;
}

struct nv_token_set *nv_token_set_read(const char *path, char *problem, size_t size)
{
	size_t len = 0;
	uint8_t *content =
		nv_secret_file_read(path, NV_FILE_PRIVATE, NV_TOKEN_FILE_MOST, &len, problem, size);
	struct nv_token_set *set;

	if (!content)
		return NULL;
	set = nv_token_set_parse(path, (struct nv_bytes){ content, len }, problem, size);
	nv_secret_file_free(content, len);
	return set;
}

void nv_token_set_free(struct nv_token_set *set)
{
	if (set)
		free(set->entries);
	free(set);
}

size_t nv_token_set_count(const struct nv_token_set *set)
{
	return set->count;
}

/* --- Looking --- */

const char *nv_token_set_find(const struct nv_token_set *set, struct nv_bytes token)
{
	uint8_t digest[DIGEST_SIZE];
	size_t found = 0; /* one more than its place */

	if (token.len > NV_TOKEN_MOST || !digest_of(token, digest))
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		unsigned differs =
			(unsigned)CRYPTO_memcmp(set->entries[i].digest, digest, DIGEST_SIZE);
		size_t same = ((size_t)differs - 1) >> (8 * sizeof(size_t) - 1);

		found |= (i + 1) & (0 - same);
	}
	OPENSSL_cleanse(digest, sizeof digest);
	return found > 0 ? set->entries[found - 1].name : NULL;
}
