/* SPDX-License-Identifier: MIT */
/* disturbance.c: starts what goes wrong, and gives it a name. */
#include "torture/disturbance.h"

#include <stdio.h>
#include <string.h>

#include "support/failing_alloc.h"

void disturbance_start(const struct disturbance *disturbance)
{
	calls_begin();
	failing_alloc_fail(0, FAIL_ONCE);
	switch (disturbance->what) {
	case NOTHING:
		break;
	case ALLOCATION:
		failing_alloc_fail(disturbance->nth,
		                   disturbance->lasting ? FAIL_FOREVER : FAIL_ONCE);
		break;
	case CALL:
		calls_fail(&disturbance->fault);
		break;
	case MANY_CALLS:
		calls_fail_often(disturbance->nth, disturbance->fault.error);
		break;
	case SINGLE_BYTES:
		calls_trickle();
		break;
	}
}

void disturbance_stop(void)
{
	calls_end();
	failing_alloc_fail(0, FAIL_ONCE);
}

static const char *error_name(int error)
{
	if (error == 0)
		return "anything harmless";
	if (error == CALLS_ANYTHING)
		return "anything";
	return error == CALLS_SHORT ? "one byte" : strerror(error);
}

const char *disturbance_name(const struct disturbance *disturbance)
{
	const char *after = disturbance->lasting ? " and those after it" : "";
	const char *error = error_name(disturbance->fault.error);
	static char name[160];

	switch (disturbance->what) {
	case NOTHING:
		return "nothing";
	case ALLOCATION:
		snprintf(name, sizeof(name), "allocation %zu%s", disturbance->nth, after);
		break;
	case CALL:
		snprintf(name, sizeof(name), "call %zu%s, %s: %s", disturbance->fault.nth, after,
		         calls_name(&disturbance->fault), error);
		break;
	case MANY_CALLS:
		snprintf(name, sizeof(name), "many calls, seed %zu: %s", disturbance->nth, error);
		break;
	case SINGLE_BYTES:
		return "nothing, byte by byte";
	}
	return name;
}
