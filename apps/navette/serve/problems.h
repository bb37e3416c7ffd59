/* SPDX-License-Identifier: MIT */
/* problems.h: what is wrong with a configuration, one line each, to whoever wants to know: standard error
 * at the start, the log while the server runs. */
#ifndef SERVE_PROBLEMS_H
#define SERVE_PROBLEMS_H

#include <stddef.h>

struct nv_problems {
	void (*tell)(const char *line); /* no control characters, no line break */
	size_t count;
};

/* "PROBLEM 'VALUE'"; without the value when it is NULL. Returns NV_ERR_INVALID. */
__attribute__((format(printf, 3, 4))) int nv_problem(struct nv_problems *problems,
                                                     const char *value, const char *format, ...);

#endif
