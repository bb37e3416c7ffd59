/* SPDX-License-Identifier: MIT */
/* notify.h: what is told to the manager of services (sd_notify(3)'s protocol): nothing at all when
 * there is none. Main thread. */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include <stdbool.h>

void nv_notify_ready(void);
void nv_notify_reloading(void); /* and again nv_notify_ready behind it */
void nv_notify_stopping(void);

/* There is a watchdog that wants nv_notify_alive every few seconds: every loop has turned since the last
 * one. */
bool nv_notify_is_watched(void);
void nv_notify_alive(void);

/* The line that `systemctl status` shows. */
__attribute__((format(printf, 1, 2))) void nv_notify_status(const char *format, ...);

#endif
