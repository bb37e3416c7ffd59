/* SPDX-License-Identifier: MIT */
/* fail.h: the end of a program that cannot go on. A benchmark that failed has no numbers. */
#ifndef NV_BENCH_FAIL_H
#define NV_BENCH_FAIL_H

/* Prints the message, and the error behind it if errno is set, and exits with 1. */
_Noreturn void nv_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
