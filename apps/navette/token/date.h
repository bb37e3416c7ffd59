/* SPDX-License-Identifier: MIT */
/* date.h: moments as people read them, the same everywhere. */
#ifndef TOKEN_DATE_H
#define TOKEN_DATE_H

#include <stdint.h>

#define NV_DATE_SIZE 40

/* "2026-11-23 21:09:00 UTC", of seconds since 1970; or the number, where there is no such year. */
void nv_date_write(char date[NV_DATE_SIZE], int64_t seconds);

#endif
