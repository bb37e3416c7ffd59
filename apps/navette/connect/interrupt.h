/* SPDX-License-Identifier: MIT */
/* interrupt.h: SIGINT and SIGTERM, for a program that waits for a loop. */
#ifndef CONNECT_INTERRUPT_H
#define CONNECT_INTERRUPT_H

#include <navette/navette.h>

/* From here on the first of them wakes the loop, which stays the caller's, and the second ends the
 * program with NV_VERDICT_INTERRUPTED, unless the program ignored it before. Ignores SIGPIPE. */
void nv_interrupt_catch(struct nv_loop *loop);
/* Before that loop is freed: from here on they wake nothing. */
void nv_interrupt_release(void);

bool nv_interrupt_seen(void);

/* Ends the wait of that loop, if there is one; async-signal-safe, for other handlers. */
void nv_interrupt_wake(void);

/* Called before the end by the second signal, inside its handler: async-signal-safe. NULL: nothing. */
void nv_interrupt_restore(void (*restore)(void));

#endif
