/* SPDX-License-Identifier: MIT */
/* tty.c: termios(3) and signals.
 *
 * What a handler does here is a tcsetattr, a write or a kill, which are async-signal-safe. */
#include "connect/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* These end the program. SIGINT and SIGTERM are not among them: they ask it to end. */
static const int deadly[] = { SIGABRT, SIGBUS, SIGFPE, SIGHUP, SIGILL, SIGQUIT, SIGSEGV, SIGSYS };

#define DEADLY_COUNT (sizeof deadly / sizeof *deadly)

static struct {
	int fd;
	struct termios kept;
	struct termios edited;
	volatile sig_atomic_t active; /* there is something to bring back */
	bool editing;                 /* signals are caught */
	volatile sig_atomic_t change;
	void (*wake)(void);
	struct sigaction before[DEADLY_COUNT];
} tty;

/* In the background this would stop us. */
static bool is_in_foreground(void)
{
	return tcgetpgrp(tty.fd) == getpgrp();
}

void nv_tty_restore(void)
{
	if (tty.active && is_in_foreground())
		tcsetattr(tty.fd, TCSANOW, &tty.kept);
}

/* Whoever had the signal before gets it then, a sanitizer for instance. */
static void on_deadly(int number)
{
	nv_tty_restore();
	for (size_t i = 0; i < DEADLY_COUNT; i++) {
		if (deadly[i] == number)
			sigaction(number, &tty.before[i], NULL);
	}
	raise(number);
}

/* The shell may have written something since. */
static void edit_again(void)
{
	if (is_in_foreground())
		tcsetattr(tty.fd, TCSANOW, &tty.edited);
	tty.change = NV_TTY_CONTINUED;
	tty.wake();
}

static void on_continue(int number)
{
	int error = errno;

	(void)number;
	edit_again();
	errno = error;
}

static void set_handler(int number, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(number, &action, NULL);
}

/* Stops as if nobody had caught the signal, which is not at all where no shell could go on with us. */
static void on_stop(int number)
{
	static const char below[] = "\r\n\033[J";
	int error = errno;
	sigset_t stop;

	(void)!write(tty.fd, below, sizeof below - 1);
	nv_tty_restore();
	set_handler(number, SIG_DFL);
	sigemptyset(&stop);
	sigaddset(&stop, number);
	raise(number);
	pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	set_handler(number, on_stop);
	edit_again();
	errno = error;
}

static void on_resize(int number)
{
	int error = errno;

	(void)number;
	if (tty.change == NV_TTY_SAME)
		tty.change = NV_TTY_RESIZED;
	tty.wake();
	errno = error;
}

enum nv_tty_change nv_tty_changed(void)
{
	enum nv_tty_change change = (enum nv_tty_change)tty.change;

	tty.change = NV_TTY_SAME;
	return change;
}

int nv_tty_keep(int fd)
{
	static bool registered;

	tty.fd = fd;
	if (tcgetattr(fd, &tty.kept) != 0)
		return -1;
	tty.active = 1;
	if (!registered)
		atexit(nv_tty_restore);
	registered = true;
	return 0;
}

void nv_tty_edit(void (*wake)(void))
{
	struct sigaction end = { .sa_handler = on_deadly };

	tty.wake = wake;
	if (tcgetattr(tty.fd, &tty.edited) != 0)
		tty.edited = tty.kept;
	for (size_t i = 0; i < DEADLY_COUNT; i++)
		sigaction(deadly[i], &end, &tty.before[i]);
	set_handler(SIGTSTP, on_stop);
	set_handler(SIGCONT, on_continue);
	set_handler(SIGWINCH, on_resize);
	tty.editing = true;
}

static void let_signals_be(void)
{
	for (size_t i = 0; i < DEADLY_COUNT; i++)
		sigaction(deadly[i], &tty.before[i], NULL);
	set_handler(SIGTSTP, SIG_DFL);
	set_handler(SIGCONT, SIG_DFL);
	set_handler(SIGWINCH, SIG_DFL);
	tty.editing = false;
}

void nv_tty_leave(void)
{
	if (tty.editing)
		let_signals_be();
	nv_tty_restore();
	tty.active = 0;
}
