/* SPDX-License-Identifier: MIT */
/* disturbance.h: what goes wrong in one run of a scenario. */
#ifndef TORTURE_DISTURBANCE_H
#define TORTURE_DISTURBANCE_H

#include "torture/calls.h"

struct disturbance {
	enum {
		NOTHING,
		ALLOCATION,
		CALL,
		MANY_CALLS,
		SINGLE_BYTES
	} what;
	size_t nth; /* allocation; of many calls, a seed */
	struct calls_fault fault;
	bool harmless; /* nobody may notice */
	bool lasting;  /* what comes after it fails too */
};

void disturbance_start(const struct disturbance *disturbance);
void disturbance_stop(void);
const char *disturbance_name(const struct disturbance *disturbance); /* until the next call */

#endif
