/* SPDX-License-Identifier: MIT */
/* options.c: NAME=NUMBER, each into its field. */
#include "options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct nv_load_options, name)                                      \
	}

static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
	FIELD(port),  FIELD(server), FIELD(clients), FIELD(senders), FIELD(size),
	FIELD(depth), FIELD(ms),     FIELD(tls),     FIELD(resume),
};

static void read_argument(struct nv_load_options *options, const char *argument)
{
	size_t len = strcspn(argument, "=");
	uint32_t value;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strlen(fields[i].name) != len || memcmp(fields[i].name, argument, len) != 0)
			continue;
		value = argument[len] ? (uint32_t)strtoul(argument + len + 1, NULL, 10) : 0;
		if (value == 0)
			break;
		memcpy((char *)options + fields[i].offset, &value, sizeof value);
		return;
	}
	nv_fail("load: nothing to do with %s", argument);
}

void nv_load_options_read(struct nv_load_options *options, char **arguments)
{
	*options = (struct nv_load_options){
		.clients = 1, .senders = 1, .size = 20, .depth = 1, .ms = 1000
	};
	for (; *arguments; arguments++)
		read_argument(options, *arguments);
	if (options->port == 0 || options->server == 0)
		nv_fail("load: port= and server= are needed");
}
