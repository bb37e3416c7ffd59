/* SPDX-License-Identifier: MIT */
/* echo_loop.h: navette connect --echo-loop. */
#ifndef CONNECT_ECHO_LOOP_H
#define CONNECT_ECHO_LOOP_H

#include "connect/options.h"

/* Sends every message back until the connection ends; the exit code. */
int nv_echo_loop_run(const struct nv_connect_options *options);

#endif
