/* SPDX-License-Identifier: MIT */
/* log.h: what the server says about itself: one line for each event, behind "[date time] ".
 *
 * Any thread. A reader that does not keep up can't hold up the server for long: after a moment of
 * patience lines are dropped, and counted, until it reads again. */
#ifndef SERVE_LOG_H
#define SERVE_LOG_H

#include <navette/navette.h>

#define NV_LOG_FIELD_SIZE 1025 /* of one text of a client, with its terminating zero */

/* One line to standard output. */
__attribute__((format(printf, 1, 2))) void nv_serve_log(const char *format, ...);

/* Log hooks of the library: one line to standard error. The second leaves out what clients do. */
void nv_serve_log_library(void *context, enum nv_level level, const char *line);
void nv_serve_log_problems(void *context, enum nv_level level, const char *line);

/* Text of a client made safe for a line: control characters as "\n", "\x1b", "\u202e", and cut at
 * 1 KiB behind an ellipsis. Returns `field`. */
char *nv_serve_log_field(struct nv_bytes text, char field[NV_LOG_FIELD_SIZE]);

#endif
