/* SPDX-License-Identifier: MIT */
/* nickname.h: what a person may be called. */
#ifndef SERVE_NICKNAME_H
#define SERVE_NICKNAME_H

#include <navette/base.h>

#define NV_NICKNAME_MAX 32 /* code points */
#define NV_NICKNAME_SIZE (4 * NV_NICKNAME_MAX + 1)

/* NULL when the name may be held, which also means that it fits NV_NICKNAME_SIZE and holds no zero
 * byte; else why not, in French, a constant. Whether somebody holds it already is not known here. */
const char *nv_nickname_problem(struct nv_bytes name);

#endif
