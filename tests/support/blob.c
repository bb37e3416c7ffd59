/* SPDX-License-Identifier: MIT */
/* blob.c: bytes that grow, for tests. */
#include "support/blob.h"

#include <stdlib.h>

#include "support/unit.h"

void blob_append(struct blob *blob, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (len > blob->cap - blob->len) {
		blob->cap = (blob->len + len) * 2;
		blob->data = realloc(blob->data, blob->cap);
		assert_non_null(blob->data);
	}
	memcpy(blob->data + blob->len, data, len);
	blob->len += len;
}

void blob_free(struct blob *blob)
{
	free(blob->data);
	*blob = (struct blob){ 0 };
}
