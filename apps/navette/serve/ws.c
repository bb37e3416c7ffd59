/* SPDX-License-Identifier: MIT */
/* ws.c: the simple server. A text is answered, binary comes back as it was; nothing is JSON here. */
#include "serve/ws.h"

#include <stdlib.h>

#include "serve/answer.h"
#include "serve/expiry.h"
#include "serve/log.h"
#include "serve/trim.h"
#include "serve/visit.h"

#define PATH "/ws"
#define BEFORE "Serveur dit : J'ai reçu votre message \""
#define BEHIND "\""

struct visitor {
	const struct nv_limits *limits;
	struct nv_rate rate;
	struct nv_expiry *expiry;
	uint64_t opened_ns;
};

static void log_open(const struct nv_conn *conn)
{
	char peer[NV_PEER_TEXT];

	nv_serve_log(NV_LOGGED_CONNECTED,
	             NV_FIELDS(NV_FIELD_TEXT("path", PATH),
	                       NV_FIELD_TEXT("peer", nv_conn_peer(conn, peer))),
	             "Nouveau client connecté !");
}

static void log_message(const struct nv_conn *conn, struct nv_bytes message)
{
	char field[NV_LOG_FIELD_SIZE];
	char peer[NV_PEER_TEXT];

	nv_serve_log(NV_LOGGED_MESSAGE,
	             NV_FIELDS(NV_FIELD_TEXT("path", PATH),
	                       NV_FIELD_TEXT("peer", nv_conn_peer(conn, peer)),
	                       NV_FIELD_NUMBER("bytes", message.len)),
	             "Message reçu : %s", nv_serve_log_field(message, field));
}

static void log_close(const struct nv_conn *conn, const struct nv_close *close, uint64_t opened_ns)
{
	struct nv_visit visit;

	nv_visit_end(&visit, conn, close, opened_ns);
	nv_serve_log(NV_LOGGED_DISCONNECTED,
	             NV_FIELDS(NV_FIELD_TEXT("path", PATH), NV_VISIT_FIELDS(&visit)),
	             "Client déconnecté");
}

static void ws_upgrade(struct nv_request *request)
{
	const struct nv_ws *ws = nv_request_user(request);

	nv_entry_upgrade(&ws->entry, request);
}

/* Who is not let in has no visitor. */
static void ws_open(struct nv_conn *conn)
{
	const struct nv_ws *ws = nv_conn_user(conn);
	struct visitor *visitor;
	struct nv_pass pass;

	nv_conn_set_user(conn, NULL);
	if (!nv_entry_admit(&ws->entry, conn, &pass))
		return;
	visitor = calloc(1, sizeof *visitor);
	if (!visitor) {
		nv_answer_no_memory(conn);
		return;
	}
	visitor->limits = ws->limits;
	nv_conn_set_user(conn, visitor);
	visitor->opened_ns = nv_clock_ns();
	log_open(conn);
	nv_answer_text(conn, nv_str("Bienvenue sur le serveur WebSocket !"));
	visitor->expiry = nv_expiry_watch(conn, pass.expires);
}

static void answer(struct nv_conn *conn, struct nv_bytes text)
{
	const size_t head = strlen(BEFORE);
	const size_t tail = strlen(BEHIND);
	uint8_t *reply = malloc(head + text.len + tail);

	if (!reply) {
		nv_answer_no_memory(conn);
		return;
	}
	memcpy(reply, BEFORE, head);
	if (text.len > 0)
		memcpy(reply + head, text.data, text.len);
	memcpy(reply + head + text.len, BEHIND, tail);
	nv_answer_text(conn, (struct nv_bytes){ reply, head + text.len + tail });
	free(reply);
}

static void ws_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct visitor *visitor = nv_conn_user(conn);
	const char *problem;

	if (!visitor)
		return;
	problem = nv_limits_refusal(visitor->limits, &visitor->rate, message.len);
	if (problem) {
		nv_answer_error(conn, problem);
	} else if (opcode == NV_BINARY) {
		nv_answer_binary(conn, message);
	} else {
		log_message(conn, message);
		answer(conn, message);
	}
}

static void ws_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct visitor *visitor = nv_conn_user(conn);

	nv_trim_gone();
	if (!visitor) {
		nv_visit_end_outside(conn, close, PATH);
		return;
	}
	nv_expiry_free(visitor->expiry);
	log_close(conn, close, visitor->opened_ns);
	free(visitor);
}

int nv_ws_route(struct nv_server *server, struct nv_ws *ws)
{
	const struct nv_handlers handlers = {
		.on_upgrade = ws_upgrade,
		.on_open = ws_open,
		.on_message = ws_message,
		.on_close = ws_close,
	};

	return nv_server_route(server, PATH, &handlers, ws);
}
