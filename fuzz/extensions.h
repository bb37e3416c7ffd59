/* SPDX-License-Identifier: MIT */
/* extensions.h: offers and answers of permessage-deflate as input, and a second opinion on them. */
#ifndef FUZZ_EXTENSIONS_H
#define FUZZ_EXTENSIONS_H

#include <navette/handshake.h>

#include "input.h"

/* Three bytes, which may be digits: the flags (1: context takeover, 2: enabled), the window bits and
 * those of the peer, from '0'. At the end of the input: off. */
struct nv_compression input_compression(struct input *input);

/* The head that begins with `start`, with the rest of the input as values of
 * Sec-WebSocket-Extensions, one a line. The caller frees it. NULL: it is none. */
struct nv_head *input_extensions(struct input *input, enum nv_head_kind kind, const char *start);

/* What the parameters mean (RFC 7692 7.1), slowly: client_max_window_bits without a value, which
 * only an offer may have, is 15. False: they are not valid. */
bool terms_read(struct nv_bytes parameters, bool offered, struct nv_deflate *terms);

/* Aborts unless both mean the same. */
void must_agree(const struct nv_deflate *a, const struct nv_deflate *b);

#endif
