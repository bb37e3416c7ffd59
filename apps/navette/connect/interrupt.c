/* SPDX-License-Identifier: MIT */
/* interrupt.c: the first signal asks for a good end, the second gets one at once: it may come while
 * a write blocks, so it does not wait for anybody. */
#include "connect/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "connect/verdict.h"

static struct nv_loop *loop_to_wake;
static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
	(void)number;
	if (interrupts)
		_exit(NV_VERDICT_INTERRUPTED);
	interrupts = 1;
	nv_loop_stop(loop_to_wake);
}

void nv_interrupt_catch(struct nv_loop *loop)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	loop_to_wake = loop;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &interrupt, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool nv_interrupt_seen(void)
{
	return interrupts != 0;
}
