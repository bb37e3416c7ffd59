/* SPDX-License-Identifier: MIT */
/* plain.h: the servers without a chat, at /: --echo, where every message comes back as it was, and
 * --hub, where it goes to everybody; and a word to a browser that comes there. */
#ifndef SERVE_PLAIN_H
#define SERVE_PLAIN_H

#include <navette/navette.h>

enum nv_plain_kind {
	NV_PLAIN_ECHO,
	NV_PLAIN_HUB
};

/* `log`: a line for each client that comes or goes, and for each message. */
int nv_plain_route(struct nv_server *server, enum nv_plain_kind kind, bool log);

#endif
