/* SPDX-License-Identifier: MIT */
/* arguments.c: each number into its variable, which holds the default. */
#include "load/arguments.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static void read_one(const struct load_argument *table, size_t count, const char *argument)
{
	size_t len = strcspn(argument, "=");

	for (size_t i = 0; i < count && argument[len] == '='; i++) {
		if (strlen(table[i].name) != len || memcmp(table[i].name, argument, len) != 0)
			continue;
		*table[i].value = (uint32_t)strtoul(argument + len + 1, NULL, 10);
		return;
	}
	errx(2, "nothing to do with %s", argument);
}

void load_arguments_read(const struct load_argument *table, size_t count, char **arguments)
{
	for (; *arguments; arguments++)
		read_one(table, count, *arguments);
}
