/* SPDX-License-Identifier: MIT */
/* lock.h: locks for the few things that threads share, and conditions to wait for under one.
 *
 * Each system has its own structs, and these functions on them; none can fail. A static lock begins as
 * NV_LOCK_INIT, a static once as NV_ONCE_INIT.
 *
 *   nv_lock_init, nv_lock_deinit, nv_lock_take, nv_lock_give           not recursive
 *   nv_condition_init, nv_condition_deinit
 *   nv_condition_wait(condition, lock)        gives the lock while it waits; may return without a reason
 *   nv_condition_signal, nv_condition_broadcast                        one of those that wait, or all
 *   nv_once_run(once, run)                    the first call runs it, the others wait for that */
#ifndef NET_LOCK_H
#define NET_LOCK_H

#if defined(_WIN32)
#include "net/lock_windows.h"
#else
#include "net/lock_posix.h"
#endif

#endif
