/* SPDX-License-Identifier: MIT */
/* secure.h: the client's side of TLS. It offers one version, one cipher and one group, so that every
 * server does the same; it trusts anybody. */
#ifndef NV_LOAD_SECURE_H
#define NV_LOAD_SECURE_H

#include <stdbool.h>

#include "tls.h"

/* On a connected socket, which does not block from then on. */
struct ssl_st *nv_secure_connect(int fd);

/* All that connect from then on resume the session of this one, which has received its ticket. */
void nv_secure_keep(struct ssl_st *tls);

bool nv_secure_is_resumed(const struct ssl_st *tls);

/* Nothing is sent: who hangs up has no time for it. */
void nv_secure_end(struct ssl_st *tls);

#endif
