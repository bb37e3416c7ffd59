/* SPDX-License-Identifier: MIT */
/* log.h: lines for the program's log hook; the library itself never prints. */
#ifndef WS_LOG_H
#define WS_LOG_H

#include <navette/navette.h>

#include "net/lock.h"

struct nv_log {
	void (*hook)(void *context, enum nv_level level, const char *line); /* may be NULL */
	void *context;
	struct nv_lock lock; /* while the hook is called */
};

void nv_log_init(struct nv_log *log, const struct nv_server_options *options);
void nv_log_deinit(struct nv_log *log);

/* One line, cut at 1,024 bytes. Any thread, which waits for the lines of others. */
void nv_log_write(struct nv_log *log, enum nv_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Bytes from the network made safe for a line: visible ASCII as it is, anything else as \xNN, cut to
 * what fits. Returns `out`. */
char *nv_log_escape(struct nv_bytes bytes, char *out, size_t size);

#endif
