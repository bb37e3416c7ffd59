/* SPDX-License-Identifier: MIT */
/* siphash.h: SipHash-2-4, a keyed hash: who does not know the key can't make up inputs that collide
 * in a table. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define NV_SIPHASH_KEY 16

uint64_t nv_siphash(const uint8_t key[NV_SIPHASH_KEY], const void *data, size_t len);

#endif
