/* SPDX-License-Identifier: MIT */
/* secrecy.h: a process that has read a key or a token leaves none of it to a debugger or a core. */
#ifndef SERVE_SECRECY_H
#define SERVE_SECRECY_H

#include "serve/options.h"

/* Where a secret is configured: neither core dumps nor ptrace(2) by the same user from now on. Before
 * it is read. */
void nv_secrecy_keep(const struct nv_serve_options *options);

#endif
