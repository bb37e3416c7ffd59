/* SPDX-License-Identifier: MIT */
/* usage.h: what is said about a wrong command line, alike for all commands: one line on standard
 * error, and the exit code. */
#ifndef NAVETTE_USAGE_H
#define NAVETTE_USAGE_H

#include <getopt.h>

#define NV_USAGE_CODE 2

/* "COMMAND: PROBLEM 'VALUE'; try 'COMMAND --help'", the value escaped, or left out when it is NULL.
 * Returns NV_USAGE_CODE. */
__attribute__((format(printf, 3, 4))) int nv_usage_refuse(const char *command, const char *value,
                                                          const char *problem, ...);

/* The same for what getopt_long refuses with ':' or '?'. `options` is its table, `last` the argument
 * that it has just moved past. */
int nv_usage_refuse_option(const char *command, const struct option *options, int answer,
                           const char *last);

#endif
