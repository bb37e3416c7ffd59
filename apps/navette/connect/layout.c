/* SPDX-License-Identifier: MIT */
/* layout.c: how libedit lays a line out, as its refresh.c and chartype.c have it. */
#include "connect/layout.h"

#include <stdbool.h>
#include <wctype.h>

#define TAB_WIDTH 8u

/* libedit writes "^A" and "\U+202E". */
static size_t width_of(wchar_t character)
{
	int width = wcwidth(character);

	if (character < 0x100 && iswcntrl((wint_t)character))
		return 2;
	if (!iswprint((wint_t)character))
		return character > 0xFFFF ? 8 : 7;
	return width > 0 ? (size_t)width : 0;
}

static struct nv_place next_row(struct nv_place place)
{
	return (struct nv_place){ place.row + 1, 0 };
}

/* Only what is shown by one character moves to the next row as a whole. */
static struct nv_place make_room(struct nv_place place, wchar_t character, size_t columns)
{
	size_t width = width_of(character);

	return width == 2 && iswprint((wint_t)character) && place.column + width > columns
	               ? next_row(place)
	               : place;
}

static struct nv_place fill(struct nv_place place, size_t width, size_t columns)
{
	place.column += width;
	place.row += place.column / columns;
	place.column %= columns;
	return place;
}

static size_t cells_of(struct nv_place place, wchar_t character)
{
	return character == L'\t' ? TAB_WIDTH - place.column % TAB_WIDTH : width_of(character);
}

static struct nv_place advance(struct nv_place place, wchar_t character, size_t columns)
{
	if (character == L'\n')
		return next_row(place);
	place = make_room(place, character, columns);
	return fill(place, cells_of(place, character), columns);
}

struct nv_place nv_layout_place(const wchar_t *text, size_t len, size_t all, size_t prompt,
                                size_t columns)
{
	struct nv_place place = { 0, prompt };

	for (size_t i = 0; i < len; i++)
		place = advance(place, text[i], columns);
	return len < all ? make_room(place, text[len], columns) : place;
}

/* A row that the terminal does not join with the next one. What fills rows of the new width has left the
 * last of them already. */
static struct nv_place break_row(struct nv_place place, struct nv_place before)
{
	bool left = place.column == 0 && place.row > 0 && before.column != 0;

	return left ? place : next_row(place);
}

/* A line break, or a wide character that did not fit where it was to be written. */
static struct nv_place move_on(struct nv_place place, struct nv_place before, wchar_t character,
                               size_t drawn)
{
	bool broken = make_room(before, character, drawn).row != before.row;

	return broken || character == L'\n' ? break_row(place, before) : place;
}

struct nv_place nv_layout_wrapped(const wchar_t *text, size_t len, size_t all, size_t prompt,
                                  size_t drawn, size_t columns)
{
	struct nv_place before = { 0, prompt };
	struct nv_place place = before;

	for (size_t i = 0; i < len; i++) {
		place = move_on(place, before, text[i], drawn);
		if (text[i] != L'\n') {
			size_t cells = cells_of(make_room(before, text[i], drawn), text[i]);

			place = fill(make_room(place, text[i], columns), cells, columns);
		}
		before = advance(before, text[i], drawn);
	}
	if (len == all || text[len] == L'\n')
		return place;
	return make_room(move_on(place, before, text[len], drawn), text[len], columns);
}
