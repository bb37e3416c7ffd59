/* SPDX-License-Identifier: MIT */
/* usage.c: refusing a command line. */
#include "usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* A value may be a secret. */
static int refuse_unknown(const char *command, const char *argument)
{
	char name[64];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(argument, "="), argument);
	return nv_usage_refuse(command, name, "no option");
}

/* True when `name` begins the name of an option; `len` of it count. */
static bool is_begun(const struct option *option, const char *name, size_t len)
{
	return strncmp(option->name, name, len) == 0;
}

/* "--co may be --count, --cookie, --color" */
static int refuse_ambiguous(const char *command, const struct option *options, const char *name,
                            size_t len)
{
	char list[400] = "";
	size_t used = 0;

	for (; options->name && used < sizeof list; options++) {
		if (is_begun(options, name, len))
			used += (size_t)snprintf(list + used, sizeof list - used, "%s--%s",
			                         used ? ", " : "", options->name);
	}
	return nv_usage_refuse(command, NULL, "--%.*s may be %s", (int)len, name, list);
}

static int refuse_name(const char *command, const struct option *options, const char *argument)
{
	const char *name = argument + 2;
	size_t len = strcspn(argument, "=") - 2;
	size_t count = 0;

	for (const struct option *option = options; option->name; option++)
		count += is_begun(option, name, len);
	return count > 1 ? refuse_ambiguous(command, options, name, len)
	                 : refuse_unknown(command, argument);
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
	return optopt ? nv_usage_refuse(command, letter, "no option")
	              : refuse_name(command, options, last);
}
