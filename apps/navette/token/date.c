/* SPDX-License-Identifier: MIT */
/* date.c: writes dates in UTC. */
#include "token/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void nv_date_write(char date[NV_DATE_SIZE], int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm fields;

	if (!gmtime_r(&moment, &fields) ||
	    strftime(date, NV_DATE_SIZE, "%Y-%m-%d %H:%M:%S UTC", &fields) == 0)
		snprintf(date, NV_DATE_SIZE, "%" PRId64, seconds);
}
