/* SPDX-License-Identifier: MIT */
/* socks.h: the client's side of SOCKS5 (RFC 1928) with user and password (RFC 1929), as a pure function of
 * bytes: take what it has to say, feed what came. It asks for one CONNECT, by name or literal address. */
#ifndef PROTO_SOCKS_H
#define PROTO_SOCKS_H

#include <navette/base.h>

#define NV_SOCKS_ROOM 780u /* the most it says at a time: user and password, and the request */

enum nv_socks_state {
	NV_SOCKS_GREETING,
	NV_SOCKS_PASSWORD,
	NV_SOCKS_REPLY,
	NV_SOCKS_DONE,
	NV_SOCKS_FAILED
};

/* Embedded, zeroed before nv_socks_start; the texts are the caller's and live as long. */
struct nv_socks {
	enum nv_socks_state state;
	const char *host;
	uint16_t port;
	const char *user; /* NULL: it offers no authentication */
	const char *password;
	int error;           /* of FAILED, see socks.c: what the proxy could not or would not do,
	                      * NV_ERR_PERMISSION for credentials, NV_ERR_PROTOCOL for no SOCKS5 */
	const char *problem; /* of FAILED, a constant: "the proxy does not allow this connection" */
	uint8_t have[262];   /* of the answer that is awaited */
	size_t have_len;
};

/* Begins. What is to be sent is written to `out`: how many bytes; NV_ERR_INVALID for a host, user or password
 * that SOCKS5 can't carry: a host or user of 1 to 255 bytes, a password of 255 at most. NULL is no password. */
int nv_socks_start(struct nv_socks *socks, const char *host, uint16_t port, const char *user,
                   const char *password, uint8_t out[NV_SOCKS_ROOM]);

/* Takes bytes, as far as they are its own: `*used`, which is all of them unless it is DONE or FAILED. What is
 * to be sent next is written to `out`: how many bytes, 0 too. Negative: FAILED. Ask for DONE after it. */
int nv_socks_feed(struct nv_socks *socks, const uint8_t *data, size_t len, size_t *used,
                  uint8_t out[NV_SOCKS_ROOM]);

#endif
