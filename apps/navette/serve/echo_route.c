/* SPDX-License-Identifier: MIT */
/* echo_route.c: the routes of --echo. */
#include "serve/echo_route.h"

#include "echo.h"
#include "serve/trim.h"

static void echo_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	(void)close;
	nv_trim_gone();
}

static void explain(struct nv_request *request)
{
	(void)nv_request_reply(request, 200, "text/plain; charset=utf-8",
	                       nv_str("Here every WebSocket message comes back as it was.\n"
	                              "Connect with ws:// instead of http://, for example by "
	                              "navette connect.\n"));
}

int nv_echo_route(struct nv_server *server)
{
	const struct nv_handlers handlers = {
		.on_message = nv_echo_message,
		.on_drain = nv_echo_drain,
		.on_close = echo_close,
	};
	int error = nv_server_route(server, "/", &handlers, NULL);

	return error ? error : nv_server_http(server, "/", explain, NULL);
}
