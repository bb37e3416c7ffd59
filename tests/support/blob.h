/* SPDX-License-Identifier: MIT */
/* blob.h: bytes that grow, for tests: never on the library's allocator, whose failures are tested. */
#ifndef SUPPORT_BLOB_H
#define SUPPORT_BLOB_H

#include <navette/base.h>

/* Starts as {0}. */
struct blob {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* Fails the test without memory. */
void blob_append(struct blob *blob, const void *data, size_t len);
void blob_free(struct blob *blob);

static inline bool blob_same(const struct blob *a, const struct blob *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static inline struct nv_bytes blob_bytes(const struct blob *blob)
{
	return (struct nv_bytes){ blob->data, blob->len };
}

#endif
