/* SPDX-License-Identifier: MIT */
/* verbose.h: --verbose: what is said before the messages, on standard error, as curl shows it: "> " is
 * what was sent, "< " what came, "* " what is to be known about it. */
#ifndef CONNECT_VERBOSE_H
#define CONNECT_VERBOSE_H

#include <navette/navette.h>

/* What on_trace is told. Values that are secrets are left out. */
void nv_verbose_trace(enum nv_trace what, struct nv_bytes text);

/* What was negotiated. */
void nv_verbose_open(const struct nv_conn *conn);

/* How long the parts of the last try took, as far as it came. */
void nv_verbose_timing(const struct nv_client *client);

#endif
