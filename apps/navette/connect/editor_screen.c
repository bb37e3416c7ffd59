/* SPDX-License-Identifier: MIT */
/* editor_screen.c: the line comes and goes, in windows of any size.
 *
 * libedit writes it, and layout.c tells where libedit's cursor stands then. */
#include <sys/ioctl.h>

#include "connect/editor_inside.h"
#include "connect/layout.h"

#define PROMPT_WIDTH (sizeof(NV_EDITOR_PROMPT) / sizeof(wchar_t) - 1)
#define USUAL_COLUMNS 80u

static struct nv_place place_of(const struct nv_editor *editor, const wchar_t *end)
{
	const LineInfoW *line = el_wline(editor->el);

	return nv_layout_place(line->buffer, (size_t)(end - line->buffer),
	                       (size_t)(line->lastchar - line->buffer), PROMPT_WIDTH,
	                       editor->columns);
}

/* A terminal in whose window nobody looks has no size. */
void nv_editor_measure(struct nv_editor *editor)
{
	struct winsize size = { 0 };

	editor->columns = USUAL_COLUMNS;
	if (ioctl(editor->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		editor->columns = size.ws_col;
}

/* In a window that has another size now, the terminal has wrapped the rows anew, as those of our days do.
 * Whether a cursor behind a full row then stands in the next one is not known: to clear a row too few is
 * better than to clear what is not ours. */
static size_t find_row(struct nv_editor *editor)
{
	const LineInfoW *line = el_wline(editor->el);
	size_t drawn = editor->columns;
	struct nv_place place;

	nv_editor_measure(editor);
	place = nv_layout_wrapped(line->buffer, (size_t)(line->cursor - line->buffer),
	                          (size_t)(line->lastchar - line->buffer), PROMPT_WIDTH, drawn,
	                          editor->columns);
	if (editor->columns != drawn && line->cursor == line->lastchar && place.column == 0 &&
	    place.row > 0)
		place.row--;
	return place.row;
}

/* From the cursor to the beginning of the first row, and nothing is left from there. */
void nv_editor_hide(struct nv_editor *editor)
{
	size_t row;

	if (!editor->shown)
		return;
	row = find_row(editor);
	putc('\r', editor->screen);
	if (row > 0)
		fprintf(editor->screen, "\033[%zuA", row);
	fputs("\033[J", editor->screen);
	fflush(editor->screen);
	editor->shown = false;
}

void nv_editor_show(struct nv_editor *editor)
{
	if (editor->shown || editor->state != NV_EDITOR_EDITING)
		return;
	nv_editor_measure(editor);
	el_resize(editor->el);
	el_wset(editor->el, EL_REFRESH);
	editor->shown = true;
}

void nv_editor_leave_row(struct nv_editor *editor)
{
	const LineInfoW *line = el_wline(editor->el);
	size_t rows = place_of(editor, line->lastchar).row - place_of(editor, line->cursor).row;

	for (size_t i = 0; i <= rows; i++)
		putc('\n', editor->screen);
	fflush(editor->screen);
	editor->shown = false;
}

static void redraw(struct nv_editor *editor)
{
	nv_editor_hide(editor);
	nv_editor_show(editor);
}

void nv_editor_resize(struct nv_editor *editor)
{
	if (editor->shown)
		redraw(editor);
}

void nv_editor_redraw(struct nv_editor *editor)
{
	editor->shown = false;
	putc('\r', editor->screen);
	nv_editor_show(editor);
}
