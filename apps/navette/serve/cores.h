/* SPDX-License-Identifier: MIT */
/* cores.h: how many processors there are for this process. */
#ifndef SERVE_CORES_H
#define SERVE_CORES_H

#include <stdint.h>

/* At least 1, at most `most`. */
uint32_t nv_cores(uint32_t most);

#endif
