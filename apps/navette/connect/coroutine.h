/* SPDX-License-Identifier: MIT */
/* coroutine.h: a function that may stop in its middle and go on later, for a library that only returns
 * when it has all of its input. */
#ifndef CONNECT_COROUTINE_H
#define CONNECT_COROUTINE_H

struct nv_coroutine;

/* It does not run yet. NULL without memory or threads. */
struct nv_coroutine *nv_coroutine_new(void (*run)(void *context), void *context);

/* Runs it until it yields or returns; nothing once it has returned. */
void nv_coroutine_resume(struct nv_coroutine *coroutine);

/* From inside: back to who resumed it, until it is resumed again. */
void nv_coroutine_yield(struct nv_coroutine *coroutine);

/* Resumes it until it has returned, which is for the caller to have told it to do. NULL does nothing. */
void nv_coroutine_free(struct nv_coroutine *coroutine);

#endif
