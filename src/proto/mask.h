/* SPDX-License-Identifier: MIT */
/* mask.h: XOR with a masking key (RFC 6455 5.3). */
#ifndef PROTO_MASK_H
#define PROTO_MASK_H

#include <stddef.h>
#include <stdint.h>

/* Writes `len` bytes of `from`, masked or unmasked, to `to`, which is `from` itself or does not
 * overlap it. `offset` is how many bytes of the payload came before. */
void nv_mask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t key[4], size_t offset);

#endif
