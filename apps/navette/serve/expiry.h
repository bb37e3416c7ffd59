/* SPDX-License-Identifier: MIT */
/* expiry.h: a connection that lives no longer than the token that opened it, and 25 s more, in which
 * the client may come with a new one. */
#ifndef SERVE_EXPIRY_H
#define SERVE_EXPIRY_H

#include <navette/navette.h>

struct nv_expiry;

/* From on_open on, until nv_expiry_free. `expires`: seconds since 1970. NULL for INT64_MAX; and without
 * memory, when the connection is closing. The loop's thread. */
struct nv_expiry *nv_expiry_watch(struct nv_conn *conn, int64_t expires);
void nv_expiry_free(struct nv_expiry *expiry); /* NULL does nothing */

#endif
