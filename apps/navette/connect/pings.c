/* SPDX-License-Identifier: MIT */
/* pings.c: a short list. */
#include "connect/pings.h"

static void forget_oldest(struct nv_pings *pings, size_t count)
{
	pings->count -= count;
	memmove(pings->pings, pings->pings + count, pings->count * sizeof *pings->pings);
}

void nv_pings_sent(struct nv_pings *pings, struct nv_bytes data, uint64_t now_us)
{
	struct nv_ping *ping;

	if (pings->count == NV_PINGS_MAX)
		forget_oldest(pings, 1);
	ping = &pings->pings[pings->count++];
	ping->len = data.len;
	ping->sent_us = now_us;
	memcpy(ping->data, data.data, data.len);
}

bool nv_pings_answered(struct nv_pings *pings, struct nv_bytes data, uint64_t now_us,
                       uint64_t *took_us)
{
	for (size_t i = 0; i < pings->count; i++) {
		const struct nv_ping *ping = &pings->pings[i];

		if (ping->len == data.len && memcmp(ping->data, data.data, data.len) == 0) {
			*took_us = now_us - ping->sent_us;
			forget_oldest(pings, i + 1);
			return true;
		}
	}
	return false;
}
