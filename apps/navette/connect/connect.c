/* SPDX-License-Identifier: MIT */
/* connect.c: navette connect, from its first word to its exit code. */
#include "connect/connect.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "connect/echo_loop.h"
#include "connect/help.h"
#include "connect/pipe.h"
#include "connect/report.h"
#include "connect/talk.h"
#include "connect/terminal.h"

/* A standard descriptor that is closed would go to a socket. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR);
	}
}

int nv_connect_begin(struct nv_connect_options *options, enum nv_connect_command command, int argc,
                     char **argv)
{
	int code;

	fill_standard_descriptors();
	code = nv_connect_options_parse(options, command, argc, argv);
	if (code == 0 && !options->help && options->client.tls.insecure)
		nv_report("warning: with --insecure it is not checked who answers: whoever is on "
		          "the way can read and change everything");
	return code;
}

static int run_with_pipe(const struct nv_connect_options *options)
{
	struct nv_pipe pipe;
	int code;

	nv_pipe_init(&pipe, options);
	code = nv_talk_run(options, &pipe.source);
	nv_pipe_deinit(&pipe);
	return code;
}

/* NULL when nobody types, or on a terminal that is none to edit lines on. */
static struct nv_source *open_terminal(const struct nv_connect_options *options)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) ? nv_terminal_new(options) : NULL;
}

static int run_with_input(const struct nv_connect_options *options)
{
	struct nv_source *terminal = open_terminal(options);
	int code;

	if (!terminal)
		return run_with_pipe(options);
	code = nv_talk_run(options, terminal);
	nv_terminal_free(terminal);
	return code;
}

static int run(const struct nv_connect_options *options)
{
	if (options->help)
		nv_connect_help(stdout);
	else if (options->echo_loop)
		return nv_echo_loop_run(options);
	else
		return run_with_input(options);
	return 0;
}

int navette_connect(int argc, char **argv)
{
	struct nv_connect_options options;
	int code = nv_connect_begin(&options, NV_COMMAND_CONNECT, argc, argv);

	if (code == 0)
		code = run(&options);
	nv_connect_options_deinit(&options);
	return code;
}
