/* SPDX-License-Identifier: MIT */
/* log_event.h: the names that events have in JSON lines, for programs that read the log. A name is never
 * changed; docs/logs.md tells what each one means. */
#ifndef SERVE_LOG_EVENT_H
#define SERVE_LOG_EVENT_H

/* X(constant, name, level) */
#define NV_LOG_EVENTS(X)                                                                           \
	X(NV_LOGGED_STARTED, "started", NV_SERVE_LOG_INFO)                                         \
	X(NV_LOGGED_LISTENING, "listening", NV_SERVE_LOG_INFO)                                     \
	X(NV_LOGGED_STOPPING, "stopping", NV_SERVE_LOG_INFO)                                       \
	X(NV_LOGGED_REFUSED, "refused", NV_SERVE_LOG_INFO)                                         \
	X(NV_LOGGED_CONNECTED, "connected", NV_SERVE_LOG_INFO)                                     \
	X(NV_LOGGED_NAMED, "named", NV_SERVE_LOG_INFO)                                             \
	X(NV_LOGGED_MESSAGE, "message", NV_SERVE_LOG_INFO)                                         \
	X(NV_LOGGED_LEFT, "left", NV_SERVE_LOG_INFO)                                               \
	X(NV_LOGGED_DISCONNECTED, "disconnected", NV_SERVE_LOG_INFO)                               \
	X(NV_LOGGED_LINES_LOST, "lines_lost", NV_SERVE_LOG_WARNING)                                \
	X(NV_LOGGED_LEFT_OUT, "left_out", NV_SERVE_LOG_INFO)                                       \
	/* What the library says, of any level. */                                                 \
	X(NV_LOGGED_SERVER, "server", NV_SERVE_LOG_INFO)

enum nv_log_event {
#define NV_LOG_EVENT_ENUM(constant, name, level) constant,
	NV_LOG_EVENTS(NV_LOG_EVENT_ENUM)
#undef NV_LOG_EVENT_ENUM
};

#endif
