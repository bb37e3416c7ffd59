/* SPDX-License-Identifier: MIT */
/* descriptors_windows.c: Windows limits sockets by nothing but memory. */
#include "net/descriptors.h"

uint32_t nv_descriptor_limit(void)
{
	return NV_OFF;
}
