/* SPDX-License-Identifier: MIT */
/* hook.h: the list of hooks that a loop keeps; for backends. */
#ifndef NET_HOOK_H
#define NET_HOOK_H

#include "net/loop.h"

void nv_hooks_add(struct nv_list *hooks, struct nv_hook *hook);
void nv_hooks_run(struct nv_list *hooks);

#endif
