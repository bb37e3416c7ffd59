/* SPDX-License-Identifier: MIT */
/* descriptors_posix.c: asks the system for the process's limit of descriptors. */
#include "net/descriptors.h"

#include <sys/resource.h>

uint32_t nv_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= NV_OFF)
		return NV_OFF;
	return (uint32_t)limit.rlim_cur;
}
