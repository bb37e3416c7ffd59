/* SPDX-License-Identifier: MIT */
/* main.c: the load client: one mode, one server, one line for each number. It runs on one core without
 * ever sleeping while it measures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "modes.h"

static const struct mode {
	const char *name;
	void (*run)(const struct nv_load_options *options);
} modes[] = {
	{ "echo", nv_load_echo },
	{ "rounds", nv_load_rounds },
	{ "idle", nv_load_idle },
	{ "handshakes", nv_load_handshakes },
};

int main(int argc, char **argv)
{
	struct nv_load_options options;

	for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++) {
		if (strcmp(argv[1], modes[i].name) != 0)
			continue;
		nv_load_options_read(&options, argv + 2);
		modes[i].run(&options);
		return 0;
	}
	fputs("usage: load echo|rounds|idle|handshakes port=N server=PID [NAME=NUMBER]...\n",
	      stderr);
	return 2;
}
