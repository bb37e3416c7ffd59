/* SPDX-License-Identifier: MIT */
/* descriptors.h: how many files and sockets the process may have open. */
#ifndef NET_DESCRIPTORS_H
#define NET_DESCRIPTORS_H

#include <navette/base.h>

/* The process's limit of now; NV_OFF without one, or when the system does not tell. */
uint32_t nv_descriptor_limit(void);

#endif
