/* SPDX-License-Identifier: MIT */
/* tty.h: the settings of the terminal, which come back however the program ends: by itself, by a signal
 * that kills it, by Ctrl-Z for a while. There is one terminal. */
#ifndef CONNECT_TTY_H
#define CONNECT_TTY_H

#include <stdbool.h>

/* Remembers the settings of a terminal that stays open, to bring them back at the end. 0, or -1 with
 * errno. */
int nv_tty_keep(int fd);

/* From here on the terminal has other settings, which were made just now: catches signals. `wake` is
 * called inside their handlers when nv_tty_is_changed becomes true. */
void nv_tty_edit(void (*wake)(void));

/* Brings the settings back and lets the signals be. Nothing when there is nothing to bring back. */
void nv_tty_leave(void);

/* Brings the settings back and nothing else; async-signal-safe. */
void nv_tty_restore(void);

/* The window has another size, or what was written is no longer on the screen: once for each time. */
enum nv_tty_change {
	NV_TTY_SAME,
	NV_TTY_RESIZED,
	NV_TTY_CONTINUED
};
enum nv_tty_change nv_tty_changed(void);

#endif
