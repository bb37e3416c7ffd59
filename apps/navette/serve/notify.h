/* SPDX-License-Identifier: MIT */
/* notify.h: what is told to the manager of services (sd_notify(3)'s protocol): nothing at all when
 * there is none. Main thread. */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include <stdint.h>

void nv_notify_ready(void);
void nv_notify_reloading(void); /* and again nv_notify_ready behind it */
void nv_notify_stopping(void);

/* A watchdog wants nv_notify_alive before so many microseconds are over, again and again: every loop has
 * turned since the last one. 0: there is none. */
uint64_t nv_notify_watchdog_us(void);
void nv_notify_alive(void);

/* The line that `systemctl status` shows. */
__attribute__((format(printf, 1, 2))) void nv_notify_status(const char *format, ...);

#endif
