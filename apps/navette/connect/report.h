/* SPDX-License-Identifier: MIT */
/* report.h: what the person at the keyboard is told, on standard error. */
#ifndef CONNECT_REPORT_H
#define CONNECT_REPORT_H

#include <navette/base.h>

/* The command that speaks, from now on: "navette connect", as it is without this call. A constant. */
void nv_report_as(const char *command);
const char *nv_report_command(void);

/* One line "navette connect: ...". */
__attribute__((format(printf, 1, 2))) void nv_report(const char *format, ...);

/* One line without a name before it. */
__attribute__((format(printf, 1, 2))) void nv_report_plain(const char *format, ...);

/* Text of the peer, escaped, each of its lines behind `prefix`. */
void nv_report_lines(const char *prefix, struct nv_bytes text);
/* The same, indented under a report. */
void nv_report_quote(struct nv_bytes text);

#endif
