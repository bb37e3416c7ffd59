/* SPDX-License-Identifier: MIT */
/* usage.c: refusing a command line. */
#include "usage.h"

#include <stdarg.h>
#include <stdio.h>

#include "text/escape.h"

int nv_usage_refuse(const char *command, const char *value, const char *problem, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", command);
	va_start(arguments, problem);
	vfprintf(stderr, problem, arguments);
	va_end(arguments);
	if (value) {
		fputs(" '", stderr);
		nv_escape(stderr, nv_str(value));
		fputc('\'', stderr);
	}
	fprintf(stderr, "; try '%s --help'\n", command);
	return NV_USAGE_CODE;
}

static const struct option *find_option(const struct option *options, int code)
{
	while (options->name && options->val != code)
		options++;
	return options->name ? options : NULL;
}

/* getopt_long names in `optopt` a letter that it does not know, or the code of a long option that
 * takes no value and got one. */
int nv_usage_refuse_option(const char *command, const struct option *options, int answer,
                           const char *last)
{
	const struct option *known = find_option(options, optopt);
	char letter[] = { '-', (char)optopt, '\0' };

	if (answer == ':')
		return nv_usage_refuse(command, last, "a value is missing behind");
	if (known)
		return nv_usage_refuse(command, NULL, "--%s takes no value", known->name);
	return nv_usage_refuse(command, optopt ? letter : last, "no option");
}
