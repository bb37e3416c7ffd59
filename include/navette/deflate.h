/* SPDX-License-Identifier: MIT */
/* deflate.h: permessage-deflate (RFC 7692): how one side wants to compress, and what an opening
 * handshake agreed on. */
#ifndef NAVETTE_DEFLATE_H
#define NAVETTE_DEFLATE_H

#include <navette/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one side wants. `{0}` is off; in the numbers zero means the default. NV_OFF as the threshold
 * compresses everything. */
struct nv_compression {
	bool enabled;
	/* Keep a window from message to message where the peer agrees, which compresses small messages
	 * better and holds memory for each connection: 80 KiB with the defaults, 432 KiB at most. Without
	 * it an idle one holds none. */
	bool context_takeover;
	uint8_t level;            /* of what is sent, 1 (fastest) to 9: 1 */
	uint8_t memory_level;     /* zlib's memLevel of what is sent, 1 to 9: 5 */
	uint8_t window_bits;      /* of what is sent at most, 8 to 15: 12 */
	uint8_t peer_window_bits; /* asked of the peer for what it sends, 8 to 15: 15 */
	uint32_t threshold;       /* bytes below which a message is sent as it is: 128 */
};

/* What both agreed on (RFC 7692 7.1). Window bits are 8 to 15, or 0 where the answer does not name
 * them, which means 15. */
struct nv_deflate {
	bool agreed; /* false: the extension is not in use, whatever else stands here */
	bool server_no_context_takeover;
	bool client_no_context_takeover;
	uint8_t server_max_window_bits;
	uint8_t client_max_window_bits;
};

#ifdef __cplusplus
}
#endif

#endif
