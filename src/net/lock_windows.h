/* SPDX-License-Identifier: MIT */
/* lock_windows.h: the locks of lock.h over SRWLOCK, CONDITION_VARIABLE and INIT_ONCE. Each of these is one
 * pointer that begins as NULL, so that this needs no windows.h, whose macros reach far. */
#ifndef NET_LOCK_WINDOWS_H
#define NET_LOCK_WINDOWS_H

#include <stddef.h>

struct nv_lock {
	void *srw;
};

struct nv_condition {
	void *changed;
};

struct nv_once {
	void *state;
};

#define NV_LOCK_INIT                                                                               \
	{                                                                                          \
		NULL                                                                               \
	}
#define NV_ONCE_INIT                                                                               \
	{                                                                                          \
		NULL                                                                               \
	}

static inline void nv_lock_init(struct nv_lock *lock)
{
	lock->srw = NULL;
}

static inline void nv_lock_deinit(struct nv_lock *lock)
{
	(void)lock;
}

void nv_lock_take(struct nv_lock *lock);
void nv_lock_give(struct nv_lock *lock);

static inline void nv_condition_init(struct nv_condition *condition)
{
	condition->changed = NULL;
}

static inline void nv_condition_deinit(struct nv_condition *condition)
{
	(void)condition;
}

void nv_condition_wait(struct nv_condition *condition, struct nv_lock *lock);
void nv_condition_signal(struct nv_condition *condition);
void nv_condition_broadcast(struct nv_condition *condition);

void nv_once_run(struct nv_once *once, void (*run)(void));

#endif
