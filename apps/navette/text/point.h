/* SPDX-License-Identifier: MIT */
/* point.h: the code points of a text in UTF-8, and the kinds of them that deceive a reader. */
#ifndef TEXT_POINT_H
#define TEXT_POINT_H

#include <navette/base.h>

/* The first code point of `text` and the bytes it takes; 0 when the text is empty or starts with
 * bytes that are not UTF-8 (RFC 3629). */
size_t nv_point_next(struct nv_bytes text, uint32_t *point);

/* Drives a terminal or breaks or reorders a line: C0, DEL, C1, U+2028, U+2029, and the embeddings,
 * overrides and isolates of the bidirectional algorithm. */
bool nv_point_is_control(uint32_t point);

/* Leaves no mark: white space and what has no width. */
bool nv_point_is_blank(uint32_t point);

#endif
