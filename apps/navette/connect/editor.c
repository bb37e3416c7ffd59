/* SPDX-License-Identifier: MIT */
/* editor.c: one line after the other, from libedit.
 *
 * libedit asks for a key wherever it wants one, deep inside a search or a sequence of an arrow key as
 * well, so it runs in a coroutine that yields there. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>

#include "connect/editor_inside.h"
#include "connect/history.h"

/* --- Lines --- */

static void edit(void *context)
{
	struct nv_editor *editor = context;
	int count;

	while (!editor->closing) {
		if (editor->state == NV_EDITOR_EDITING)
			el_wgets(editor->el, &count);
		else
			nv_coroutine_yield(editor->coroutine);
	}
}

/* The line in UTF-8; what stands in it may be anything that can be typed. */
static int copy_line(struct nv_editor *editor)
{
	const LineInfoW *line = el_wline(editor->el);
	size_t size = (size_t)(line->lastchar - line->buffer);

	editor->line_len = 0;
	editor->line = malloc(size * MB_LEN_MAX + 1);
	if (!editor->line)
		return NV_ERR_NOMEM;
	for (const wchar_t *at = line->buffer; at < line->lastchar; at++) {
		mbstate_t state = { 0 };
		size_t len = wcrtomb(editor->line + editor->line_len, *at, &state);

		editor->line_len += len == (size_t)-1 ? 0 : len;
	}
	return 0;
}

/* el_reset would change the settings of the terminal, but not while editing is off. */
static void empty_line(struct nv_editor *editor)
{
	el_wset(editor->el, EL_EDITMODE, 0);
	el_reset(editor->el);
	el_wset(editor->el, EL_EDITMODE, 1);
}

/* Without memory the line stays where it is, to be finished another time. */
static void run(struct nv_editor *editor)
{
	nv_coroutine_resume(editor->coroutine);
	if (editor->state == NV_EDITOR_FINISHED && copy_line(editor) < 0)
		editor->state = NV_EDITOR_EDITING;
	if (editor->state == NV_EDITOR_FINISHED) {
		nv_editor_leave_row(editor);
		empty_line(editor);
	}
	if (editor->state == NV_EDITOR_ENDED)
		nv_editor_hide(editor);
}

void nv_editor_type(struct nv_editor *editor, const char *keys, size_t count)
{
	size_t left = editor->key_count - editor->next_key;

	if (editor->state != NV_EDITOR_EDITING || left + count > sizeof editor->keys)
		return;
	memmove(editor->keys, editor->keys + editor->next_key, left);
	memcpy(editor->keys + left, keys, count);
	editor->next_key = 0;
	editor->key_count = left + count;
	nv_editor_show(editor);
	run(editor);
}

bool nv_editor_line(const struct nv_editor *editor, struct nv_bytes *line)
{
	*line = (struct nv_bytes){ (const uint8_t *)editor->line, editor->line_len };
	return editor->state == NV_EDITOR_FINISHED;
}

void nv_editor_next(struct nv_editor *editor)
{
	if (editor->state != NV_EDITOR_FINISHED)
		return;
	free(editor->line);
	editor->line = NULL;
	editor->state = NV_EDITOR_EDITING;
	nv_editor_show(editor);
	run(editor);
}

bool nv_editor_has_ended(const struct nv_editor *editor)
{
	return editor->state == NV_EDITOR_ENDED;
}

static wchar_t *wide(struct nv_bytes line)
{
	wchar_t *text = calloc(line.len + 1, sizeof *text);
	struct nv_bytes rest = line;

	for (size_t i = 0; text && rest.len > 0; i++) {
		mbstate_t state = { 0 };
		size_t size = mbrtowc(text + i, (const char *)rest.data, rest.len, &state);

		if (size == 0 || size >= (size_t)-2) {
			free(text);
			return NULL;
		}
		rest.data += size;
		rest.len -= size;
	}
	return text;
}

void nv_editor_remember(struct nv_editor *editor, struct nv_bytes line)
{
	wchar_t *text = wide(line);
	HistEventW event;

	if (text)
		history_w(editor->history, &event, H_ENTER, text);
	free(text);
}

/* --- Beginning and end --- */

void nv_editor_start(struct nv_editor *editor)
{
	if (editor->state != NV_EDITOR_RESTING)
		return;
	nv_editor_measure(editor);
	editor->state = NV_EDITOR_EDITING;
	el_wset(editor->el, EL_UNBUFFERED, 1);
	editor->shown = true;
}

void nv_editor_stop(struct nv_editor *editor)
{
	if (editor->state == NV_EDITOR_RESTING)
		return;
	nv_editor_hide(editor);
	el_wset(editor->el, EL_UNBUFFERED, 0);
	editor->state = NV_EDITOR_RESTING;
}

static wchar_t *prompt(EditLine *el)
{
	static wchar_t text[] = NV_EDITOR_PROMPT;

	(void)el;
	return text;
}

static void prepare(struct nv_editor *editor)
{
	EditLine *el = editor->el;
	HistEventW event;

	el_wset(el, EL_CLIENTDATA, editor);
	el_wset(el, EL_SIGNAL, 0);
	el_wset(el, EL_EDITOR, L"emacs");
	el_wset(el, EL_PROMPT, prompt);
	/* Ctrl-J stays what it is, so that a line break can be quoted. */
	el_wset(el, EL_SETTY, L"-d", L"-inlcr", NULL);
	nv_editor_bind_keys(editor);
	history_w(editor->history, &event, H_SETSIZE, (int)NV_HISTORY_LINES);
	history_w(editor->history, &event, H_SETUNIQUE, 1);
	el_wset(el, EL_HIST, history_w, editor->history);
}

/* Messages are UTF-8, so the terminal has to be. */
static bool speaks_utf8(void)
{
	setlocale(LC_CTYPE, "");
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 || setlocale(LC_CTYPE, "C.UTF-8");
}

static bool has_capability(EditLine *el, const char *name)
{
	char *value = NULL;

	return el_get(el, EL_GETTC, name, &value) == 0 && value && *value;
}

/* Of a terminal that it does not know libedit has something to say before it can be asked. */
static bool open_all(struct nv_editor *editor)
{
	editor->silence = fopen("/dev/null", "we");
	if (!editor->silence)
		return false;
	editor->el = el_init_fd("navette", stdin, editor->screen, editor->silence, editor->fd,
	                        fileno(editor->screen), fileno(editor->silence));
	editor->history = history_winit();
	editor->coroutine = nv_coroutine_new(edit, editor);
	/* To clear to the end of the screen, and to go up: those that can use the codes above. */
	return editor->el && editor->history && editor->coroutine &&
	       has_capability(editor->el, "cd") && has_capability(editor->el, "up");
}

struct nv_editor *nv_editor_new(int fd, FILE *screen)
{
	struct nv_editor *editor = calloc(1, sizeof *editor);

	if (!editor)
		return NULL;
	editor->fd = fd;
	editor->screen = screen;
	if (!speaks_utf8() || !open_all(editor)) {
		nv_editor_free(editor);
		return NULL;
	}
	prepare(editor);
	return editor;
}

void nv_editor_free(struct nv_editor *editor)
{
	if (!editor)
		return;
	nv_editor_stop(editor);
	editor->closing = true;
	nv_coroutine_free(editor->coroutine);
	/* Not to drop what was typed for the shell: the settings are tty.c's. */
	if (editor->el)
		el_wset(editor->el, EL_EDITMODE, 0);
	el_end(editor->el);
	if (editor->history)
		history_wend(editor->history);
	if (editor->silence)
		fclose(editor->silence);
	free(editor->line);
	free(editor);
}
