/* SPDX-License-Identifier: MIT */
/* modes.h: what the load client can do to a server. Each mode prints what it counted, NAME NUMBER on a
 * line, and ends the program when anything is not as it must be. */
#ifndef NV_LOAD_MODES_H
#define NV_LOAD_MODES_H

#include "options.h"

/* Part of the time is run before it is measured: caches fill, queues find their length. */
#define NV_WARM_UP_PART 5

void nv_load_echo(const struct nv_load_options *options);
void nv_load_rounds(const struct nv_load_options *options);
void nv_load_idle(const struct nv_load_options *options);
void nv_load_handshakes(const struct nv_load_options *options);

#endif
