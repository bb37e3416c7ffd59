/* SPDX-License-Identifier: MIT */
/* hook.c: what wants to be run before the last flush of a turn, the same for every backend. */
#include "net/hook.h"

void nv_hooks_add(struct nv_list *hooks, struct nv_hook *hook)
{
	if (!hook->link.next)
		nv_list_init(&hook->link);
	if (nv_list_empty(&hook->link))
		nv_list_push(hooks, &hook->link);
}

/* What a hook asks for anew runs in the same turn. */
void nv_hooks_run(struct nv_list *hooks)
{
	while (!nv_list_empty(hooks)) {
		struct nv_hook *hook = nv_container_of(hooks->next, struct nv_hook, link);

		nv_list_remove(&hook->link);
		hook->run(hook);
	}
}

void nv_loop_forget_hook(struct nv_hook *hook)
{
	if (hook->link.next)
		nv_list_remove(&hook->link);
}
