/* SPDX-License-Identifier: MIT */
/* inflater.h: decompresses what permessage-deflate carries (RFC 7692 7.2.2), as it arrives. */
#ifndef PROTO_INFLATER_H
#define PROTO_INFLATER_H

#include <navette/base.h>

/* Bytes that one inflater may hold: its window and zlib's state. */
#define NV_INFLATER_MEMORY (32768u + 8192u)

struct nv_inflater;

/* Its window always has 15 bits, whatever was agreed on. NULL without memory. */
struct nv_inflater *nv_inflater_new(void);
void nv_inflater_free(struct nv_inflater *inflater); /* NULL does nothing */

/* Lends compressed bytes, at most 4 GiB less one, until nv_inflater_read has answered 0. */
void nv_inflater_feed(struct nv_inflater *inflater, struct nv_bytes data);

/* The next decompressed bytes, at most `size`, which is not 0: how many; 0 when all that was fed is
 * used up; NV_ERR_PROTOCOL for data that are damaged, NV_ERR_NOMEM. */
int nv_inflater_read(struct nv_inflater *inflater, uint8_t *room, size_t size);

/* After a 0: true when what was fed ends with a block and with a byte, as a whole message does with
 * its 00 00 ff ff added (RFC 7692 7.2.2). */
bool nv_inflater_is_complete(const struct nv_inflater *inflater);

/* Forgets its window and whatever was read. */
void nv_inflater_reset(struct nv_inflater *inflater);

#endif
