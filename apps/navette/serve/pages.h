/* SPDX-License-Identifier: MIT */
/* pages.h: the pages that the program carries: the chat at /, the console, and what they load. */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include <navette/navette.h>

int nv_pages_route(struct nv_server *server);

#endif
