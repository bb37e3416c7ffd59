/* SPDX-License-Identifier: MIT */
/* cores.c: the processors that this process may run on, which taskset or a container may have made
 * fewer than the machine has. */
#include "serve/cores.h"

#include <sched.h>
#include <unistd.h>

/* The set is made for 1,024 processors; a larger machine counts as having all of them. */
static long count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return CPU_COUNT(&set);
	return sysconf(_SC_NPROCESSORS_ONLN);
}

uint32_t nv_cores(uint32_t most)
{
	long cores = count();

	if (cores < 1)
		return 1;
	return (unsigned long)cores > most ? most : (uint32_t)cores;
}
