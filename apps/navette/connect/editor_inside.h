/* SPDX-License-Identifier: MIT */
/* editor_inside.h: the editor, for the three files that it is made of: the screen, the keys, the lines. */
#ifndef CONNECT_EDITOR_INSIDE_H
#define CONNECT_EDITOR_INSIDE_H

#include <histedit.h>
#include <limits.h>

#include "connect/coroutine.h"
#include "connect/editor.h"

#define NV_EDITOR_PROMPT L"> "

enum nv_editor_state {
	NV_EDITOR_RESTING, /* not started, or stopped */
	NV_EDITOR_EDITING,
	NV_EDITOR_FINISHED, /* a line waits to be taken */
	NV_EDITOR_ENDED
};

struct nv_editor {
	EditLine *el;
	HistoryW *history;
	struct nv_coroutine *coroutine;
	int fd;
	FILE *screen;
	FILE *silence; /* for what libedit complains about */
	size_t columns;
	enum nv_editor_state state;
	bool shown;
	bool closing;
	char keys[NV_EDITOR_KEYS + MB_LEN_MAX];
	size_t key_count;
	size_t next_key;
	char *line; /* of NV_EDITOR_FINISHED */
	size_t line_len;
};

/* --- editor_screen.c --- */

/* How wide the window is now. */
void nv_editor_measure(struct nv_editor *editor);

/* To the row below the line, which stays. */
void nv_editor_leave_row(struct nv_editor *editor);

/* --- editor_keys.c --- */

/* Which keys do what. They come from `keys`; when there are none the coroutine yields. */
void nv_editor_bind_keys(struct nv_editor *editor);

#endif
