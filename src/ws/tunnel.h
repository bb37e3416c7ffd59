/* SPDX-License-Identifier: MIT */
/* tunnel.h: asks a proxy for a connection to a server, by CONNECT (RFC 9110 9.3.6) or SOCKS5 (RFC 1928), on
 * what was dialled. Who has started it owns it; everything happens on the loop's thread. */
#ifndef WS_TUNNEL_H
#define WS_TUNNEL_H

#include <navette/handshake.h>

#include "net/dial.h"
#include "proto/proxy_url.h"

struct nv_tunnel;

/* Why there is none. All of it dies with the call. */
struct nv_tunnel_end {
	int error;                  /* 0: the proxy has connected, and nv_tunnel_take is due */
	const char *text;           /* for a person, without a secret */
	const struct nv_head *head; /* of an HTTP answer that refused, and what there is of its */
	struct nv_bytes body;
};

/* Each may free the tunnel. */
struct nv_tunnel_events {
	void *context;
	/* The heads, or what stands for them in SOCKS5; may be NULL. */
	void (*asked)(void *context, struct nv_bytes text);
	void (*answered)(void *context, struct nv_bytes text);
	void (*done)(void *context, const struct nv_tunnel_end *end); /* once */
};

/* Whom to ask for. Its own copies are the caller's until `done`. */
struct nv_tunnel_wish {
	const struct nv_proxy *proxy;
	const char *host; /* without brackets */
	uint16_t port;
	bool literal_v6;
};

/* Takes the connection of the dial, and asks. `*tunnel` is set before any event, which may come from
 * inside. 0, or an error and no tunnel. */
int nv_tunnel_start(struct nv_dial *dial, const struct nv_tunnel_wish *wish,
                    const struct nv_tunnel_events *events, struct nv_tunnel **tunnel);

/* The time is over: `done`, from inside. */
void nv_tunnel_expire(struct nv_tunnel *tunnel);

/* As nv_dial_take, after `done` without an error. */
int nv_tunnel_take(struct nv_tunnel *tunnel, struct nv_stream *to, struct nv_tls_context *context,
                   const char *host);

/* At any time; NULL does nothing. */
void nv_tunnel_free(struct nv_tunnel *tunnel);

#endif
