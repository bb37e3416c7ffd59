/* SPDX-License-Identifier: MIT */
/* plain.c: what an echo and a hub do with a message, and what they have in common. */
#include "serve/plain.h"

#include <stdio.h>
#include <stdlib.h>

#include "echo.h"
#include "serve/log.h"
#include "serve/trim.h"
#include "serve/visit.h"

#define PATH "/"
#define HUB "hub"

/* --- The two kinds --- */

struct plain {
	struct nv_handlers handlers;
	const char *what_happens;
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
		.what_happens = "comes back as it was",
	},
	[NV_PLAIN_HUB] = {
		.handlers = { .on_open = hub_open,
		              .on_message = hub_message,
		              .on_close = plain_close },
		.what_happens = "goes to everybody who is connected, also to its sender",
	},
};

/* --- The same, logged --- */

struct logged {
	const struct plain *plain;
	uint64_t opened_ns;
};

static void logged_open(struct nv_conn *conn)
{
	const struct plain *plain = nv_conn_user(conn);
	struct logged *logged = malloc(sizeof *logged);
	char peer[NV_PEER_TEXT];

	nv_conn_set_user(conn, logged);
	if (!logged) {
		give_up(conn, NV_ERR_NOMEM);
		return;
	}
	*logged = (struct logged){ plain, nv_clock_ns() };
	nv_serve_log(NV_LOGGED_CONNECTED,
	             NV_FIELDS(NV_FIELD_TEXT("path", PATH),
	                       NV_FIELD_TEXT("peer", nv_conn_peer(conn, peer))),
	             "Nouveau client connecté !");
	if (plain->handlers.on_open)
		plain->handlers.on_open(conn);
}

static void logged_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	const struct logged *logged = nv_conn_user(conn);
	char field[NV_LOG_FIELD_SIZE];
	char peer[NV_PEER_TEXT];

	if (!logged)
		return;
	nv_serve_log(NV_LOGGED_MESSAGE,
	             NV_FIELDS(NV_FIELD_TEXT("path", PATH),
	                       NV_FIELD_TEXT("peer", nv_conn_peer(conn, peer)),
	                       NV_FIELD_NUMBER("bytes", message.len)),
	             "Message reçu : %s", nv_serve_log_field(message, field));
	logged->plain->handlers.on_message(conn, opcode, message);
}

static void logged_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct logged *logged = nv_conn_user(conn);
	struct nv_visit visit;

	plain_close(conn, close);
	if (!logged) {
		nv_visit_end_outside(conn, close, PATH);
		return;
	}
	nv_visit_end(&visit, conn, close, logged->opened_ns);
	nv_serve_log(NV_LOGGED_DISCONNECTED,
	             NV_FIELDS(NV_FIELD_TEXT("path", PATH), NV_VISIT_FIELDS(&visit)),
	             "Client déconnecté");
	free(logged);
}

/* --- The routes --- */

static void explain(struct nv_request *request)
{
	const struct plain *plain = nv_request_user(request);
	struct nv_tls_info tls;
	const char *s = nv_request_tls(request, &tls) ? "s" : "";
	char page[256];

	snprintf(page, sizeof page,
	         "Here every WebSocket message %s.\n"
	         "Connect with ws%s:// instead of http%s://, for example by navette connect.\n",
	         plain->what_happens, s, s);
	(void)nv_request_reply(request, 200, "text/plain; charset=utf-8", nv_str(page));
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
	error = nv_server_route(server, PATH, &handlers, (void *)plain);
	return error ? error : nv_server_http(server, PATH, explain, (void *)plain);
}
