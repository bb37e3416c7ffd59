/* SPDX-License-Identifier: MIT */
/* proxy_choice.h: which proxy a client asks for a URL: the one it was given, or what the environment says. */
#ifndef WS_PROXY_CHOICE_H
#define WS_PROXY_CHOICE_H

#include <navette/handshake.h>

/* Embedded by its owner. Texts of its own, or NULL. */
struct nv_proxy_choice {
	const char *always; /* the option: for all URLs; "": none. Else, from the environment: */
	const char *plain;  /* for ws:// */
	const char *secure; /* for wss:// */
	const char *except; /* but not for these hosts */
};

/* `option` NULL: looks at the environment, once. 0 or NV_ERR_NOMEM; to be ended in any case. */
int nv_proxy_choice_init(struct nv_proxy_choice *choice, const char *option);
void nv_proxy_choice_deinit(struct nv_proxy_choice *choice);

/* The URL of the proxy, which may be no good; NULL: none is asked. */
const char *nv_proxy_choice_of(const struct nv_proxy_choice *choice, const struct nv_url *url);

#endif
