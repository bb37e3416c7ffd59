/* SPDX-License-Identifier: MIT */
/* editor_keys.c: gives libedit one character after the other, and says what the keys do.
 *
 * It never sees a newline: Enter and Ctrl-D are functions of ours, because libedit would change the
 * settings of the terminal between two lines, and what is pasted meanwhile would be echoed and edited by
 * the kernel. */
#include <stdlib.h>

#include "connect/editor_inside.h"

static struct nv_editor *editor_of(EditLine *el)
{
	void *data = NULL;

	el_wget(el, EL_CLIENTDATA, &data);
	return data;
}

/* Takes one character off the keys. False: there is none, or not yet all of it. */
static bool take_key(struct nv_editor *editor, wchar_t *key)
{
	while (editor->next_key < editor->key_count) {
		mbstate_t state = { 0 };
		size_t size = mbrtowc(key, editor->keys + editor->next_key,
		                      editor->key_count - editor->next_key, &state);

		if (size == (size_t)-2)
			return false;
		/* 0: Ctrl-@. What is not UTF-8 is dropped, byte by byte. */
		editor->next_key += size == 0 || size == (size_t)-1 ? 1 : size;
		if (size != (size_t)-1)
			return true;
	}
	return false;
}

/* libedit loses count of the columns when it adds a character without a width, or deletes a wide one. */
static bool is_misplaced(struct nv_editor *editor)
{
	const LineInfoW *line = el_wline(editor->el);

	for (const wchar_t *at = line->buffer; at < line->lastchar; at++) {
		if (wcwidth(*at) != 1)
			return true;
	}
	return false;
}

static void wait_for_keys(struct nv_editor *editor)
{
	if (editor->shown && is_misplaced(editor)) {
		nv_editor_resize(editor);
	}
	nv_coroutine_yield(editor->coroutine);
}

static int next_key(EditLine *el, wchar_t *key)
{
	struct nv_editor *editor = editor_of(el);

	while (!take_key(editor, key)) {
		if (editor->closing)
			return -1;
		wait_for_keys(editor);
	}
	return 1;
}

static unsigned char on_enter(EditLine *el, int key)
{
	(void)key;
	editor_of(el)->state = NV_EDITOR_FINISHED;
	return CC_NORM;
}

static unsigned char on_delete_or_end(EditLine *el, int key)
{
	const LineInfoW *line = el_wline(el);

	(void)key;
	if (line->lastchar == line->buffer) {
		editor_of(el)->state = NV_EDITOR_ENDED;
		return CC_NORM;
	}
	if (line->cursor == line->lastchar)
		return CC_ERROR;
	el_cursor(el, 1);
	el_deletestr(el, 1);
	return CC_REFRESH;
}

void nv_editor_bind_keys(struct nv_editor *editor)
{
	static const wchar_t *const bindings[][2] = {
		{ L"^M", L"nv-enter" },
		{ L"^J", L"nv-enter" },
		{ L"^D", L"nv-delete-or-end" },
		{ L"^R", L"em-inc-search-prev" },
		{ L"^I", L"ed-insert" },
		/* The commands of libedit's own are about libedit. */
		{ L"\033x", L"ed-unassigned" },
		{ L"\033X", L"ed-unassigned" },
		/* Home, End, Delete and words, where terminfo says nothing or another thing. */
		{ L"\033[H", L"ed-move-to-beg" },
		{ L"\033OH", L"ed-move-to-beg" },
		{ L"\033[1~", L"ed-move-to-beg" },
		{ L"\033[F", L"ed-move-to-end" },
		{ L"\033OF", L"ed-move-to-end" },
		{ L"\033[4~", L"ed-move-to-end" },
		{ L"\033[3~", L"ed-delete-next-char" },
		{ L"\033[1;5C", L"em-next-word" },
		{ L"\033[1;5D", L"ed-prev-word" },
	};

	EditLine *el = editor->el;

	el_wset(el, EL_GETCFN, next_key);
	el_wset(el, EL_ADDFN, L"nv-enter", L"Finish the line", on_enter);
	el_wset(el, EL_ADDFN, L"nv-delete-or-end", L"Delete a character, or end", on_delete_or_end);
	for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
		el_wset(el, EL_BIND, bindings[i][0], bindings[i][1], NULL);
	/* Letters, not the Alt keys of old terminals. */
	for (wchar_t key = 0xA0; key <= 0xFF; key++)
		el_wset(el, EL_BIND, (wchar_t[]){ key, L'\0' }, L"ed-insert", NULL);
}
