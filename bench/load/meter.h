/* SPDX-License-Identifier: MIT */
/* meter.h: what the server costs: the CPU time of all its threads, and its resident memory. */
#ifndef NV_LOAD_METER_H
#define NV_LOAD_METER_H

#include <stdint.h>
#include <time.h>

struct nv_meter {
	clockid_t clock;
	uint64_t cpu_ns;
	uint64_t wall_ns;
};

uint64_t nv_meter_now_ns(void);

/* From start to stop; then the fields hold what has passed. */
void nv_meter_start(struct nv_meter *meter, uint32_t process);
void nv_meter_stop(struct nv_meter *meter);
void nv_meter_print(const struct nv_meter *meter);

uint64_t nv_meter_resident(uint32_t process);

#endif
