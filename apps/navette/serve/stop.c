/* SPDX-License-Identifier: MIT */
/* stop.c: the signals and the keyboard. A background job never reads its terminal, which would stop
 * it or take the shell's input; at each tick it finds out whether it has come to the foreground. A tick
 * comes when its time has come, however many signals do before.
 * SIGHUP has two meanings: that the terminal has gone, and, where that is not so, what programs
 * without one take it for. The terminal is that of the session, whatever standard input is. */
#include "serve/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/clock.h"

static const int endings[] = { SIGINT, SIGTERM };

#define ENDING_COUNT (sizeof endings / sizeof *endings)

/* How long after a SIGHUP the terminal may take to go. */
#define DOUBTFUL_TICKS 5u

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t terminated;
static volatile sig_atomic_t hung_up;
static bool ends_with_terminal; /* it has one, and nobody has told it to outlive that */
static sigset_t waiting_mask;   /* while it waits, the only time in which signals arrive */

static void end(int number)
{
	if (number == SIGTERM)
		terminated = 1;
	else
		interrupted = 1;
}

static void hang_up(int number)
{
	(void)number;
	hung_up = 1;
}

/* Where descriptors have run out nobody knows, and it is taken to be there. */
static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == EMFILE || errno == ENFILE;
	close(fd);
	return true;
}

void nv_stop_prepare(void)
{
	struct sigaction handle = { .sa_handler = end };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction note = { .sa_handler = hang_up };
	struct sigaction before = { .sa_handler = SIG_DFL };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		sigaction(endings[i], &handle, NULL);
		sigaddset(&blocked, endings[i]);
	}
	sigaction(SIGHUP, &note, &before);
	sigaddset(&blocked, SIGHUP);
	ends_with_terminal = before.sa_handler != SIG_IGN && has_terminal();
	sigaction(SIGPIPE, &ignore, NULL);
	/* Sent to the background just before it reads, it gets an error and is not stopped. */
	sigaction(SIGTTIN, &ignore, NULL);
	sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		sigdelset(&waiting_mask, endings[i]);
	sigdelset(&waiting_mask, SIGHUP);
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

/* A shell that leaves sends SIGHUP to its jobs, and the terminal goes when it has left. */
static bool loses_terminal(bool told)
{
	static unsigned doubtful_ticks;

	if (told)
		doubtful_ticks = DOUBTFUL_TICKS;
	else if (doubtful_ticks > 0)
		doubtful_ticks--;
	else
		return false;
	return ends_with_terminal && !has_terminal();
}

static bool heed_hangup(const struct nv_stop_events *events)
{
	hung_up = 0;
	if (loses_terminal(true))
		return true;
	if (events->on_hangup)
		events->on_hangup(events->context);
	return false;
}

/* What has happened; true: the end, and *how. */
static bool look(const struct nv_stop_events *events, bool typed, bool due, enum nv_stop *how)
{
	*how = NV_STOP_NOW;
	if (interrupted || (typed && nv_stop_has_keyboard() && read_enter()))
		return true;
	if (due && loses_terminal(false))
		return true;
	if (hung_up && heed_hangup(events))
		return true;
	*how = NV_STOP_DRAIN;
	if (terminated) {
		terminated = 0;
		return true;
	}
	*how = NV_STOP_ENOUGH;
	return due && !events->on_tick(events->context);
}

static struct timespec time_until(uint64_t moment_ns)
{
	uint64_t now_ns = nv_clock_ns();
	uint64_t left_ns = moment_ns > now_ns ? moment_ns - now_ns : 0;

	return (struct timespec){ .tv_sec = (time_t)(left_ns / NS_PER_S),
		                  .tv_nsec = (long)(left_ns % NS_PER_S) };
}

enum nv_stop nv_stop_wait(const struct nv_stop_events *events)
{
	const uint64_t tick_ns = events->tick_ms * NS_PER_MS;
	struct pollfd keyboard = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t next_ns = nv_clock_ns() + tick_ns;
	bool typed = false;
	bool due = false;
	enum nv_stop how;

	while (!look(events, typed, due, &how)) {
		struct timespec left;

		if (due)
			next_ns = nv_clock_ns() + tick_ns;
		left = time_until(next_ns);
		typed = ppoll(&keyboard, nv_stop_has_keyboard(), &left, &waiting_mask) > 0;
		due = nv_clock_ns() >= next_ns;
	}
	return how;
}
