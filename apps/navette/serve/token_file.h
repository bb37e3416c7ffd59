/* SPDX-License-Identifier: MIT */
/* token_file.h: the tokens of --tokens: one a line, "token [name]"; blank lines and lines that begin
 * with '#' are skipped.
 *
 * Kept as digests (SHA-256) of the tokens, so that a dump of the memory holds none, and compared in
 * constant time. A set is immutable once read; any thread may look. */
#ifndef SERVE_TOKEN_FILE_H
#define SERVE_TOKEN_FILE_H

#include <stddef.h>
#include <navette/base.h>

#define NV_TOKEN_MOST 8192u           /* bytes of one */
#define NV_TOKEN_LEAST 8u             /* of one in a file */
#define NV_TOKEN_FILE_MOST (1u << 20) /* bytes; every handshake looks at every token */

#define NV_TOKEN_NAME_RULE                                                                         \
	"a name has up to 32 characters, none of them a control character, some of them visible, " \
	"and is not that of the server, SYSTÈME"

struct nv_token_set;

/* NULL, and `problem` tells file, line and what is allowed, never a token. A file that others than its
 * owner and group may read, or others than its owner may write, is refused. */
struct nv_token_set *nv_token_set_read(const char *path, char *problem, size_t size);
/* The same of the text of a file; `path` is for `problem` only. */
struct nv_token_set *nv_token_set_parse(const char *path, struct nv_bytes text, char *problem,
                                        size_t size);
void nv_token_set_free(struct nv_token_set *set);

size_t nv_token_set_count(const struct nv_token_set *set);

/* The name of the token ("" if it has none), or NULL. As slow for every token of that length. */
const char *nv_token_set_find(const struct nv_token_set *set, struct nv_bytes token);

/* 8 to 8,192 characters of visible ASCII, as in a file. */
bool nv_token_is_well_formed(struct nv_bytes token);

#endif
