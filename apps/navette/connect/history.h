/* SPDX-License-Identifier: MIT */
/* history.h: the lines that were typed, in a file that several runs may use at a time. */
#ifndef CONNECT_HISTORY_H
#define CONNECT_HISTORY_H

#include <navette/base.h>

#define NV_HISTORY_LINES 1000u
#define NV_HISTORY_LINE_MAX 16384u /* bytes of a line that is kept */

struct nv_history;

/* The file is made if need be, for its owner only, and cut to NV_HISTORY_LINES. `error`: 0, or the errno
 * of what is wrong with it, EWOULDBLOCK when somebody else holds a lock on it; without a file, and with a
 * path of NULL, what is added is judged, but not kept. NULL without memory. */
struct nv_history *nv_history_open(const char *path, int *error);
/* NULL does nothing. */
void nv_history_close(struct nv_history *history);

/* Calls each(context, line) for what the file has, the oldest first. 0 or NV_ERR_NOMEM, NV_ERR_SYSTEM. */
int nv_history_each(struct nv_history *history, void (*each)(void *context, struct nv_bytes line),
                    void *context);

/* Writes the line to the file at once, if nobody has a lock on it, unless it begins with a space, is empty or like the one before,
 * too long or of several lines: then it is not to be remembered, and this is false. */
bool nv_history_add(struct nv_history *history, struct nv_bytes line);

#endif
