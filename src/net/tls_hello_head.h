/* SPDX-License-Identifier: MIT */
/* tls_hello_head.h: how long a ClientHello is going to be. OpenSSL makes room for all that is announced,
 * up to 128 KiB for nine bytes of a stranger, and a long list of tickets in it costs as much as several
 * handshakes. So its head is read before OpenSSL sees it, however it is cut into records and pieces. */
#ifndef NET_TLS_HELLO_HEAD_H
#define NET_TLS_HELLO_HEAD_H

#include <navette/base.h>

#define NV_TLS_HELLO_MAX 16384u /* bytes; those of browsers have 2,000 */

/* Embedded, zeroed. */
struct nv_tls_hello_head {
	uint32_t left;        /* bytes of the ClientHello under way, */
	uint16_t record_left; /* and of the record */
	uint8_t record_type;
	uint8_t record_got; /* bytes of its head */
	uint8_t got;        /* bytes of the message's head */
	bool whole;         /* a first ClientHello has come */
	bool done;          /* no other one can follow */
};

/* The peer's next bytes, of its first ClientHello or of the one that a server may ask for again (RFC 8446
 * 4.1.4). Not for TLS 1.2 when the first is whole: what follows there may be encrypted. False when they
 * announce too long a one; whatever else may be wrong is left to OpenSSL. */
bool nv_tls_hello_head_read(struct nv_tls_hello_head *head, struct nv_bytes bytes);

#endif
