/* SPDX-License-Identifier: MIT */
/* whole_deflater.h: compresses a large message that is there as a whole and keeps no window, which
 * libdeflate does faster than zlib. */
#ifndef PROTO_WHOLE_DEFLATER_H
#define PROTO_WHOLE_DEFLATER_H

#include <navette/deflate.h>

/* Bytes of a message from which it is the faster one. */
#define NV_WHOLE_DEFLATER_MIN 32768u

struct nv_whole_deflater;

/* `level` as in struct nv_compression. NULL without memory. */
struct nv_whole_deflater *nv_whole_deflater_new(uint8_t level);
void nv_whole_deflater_free(struct nv_whole_deflater *deflater); /* NULL does nothing */

/* Compresses a message as RFC 7692 7.2.1 tells, for a window of 15 bits or one that holds all of it.
 * The size, or NV_ERR_TOO_BIG when it does not fit, or NV_ERR_NOMEM. */
int nv_whole_deflater_write(struct nv_whole_deflater *deflater, struct nv_bytes data, uint8_t *room,
                            size_t size);

#endif
