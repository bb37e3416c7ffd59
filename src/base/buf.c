/* SPDX-License-Identifier: MIT */
/* buf.c: bytes that grow.
 *
 * The buffer owns its one block, which it never shrinks before nv_buf_deinit. It sets no limit:
 * whoever appends bytes of a peer checks theirs first. */
#include "base/buf.h"

#include "base/alloc.h"

#define FIRST_CAP 64u

/* `need` itself where doubling would overflow. */
static size_t grown_cap(size_t cap, size_t need)
{
	if (cap < FIRST_CAP)
		cap = FIRST_CAP;
	while (cap < need) {
		if (cap > SIZE_MAX / 2)
			return need;
		cap *= 2;
	}
	return cap;
}

void nv_buf_deinit(struct nv_buf *buf)
{
	nv_free(buf->data);
	*buf = (struct nv_buf){ 0 };
}

uint8_t *nv_buf_reserve_within(struct nv_buf *buf, size_t extra, size_t most)
{
	uint8_t *data;
	size_t cap;

	if (buf->data && extra <= buf->cap - buf->len)
		return buf->data + buf->len;
	if (extra > most - buf->len)
		return NULL;
	cap = grown_cap(buf->cap, buf->len + extra);
	if (cap > most)
		cap = most;
	data = nv_realloc(buf->data, cap);
	if (!data)
		return NULL;
	buf->data = data;
	buf->cap = cap;
	return data + buf->len;
}

uint8_t *nv_buf_reserve(struct nv_buf *buf, size_t extra)
{
	return nv_buf_reserve_within(buf, extra, SIZE_MAX);
}

int nv_buf_append(struct nv_buf *buf, const void *data, size_t len)
{
	uint8_t *room;

	if (len == 0)
		return 0;
	room = nv_buf_reserve(buf, len);
	if (!room)
		return NV_ERR_NOMEM;
	memcpy(room, data, len);
	buf->len += len;
	return 0;
}

void nv_buf_consume(struct nv_buf *buf, size_t len)
{
	buf->len -= len;
	if (len && buf->len)
		memmove(buf->data, buf->data + len, buf->len);
}
