/* SPDX-License-Identifier: MIT */
/* slice.h: what every reader of text does with what is left of it: it goes on behind a piece. The bytes
 * are never copied or changed, and who calls knows how many there are. */
#ifndef PROTO_SLICE_H
#define PROTO_SLICE_H

#include <navette/base.h>
#include <string.h>

/* Goes on behind `len` bytes, no more than there are. */
static inline void nv_skip(struct nv_bytes *rest, size_t len)
{
	rest->data += len;
	rest->len -= len;
}

/* Cuts off what stands before the first of `ends`, or everything. A zero byte is always an end. */
static inline struct nv_bytes nv_take_until(struct nv_bytes *rest, const char *ends)
{
	struct nv_bytes piece = { rest->data, 0 };

	while (piece.len < rest->len && !strchr(ends, rest->data[piece.len]))
		piece.len++;
	nv_skip(rest, piece.len);
	return piece;
}

#endif
