/* SPDX-License-Identifier: MIT */
/* retry.h: whether a client tries again, and when: the rules at struct nv_retry of navette/client.h. */
#ifndef WS_RETRY_H
#define WS_RETRY_H

#include <navette/client.h>

bool nv_retry_mends_failure(const struct nv_failure *failure);
bool nv_retry_mends_close(const struct nv_close *close);

/* How long the server asks for, in ms; 0: it does not. `now` is in seconds since 1970. */
uint32_t nv_retry_wish(const struct nv_failure *failure, const struct nv_close *close, int64_t now);

/* The time before the n-th try in a row, n from 0, with 32 bits of chance. */
uint32_t nv_retry_delay(uint32_t n, uint32_t min_ms, uint32_t max_ms, uint32_t wish_ms,
                        uint32_t random);

#endif
