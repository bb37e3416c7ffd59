/* SPDX-License-Identifier: MIT */
/* secret.h: texts that are not to stay in memory. */
#ifndef TEXT_SECRET_H
#define TEXT_SECRET_H

/* Overwrites and frees an allocated text, which may be NULL. */
void nv_secret_free(char *secret);

#endif
