/* SPDX-License-Identifier: MIT */
/* interrupt.c: the first signal asks for a good end, the second gets one at once: it may come while
 * a write blocks, so it does not wait for anybody. */
#include "connect/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "connect/verdict.h"

static struct nv_loop *_Atomic loop_to_wake; /* NULL: none any more, or not yet */
static volatile sig_atomic_t interrupts;
static void (*_Atomic restore_terminal)(void);

void nv_interrupt_wake(void)
{
	struct nv_loop *loop = loop_to_wake;
	int error = errno;

	if (loop)
		nv_loop_stop(loop);
	errno = error;
}

static void on_interrupt(int number)
{
	void (*restore)(void) = restore_terminal;

	(void)number;
	if (interrupts && restore)
		restore();
	if (interrupts)
		_exit(NV_VERDICT_INTERRUPTED);
	interrupts = 1;
	nv_interrupt_wake();
}

/* What was ignored from the beginning, as a shell does for its background jobs, stays ignored. */
static void catch (int number)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
	struct sigaction before;

	if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(number, &interrupt, NULL);
}

void nv_interrupt_catch(struct nv_loop *loop)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	loop_to_wake = loop;
	catch (SIGINT);
	catch (SIGTERM);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool nv_interrupt_seen(void)
{
	return interrupts != 0;
}

void nv_interrupt_release(void)
{
	loop_to_wake = NULL;
}

void nv_interrupt_restore(void (*restore)(void))
{
	restore_terminal = restore;
}
