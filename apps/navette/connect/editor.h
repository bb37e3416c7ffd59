/* SPDX-License-Identifier: MIT */
/* editor.h: the line that is being typed. The only user of libedit.
 *
 * It is given keys and never waits for any. Between two calls the line is on the screen or hidden, and
 * whoever wants to write to the screen hides it before. */
#ifndef CONNECT_EDITOR_H
#define CONNECT_EDITOR_H

#include <navette/base.h>

#include <stdio.h>

struct nv_editor;

#define NV_EDITOR_KEYS 4096u

/* For a terminal to read from, which is the caller's to read, and one to write to. NULL without memory,
 * or when the terminal can't do what is needed. Who calls it brings the settings of the terminal back at
 * the end. */
struct nv_editor *nv_editor_new(int fd, FILE *screen);
/* Takes the line off the screen. NULL does nothing. */
void nv_editor_free(struct nv_editor *editor);

/* A line for the keys that look back, the newest one last. */
void nv_editor_remember(struct nv_editor *editor, struct nv_bytes line);

/* Changes the settings of the terminal, and shows an empty line. */
void nv_editor_start(struct nv_editor *editor);
/* Ends that, with nothing left on the screen. */
void nv_editor_stop(struct nv_editor *editor);

/* Up to NV_EDITOR_KEYS bytes, after which a line may be finished; not while one is. */
void nv_editor_type(struct nv_editor *editor, const char *keys, size_t count);

/* The line that was finished by Enter, in UTF-8 and without an end, until the next call. */
bool nv_editor_line(const struct nv_editor *editor, struct nv_bytes *line);
/* Goes on behind it, with the keys that are left, which may finish another one. */
void nv_editor_next(struct nv_editor *editor);

/* Ctrl-D was typed in an empty line: there will be no other. */
bool nv_editor_has_ended(const struct nv_editor *editor);

void nv_editor_hide(struct nv_editor *editor);
void nv_editor_show(struct nv_editor *editor);

/* The window has another size. */
void nv_editor_resize(struct nv_editor *editor);
/* What was on the screen is not there any more. */
void nv_editor_redraw(struct nv_editor *editor);

#endif
