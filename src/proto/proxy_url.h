/* SPDX-License-Identifier: MIT */
/* proxy_url.h: where a proxy is and what it speaks, and which hosts need none. */
#ifndef PROTO_PROXY_URL_H
#define PROTO_PROXY_URL_H

#include <navette/base.h>

enum nv_proxy_kind {
	NV_PROXY_HTTP, /* CONNECT (RFC 9110 9.3.6) */
	NV_PROXY_SOCKS5
};

#define NV_PROXY_HOST 256u
#define NV_PROXY_NAME 256u /* of user and password: RFC 1929 takes 255 bytes */

struct nv_proxy {
	enum nv_proxy_kind kind;
	uint16_t port;            /* 80 or 1080 when the URL names none */
	char host[NV_PROXY_HOST]; /* without brackets */
	bool authenticates; /* the URL has user information that is not empty, percent-decoded: */
	char user[NV_PROXY_NAME];
	char password[NV_PROXY_NAME];
};

/* Reads "http://[USER[:PASSWORD]@]HOST[:PORT][/]", the same with socks5:// or socks5h://, or without a
 * scheme, which means http://. 0, or NV_ERR_INVALID and a constant that says why and holds nothing of the text;
 * then all of `proxy` is zero. `proxy` is to be wiped by its owner. */
int nv_proxy_parse(const char *text, struct nv_proxy *proxy, const char **problem);

/* True when a no_proxy list ("example.org,.corp.example, 10.0.0.0/8,[::1]:8080,*"; NULL: none) names this
 * host, an IPv6 address without brackets: each entry a domain, which stands for itself and what ends with a
 * dot and it, a leading dot or "*." making no difference; an IP address or network; or a star for everything;
 * all with or without a port, and with commas or spaces between them. */
bool nv_proxy_is_excepted(const char *list, struct nv_bytes host, uint16_t port);

#endif
