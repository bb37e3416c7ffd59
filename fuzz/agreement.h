/* SPDX-License-Identifier: MIT */
/* agreement.h: reads what an opening handshake agreed on, and how its sides compress. */
#ifndef FUZZ_AGREEMENT_H
#define FUZZ_AGREEMENT_H

#include <navette/deflate.h>

#include "input.h"

struct agreement {
	struct nv_deflate deflate;
	struct nv_compression compression; /* of either side */
};

/* 8 to 15, or 0: not named. */
static inline uint8_t input_bits(unsigned number)
{
	return number % 16 < 8 ? 0 : (uint8_t)(number % 16);
}

/* One byte: bit 0: agreed; 1 and 2: without takeover of servers and of clients; 3: takeover is wanted;
 * 4 to 7: the window of what is sent. If agreed, three more: the window bits of servers and clients,
 * level and memory level, the threshold. */
static inline struct agreement input_agreement(struct input *input)
{
	uint8_t flags = input_byte(input);
	struct agreement agreement = { .deflate = { .agreed = flags & 1 } };
	uint8_t bits;

	if (!agreement.deflate.agreed)
		return agreement;
	bits = input_byte(input);
	agreement.deflate.server_no_context_takeover = flags & 2;
	agreement.deflate.client_no_context_takeover = flags & 4;
	agreement.deflate.server_max_window_bits = input_bits(bits);
	agreement.deflate.client_max_window_bits = input_bits(bits >> 4);
	agreement.compression.enabled = true;
	agreement.compression.context_takeover = flags & 8;
	agreement.compression.window_bits = input_bits(flags >> 4);
	bits = input_byte(input);
	agreement.compression.level = bits % 10;
	agreement.compression.memory_level = (bits >> 4) % 10;
	agreement.compression.threshold = input_byte(input);
	return agreement;
}

#endif
