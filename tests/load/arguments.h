/* SPDX-License-Identifier: MIT */
/* arguments.h: a command line of NAME=NUMBER. */
#ifndef LOAD_ARGUMENTS_H
#define LOAD_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

struct load_argument {
	const char *name;
	uint32_t *value;
};

/* Ends the program at anything that is not in the table. */
void load_arguments_read(const struct load_argument *table, size_t count, char **arguments);

#endif
