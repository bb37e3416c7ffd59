/* SPDX-License-Identifier: MIT */
/* main.c: finds the command that the first argument names. What a command does with the rest is its
 * own. */
#include <navette/base.h>

#include <errno.h>
#include <stdio.h>

#include "command.h"
#include "usage.h"

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
	{ "replay", navette_replay, "send again what navette connect --record has recorded",
	  "navette replay s.ndjson ws://localhost:8080/ws --speed 10" },
	{ "token", navette_token, "make and check the tokens of navette serve",
	  "navette token new --tokens tokens --name Alice" },
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_usage(FILE *file)
{
	fputs("Usage: navette COMMAND [OPTION]...\n\n", file);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-9s %s\n            %s\n", commands[i].name, commands[i].summary,
		        commands[i].example);
	fputs("\nMore: navette help COMMAND, navette --version\n", file);
}

static int run_command(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc, argv);
	return nv_usage_refuse("navette", name, "no command");
}

/* A help text that nobody got is no success; a long one has failed before its end is flushed. A reader
 * that has gone has seen enough. */
static int flush(int code)
{
	if (code != 0 || (!ferror(stdout) && fflush(stdout) == 0) || errno == EPIPE)
		return code;
	fprintf(stderr, "navette: standard output: %s\n", strerror(errno));
	return 1;
}

static int help(int argc, char **argv)
{
	char option[] = "--help";
	char *asked[] = { argv[argc - 1], option, NULL };

	if (argc > 2)
		return nv_usage_refuse("navette", argv[2], "nothing to do with");
	if (argc == 2)
		return run_command(argv[1], 2, asked);
	print_usage(stdout);
	return 0;
}

static bool is_help(const char *text)
{
	return strcmp(text, "help") == 0 || strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return NV_USAGE_CODE;
	}
	if (is_help(argv[1]))
		return help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0) {
		printf("navette %s\n", nv_version());
		return 0;
	}
	return run_command(argv[1], argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	return flush(run(argc, argv));
}
