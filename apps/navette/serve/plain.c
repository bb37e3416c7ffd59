/* SPDX-License-Identifier: MIT */
/* plain.c: what an echo and a hub do with a message, and what they have in common. */
#include "serve/plain.h"

#include "echo.h"
#include "serve/log.h"
#include "serve/trim.h"

#define HUB "hub"
#define HOW_TO_CONNECT "Connect with ws:// instead of http://, for example by navette connect.\n"

/* --- The two kinds --- */

struct plain {
	struct nv_handlers handlers;
	const char *page;
};

/* Who can't be served is told so: nothing goes missing in silence. */
static void give_up(struct nv_conn *conn, int error)
{
	uint16_t status = error == NV_ERR_FULL ? NV_STATUS_TRY_LATER : NV_STATUS_INTERNAL;

	if (nv_conn_close(conn, status, nv_strerror(error)) == NV_ERR_NOMEM)
		nv_conn_abort(conn);
}

static void hub_open(struct nv_conn *conn)
{
	int error = nv_conn_subscribe(conn, HUB);

	if (error < 0)
		give_up(conn, error);
}

static void hub_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	int error = nv_server_publish(nv_conn_server(conn), HUB, opcode, message, 0);

	if (error < 0)
		give_up(conn, error);
}

static void plain_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	(void)close;
	nv_trim_gone();
}

static const struct plain plains[] = {
	[NV_PLAIN_ECHO] = {
		.handlers = { .on_message = nv_echo_message,
		              .on_drain = nv_echo_drain,
		              .on_close = plain_close },
		.page = "Here every WebSocket message comes back as it was.\n" HOW_TO_CONNECT,
	},
	[NV_PLAIN_HUB] = {
		.handlers = { .on_open = hub_open,
		              .on_message = hub_message,
		              .on_close = plain_close },
		.page = "Here every WebSocket message goes to everybody who is connected, also to its "
			"sender.\n" HOW_TO_CONNECT,
	},
};

/* --- The same, logged --- */

static void logged_open(struct nv_conn *conn)
{
	const struct plain *plain = nv_conn_user(conn);

	nv_serve_log("Nouveau client connecté !");
	if (plain->handlers.on_open)
		plain->handlers.on_open(conn);
}

static void logged_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	const struct plain *plain = nv_conn_user(conn);
	char field[NV_LOG_FIELD_SIZE];

	nv_serve_log("Message reçu : %s", nv_serve_log_field(message, field));
	plain->handlers.on_message(conn, opcode, message);
}

static void logged_close(struct nv_conn *conn, const struct nv_close *close)
{
	nv_serve_log("Client déconnecté");
	plain_close(conn, close);
}

/* --- The routes --- */

static void explain(struct nv_request *request)
{
	const struct plain *plain = nv_request_user(request);

	(void)nv_request_reply(request, 200, "text/plain; charset=utf-8", nv_str(plain->page));
}

int nv_plain_route(struct nv_server *server, enum nv_plain_kind kind, bool log)
{
	const struct plain *plain = &plains[kind];
	struct nv_handlers handlers = plain->handlers;
	int error;

	if (log) {
		handlers.on_open = logged_open;
		handlers.on_message = logged_message;
		handlers.on_close = logged_close;
	}
	error = nv_server_route(server, "/", &handlers, (void *)plain);
	return error ? error : nv_server_http(server, "/", explain, (void *)plain);
}
