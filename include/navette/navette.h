/* SPDX-License-Identifier: MIT */
/* navette.h: WebSocket servers and clients, all of it.
 *
 * Callbacks run on the thread of their connection's loop, and everything that belongs to a connection
 * is called on that thread; what any thread may call says so. A server with several threads runs
 * several loops, so that its handlers run at the same time for different connections. A handler may
 * call anything, also close its own connection or stop the server. The rules on bytes and errors
 * stand at the top of base.h. */
#ifndef NAVETTE_NAVETTE_H
#define NAVETTE_NAVETTE_H

#include <navette/client.h>
#include <navette/conn.h>
#include <navette/loop.h>
#include <navette/server.h>

#endif
