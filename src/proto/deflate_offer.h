/* SPDX-License-Identifier: MIT */
/* deflate_offer.h: how both sides come to terms about permessage-deflate (RFC 7692 5 and 7.1). */
#ifndef PROTO_DEFLATE_OFFER_H
#define PROTO_DEFLATE_OFFER_H

#include <navette/deflate.h>

#include "proto/text.h"

#define NV_PERMESSAGE_DEFLATE "permessage-deflate"

/* RFC 7692 7.1.2 */
#define NV_WINDOW_BITS_MIN 8u
#define NV_WINDOW_BITS_MAX 15u

/* Puts the defaults in place of zeros, and moves what is out of range to its nearest end. */
void nv_compression_complete(struct nv_compression *compression);

/* Server: meets the offer with these parameters (RFC 7692 7.1). False: it must be declined. */
bool nv_deflate_meet(struct nv_bytes parameters, const struct nv_compression *compression,
                     struct nv_deflate *deflate);

/* Client: what `compression` (may be NULL) makes it offer; false when that is nothing. A parameter
 * that an offer names without a value has 15 bits. */
bool nv_deflate_offer(const struct nv_compression *compression, struct nv_deflate *offer);

/* Client: judges an answer to `offer` by its parameters. NULL, or a constant that says what is
 * wrong, and then the connection must fail (RFC 7692 7.1). */
const char *nv_deflate_verify(struct nv_bytes parameters, const struct nv_deflate *offer,
                              struct nv_deflate *deflate);

/* Write the whole line of Sec-WebSocket-Extensions. */
void nv_deflate_write_offer(const struct nv_deflate *offer, struct nv_text *text);
void nv_deflate_write_answer(const struct nv_deflate *deflate, struct nv_text *text);

#endif
