/* SPDX-License-Identifier: MIT */
/* guard.h: keeps the line that somebody types whole: it is hidden before anything else is written to the
 * terminal, and shown again when all is written. Without a guard, which is how it begins, nothing
 * happens. */
#ifndef CONNECT_GUARD_H
#define CONNECT_GUARD_H

#include <stdbool.h>

/* `hide` clears the line, `show` writes it anew. NULL, NULL ends it. */
void nv_guard_set(void (*hide)(void *context), void (*show)(void *context), void *context);

/* Before a write to standard output or standard error. The second time does nothing. */
void nv_guard_hide(void);
/* Once a turn, behind the last write of it; nothing when nothing was hidden. */
void nv_guard_show(void);

#endif
