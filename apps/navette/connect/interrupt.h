/* SPDX-License-Identifier: MIT */
/* interrupt.h: SIGINT and SIGTERM, for a program that waits for a loop. */
#ifndef CONNECT_INTERRUPT_H
#define CONNECT_INTERRUPT_H

#include <navette/navette.h>

/* From here on the first of them wakes the loop, which stays the caller's, and the second ends the
 * program with NV_VERDICT_INTERRUPTED. Ignores SIGPIPE. */
void nv_interrupt_catch(struct nv_loop *loop);

bool nv_interrupt_seen(void);

#endif
