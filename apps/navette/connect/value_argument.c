/* SPDX-License-Identifier: MIT */
/* value_argument.c: numbers, times and words. */
#include "connect/value_argument.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "connect/report.h"
#include "text/duration.h"
#include "usage.h"

int nv_value_number(uint32_t *number, const char *name, const char *text, uint32_t least)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < least || value >= NV_OFF)
		return nv_usage_refuse(nv_report_command(), text,
		                       "--%s takes a number from %u to 4294967294, not", name,
		                       least);
	*number = (uint32_t)value;
	return 0;
}

int nv_value_duration(uint32_t *ms, const char *name, const char *text)
{
	if (nv_duration_parse(text, ms) < 0)
		return nv_usage_refuse(nv_report_command(), text,
		                       "--%s takes a time up to 1000000 s, as 5s, 500ms, 2m or "
		                       "0.5, not",
		                       name);
	return 0;
}

/* strtod would also take hexadecimal numbers, exponents and "inf". */
int nv_value_decimal(double *number, const char *name, const char *text, unsigned most)
{
	size_t len = strspn(text, "0123456789.");
	char *end;
	double value = strtod(text, &end);

	if (*text == '.' || end != text + len || len == 0 || *end || value > most)
		return nv_usage_refuse(nv_report_command(), text,
		                       "--%s takes a number from 0 to %u, not", name, most);
	*number = value;
	return 0;
}

/* "auto, always or never" */
static int refuse_choice(const char *name, const char *text, const char *const *words)
{
	char list[100] = "";
	size_t len = 0;

	for (size_t i = 0; words[i] && len < sizeof list; i++) {
		const char *separator = i == 0 ? "" : words[i + 1] ? ", " : " or ";

		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", separator, words[i]);
	}
	return nv_usage_refuse(nv_report_command(), text, "--%s takes %s, not", name, list);
}

int nv_value_choice(int *choice, const char *name, const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*choice = i;
			return 0;
		}
	}
	return refuse_choice(name, text, words);
}
