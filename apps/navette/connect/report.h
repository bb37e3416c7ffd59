/* SPDX-License-Identifier: MIT */
/* report.h: what the person at the keyboard is told, on standard error. */
#ifndef CONNECT_REPORT_H
#define CONNECT_REPORT_H

#include <navette/base.h>

/* One line "navette connect: ...". */
__attribute__((format(printf, 1, 2))) void nv_report(const char *format, ...);

/* Text of the peer, escaped, each of its lines indented under a report. */
void nv_report_quote(struct nv_bytes text);

#endif
