/* SPDX-License-Identifier: MIT */
/* main.c: finds the command that the first argument names. What a command does with the rest is its
 * own. */
#include <navette/base.h>

#include <stdio.h>

#include "command.h"

#define EXIT_USAGE 2

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *example;
} commands[] = {
	{ "serve", navette_serve, "run the chat, the echo and their web pages",
	  "navette serve --port 8080" },
	{ "connect", navette_connect, "talk to a WebSocket server from here",
	  "navette connect ws://localhost:8080/ws" },
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_usage(FILE *file)
{
	fputs("Usage: navette COMMAND [OPTION]...\n\n", file);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-9s %s\n            %s\n", commands[i].name, commands[i].summary,
		        commands[i].example);
	fputs("\nMore: navette COMMAND --help, navette --version\n", file);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("navette %s\n", nv_version());
		return 0;
	}
	command = find_command(argv[1]);
	if (!command) {
		fprintf(stderr, "navette: no command '%s'; try 'navette --help'\n", argv[1]);
		return EXIT_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}
