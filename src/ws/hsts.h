/* SPDX-License-Identifier: MIT */
/* hsts.h: for which hosts a browser is told to speak TLS only (RFC 6797). */
#ifndef WS_HSTS_H
#define WS_HSTS_H

#include <navette/base.h>

/* False for a Host field that is missing or malformed, that is an address, which the field never stands
 * for, or that is localhost: what a developer serves beside this would be out of reach. */
bool nv_hsts_is_for(struct nv_bytes host);

#endif
