/* SPDX-License-Identifier: MIT */
/* lock_windows.c: hands the pointers of lock_windows.h to Windows as what they are there. */
#include "net/lock.h"

#include <assert.h>
#include <windows.h>

static_assert(sizeof(struct nv_lock) == sizeof(SRWLOCK), "a lock is one pointer");
static_assert(sizeof(struct nv_condition) == sizeof(CONDITION_VARIABLE),
              "a condition is one pointer");
static_assert(sizeof(struct nv_once) == sizeof(INIT_ONCE), "a once is one pointer");

static SRWLOCK *srw_of(struct nv_lock *lock)
{
	return (SRWLOCK *)&lock->srw;
}

static CONDITION_VARIABLE *variable_of(struct nv_condition *condition)
{
	return (CONDITION_VARIABLE *)&condition->changed;
}

void nv_lock_take(struct nv_lock *lock)
{
	AcquireSRWLockExclusive(srw_of(lock));
}

void nv_lock_give(struct nv_lock *lock)
{
	ReleaseSRWLockExclusive(srw_of(lock));
}

void nv_condition_wait(struct nv_condition *condition, struct nv_lock *lock)
{
	SleepConditionVariableSRW(variable_of(condition), srw_of(lock), INFINITE, 0);
}

void nv_condition_signal(struct nv_condition *condition)
{
	WakeConditionVariable(variable_of(condition));
}

void nv_condition_broadcast(struct nv_condition *condition)
{
	WakeAllConditionVariable(variable_of(condition));
}

/* A function does not fit a void pointer; what holds it does. */
struct errand {
	void (*run)(void);
};

static BOOL CALLBACK run_errand(INIT_ONCE *once, void *errand, void **result)
{
	(void)once;
	(void)result;
	((const struct errand *)errand)->run();
	return TRUE;
}

void nv_once_run(struct nv_once *once, void (*run)(void))
{
	struct errand errand = { run };

	InitOnceExecuteOnce((INIT_ONCE *)&once->state, run_errand, &errand, NULL);
}
