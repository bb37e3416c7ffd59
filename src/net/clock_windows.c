/* SPDX-License-Identifier: MIT */
/* clock_windows.c: the performance counter, whose frequency is fixed when Windows starts. */
#include "net/clock.h"

#include <windows.h>

uint64_t nv_clock_us(void)
{
	LARGE_INTEGER frequency;
	LARGE_INTEGER now;
	uint64_t each_s;
	uint64_t ticks;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&now);
	each_s = (uint64_t)frequency.QuadPart;
	ticks = (uint64_t)now.QuadPart;
	return ticks / each_s * 1000000u + ticks % each_s * 1000000u / each_s;
}
