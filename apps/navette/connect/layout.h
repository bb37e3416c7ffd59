/* SPDX-License-Identifier: MIT */
/* layout.h: where on the screen a text ends that libedit writes: which row, counted from that of the
 * prompt, and which column. libedit knows, but does not tell. */
#ifndef CONNECT_LAYOUT_H
#define CONNECT_LAYOUT_H

#include <stddef.h>
#include <wchar.h>

struct nv_place {
	size_t row;
	size_t column;
};

/* Of what stands behind `len` characters of the text, of which there are `all`: a wide one that does not
 * fit stands in the next row. `columns` is at least 2. */
struct nv_place nv_layout_place(const wchar_t *text, size_t len, size_t all, size_t prompt,
                                size_t columns);

/* The same in a window of `columns` where the terminal has wrapped anew what was written in one of `drawn`:
 * the blanks of a tab are as many as before, and a row that a wide one left is not joined with the next. */
struct nv_place nv_layout_wrapped(const wchar_t *text, size_t len, size_t all, size_t prompt,
                                  size_t drawn, size_t columns);

#endif
