/* SPDX-License-Identifier: MIT */
/* mixed_session.h: one session on which everything happens that an input asks for. */
#ifndef FUZZ_MIXED_SESSION_H
#define FUZZ_MIXED_SESSION_H

#include <navette/session.h>

/* Input: the allocation and the masking key that fail, the limits, a seed for the pieces, an
 * agreement (agreement.h); then acts: a byte that says which, and what it needs. */
void mixed_session(enum nv_role role, const uint8_t *data, size_t size);

#endif
