/* SPDX-License-Identifier: MIT */
/* buf.h: bytes that grow. The owner embeds it, zeroed, and ends it with nv_buf_deinit. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <navette/base.h>

struct nv_buf {
	uint8_t *data; /* NULL while nothing was ever appended */
	size_t len;
	size_t cap;
};

void nv_buf_deinit(struct nv_buf *buf); /* frees; the buffer is empty and usable again */

/* Room for `extra` bytes behind the content, which the caller fills and adds to len. Grows by
 * doubling. NULL without memory (the content stays). */
uint8_t *nv_buf_reserve(struct nv_buf *buf, size_t extra);

/* The same, but the buffer never takes more than `most` bytes of memory; `extra` must fit in that. */
uint8_t *nv_buf_reserve_within(struct nv_buf *buf, size_t extra, size_t most);

/* 0 or NV_ERR_NOMEM. */
int nv_buf_append(struct nv_buf *buf, const void *data, size_t len);

/* Drops the first `len` bytes. For tails that are short; a queue is outq.h. */
void nv_buf_consume(struct nv_buf *buf, size_t len);

/* Empties it for more of the same, and gives its memory back if that is more than `most` bytes. */
static inline void nv_buf_reuse(struct nv_buf *buf, size_t most)
{
	buf->len = 0;
	if (buf->cap > most)
		nv_buf_deinit(buf);
}

static inline struct nv_bytes nv_buf_bytes(const struct nv_buf *buf)
{
	return (struct nv_bytes){ buf->data, buf->len };
}

#endif
