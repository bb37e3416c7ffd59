/* SPDX-License-Identifier: MIT */
/* guard.c: the one line that is typed in this process. */
#include "connect/guard.h"

#include <stddef.h>

static struct {
	void (*hide)(void *context);
	void (*show)(void *context);
	void *context;
	bool hidden;
} guard;

void nv_guard_set(void (*hide)(void *context), void (*show)(void *context), void *context)
{
	guard.hide = hide;
	guard.show = show;
	guard.context = context;
	guard.hidden = false;
}

void nv_guard_hide(void)
{
	if (!guard.hide || guard.hidden)
		return;
	guard.hidden = true;
	guard.hide(guard.context);
}

void nv_guard_show(void)
{
	if (!guard.show || !guard.hidden)
		return;
	guard.hidden = false;
	guard.show(guard.context);
}
