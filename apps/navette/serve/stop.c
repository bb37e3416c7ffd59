/* SPDX-License-Identifier: MIT */
/* stop.c: the signals and the keyboard. A background job never reads its terminal, which would stop
 * it or take the shell's input; once a second it finds out whether it has come to the foreground. */
#include "serve/stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int endings[] = { SIGINT, SIGTERM };

#define ENDING_COUNT (sizeof endings / sizeof *endings)

static volatile sig_atomic_t ended;
static sigset_t waiting_mask; /* while it waits, the only time in which signals arrive */

static void end(int number)
{
	(void)number;
	ended = 1;
}

void nv_stop_prepare(void)
{
	struct sigaction handle = { .sa_handler = end };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		sigaction(endings[i], &handle, NULL);
		sigaddset(&blocked, endings[i]);
	}
	sigaction(SIGPIPE, &ignore, NULL);
	/* Sent to the background just before it reads, it gets an error and is not stopped. */
	sigaction(SIGTTIN, &ignore, NULL);
	sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		sigdelset(&waiting_mask, endings[i]);
}

/* There are no jobs on a terminal that is not the one of this session. */
bool nv_stop_has_keyboard(void)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	if (foreground < 0)
		return errno == ENOTTY && isatty(STDIN_FILENO);
	return foreground == getpgrp();
}

/* Also the end of input, Ctrl-D. */
static bool read_enter(void)
{
	char line[256];
	ssize_t len = read(STDIN_FILENO, line, sizeof line);

	return len == 0 || (len > 0 && memchr(line, '\n', (size_t)len));
}

void nv_stop_wait(void (*tick)(void))
{
	const struct timespec second = { .tv_sec = 1 };
	struct pollfd keyboard = { .fd = STDIN_FILENO, .events = POLLIN };

	while (!ended) {
		int ready = ppoll(&keyboard, nv_stop_has_keyboard(), &second, &waiting_mask);

		if (ready > 0 && nv_stop_has_keyboard() && read_enter())
			return;
		if (ready == 0)
			tick();
	}
}
