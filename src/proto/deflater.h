/* SPDX-License-Identifier: MIT */
/* deflater.h: compresses messages for permessage-deflate (RFC 7692 7.2.1), one after the other. */
#ifndef PROTO_DEFLATER_H
#define PROTO_DEFLATER_H

#include <navette/deflate.h>

/* More at once is not taken: zlib counts in 32 bits. */
#define NV_DEFLATER_MAX (1u << 30)

struct nv_deflater;

/* `window_bits` is 8 to 15; nothing it writes refers back further. `compression` is complete. NULL
 * without memory. */
struct nv_deflater *nv_deflater_new(uint8_t window_bits, const struct nv_compression *compression);
void nv_deflater_free(struct nv_deflater *deflater); /* NULL does nothing */

/* Bytes that one deflater may hold. */
size_t nv_deflater_memory(uint8_t window_bits, const struct nv_compression *compression);

/* Room that always suffices for nv_deflater_write of `len` bytes. */
size_t nv_deflater_bound(size_t len);

/* Compresses a message, or one part of it, up to a byte boundary; behind the last part stands an
 * empty block less its 00 00 ff ff. The size; NV_ERR_TOO_BIG when that exceeds `size`, or the data
 * NV_DEFLATER_MAX: the deflater is then to be reset, and nothing of it sent. */
int nv_deflater_write(struct nv_deflater *deflater, struct nv_bytes data, bool last, uint8_t *room,
                      size_t size);

/* Forgets its window: the next message stands alone. */
void nv_deflater_reset(struct nv_deflater *deflater);

#endif
