/* SPDX-License-Identifier: MIT */
/* meter.c: the clocks of the kernel, which count to the nanosecond, and /proc/PID/smaps_rollup, which
 * is exact where statm is not. */
#include "meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "fail.h"

#define ROW "Rss:"

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		nv_fail("load: the server has gone");
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t nv_meter_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

void nv_meter_start(struct nv_meter *meter, uint32_t process)
{
	if (clock_getcpuclockid((pid_t)process, &meter->clock) != 0)
		nv_fail("load: there is no process %" PRIu32, process);
	meter->cpu_ns = read_ns(meter->clock);
	meter->wall_ns = nv_meter_now_ns();
}

void nv_meter_stop(struct nv_meter *meter)
{
	meter->cpu_ns = read_ns(meter->clock) - meter->cpu_ns;
	meter->wall_ns = nv_meter_now_ns() - meter->wall_ns;
}

void nv_meter_print(const struct nv_meter *meter)
{
	printf("cpu_ns %" PRIu64 "\nwall_ns %" PRIu64 "\n", meter->cpu_ns, meter->wall_ns);
}

uint64_t nv_meter_resident(uint32_t process)
{
	char path[64];
	char line[256];
	uint64_t kib = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%" PRIu32 "/smaps_rollup", process);
	file = fopen(path, "re");
	if (!file)
		nv_fail("load: cannot read %s", path);
	while (kib == 0 && fgets(line, sizeof line, file)) {
		if (strncmp(line, ROW, strlen(ROW)) == 0)
			kib = strtoull(line + strlen(ROW), NULL, 10);
	}
	fclose(file);
	return kib << 10;
}
