/* SPDX-License-Identifier: MIT */
/* thread_windows.c: threads over Windows, begun by its C library, which has memory for each of them. */
#include "net/thread.h"

#include <process.h>
#include <windows.h>

#include <navette/base.h>

static unsigned int __stdcall run_thread(void *context)
{
	struct nv_thread *thread = context;

	thread->run(thread->context);
	return 0;
}

static HANDLE handle_of(const struct nv_thread *thread)
{
	return (HANDLE)thread->id;
}

int nv_thread_start(struct nv_thread *thread)
{
	const uintptr_t id = _beginthreadex(NULL, 0, run_thread, thread, 0, NULL);

	if (id == 0)
		return NV_ERR_LIMIT;
	thread->id = id;
	return 0;
}

void nv_thread_join(struct nv_thread *thread)
{
	WaitForSingleObject(handle_of(thread), INFINITE);
	CloseHandle(handle_of(thread));
}

void nv_thread_detach(struct nv_thread *thread)
{
	CloseHandle(handle_of(thread));
}

int nv_thread_start_detached(struct nv_thread *thread)
{
	const uintptr_t id = _beginthreadex(NULL, 0, run_thread, thread, 0, NULL);

	if (id == 0)
		return NV_ERR_LIMIT;
	CloseHandle((HANDLE)id);
	return 0;
}

void nv_thread_on_fork(void (*in_child)(void))
{
	(void)in_child;
}
