/* SPDX-License-Identifier: MIT */
/* duration.c: a number and its unit. */
#include "text/duration.h"

#include <stdlib.h>

#define MAX_MS 1e9

/* Of one unit, in ms; 0: there is none of that name. */
static double unit_ms(const char *name)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ms;
	return 0;
}

int nv_duration_parse(const char *text, uint32_t *ms)
{
	size_t len = strspn(text, "0123456789.");
	char *end;
	double value = strtod(text, &end) * unit_ms(text + len);

	/* strtod would also take hexadecimal numbers, exponents and "inf". */
	if (*text < '0' || *text > '9' || end != text + len || unit_ms(end) == 0 || value > MAX_MS)
		return NV_ERR_INVALID;
	*ms = value > 0 && value < 1 ? 1 : (uint32_t)value;
	return 0;
}
