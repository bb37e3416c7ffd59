/* SPDX-License-Identifier: MIT */
/* ws.c: the simple server. A text is answered, binary comes back as it was; nothing is JSON here. */
#include "serve/ws.h"

#include <stdlib.h>

#include "serve/answer.h"
#include "serve/log.h"
#include "serve/trim.h"

#define BEFORE "Serveur dit : J'ai reçu votre message \""
#define BEHIND "\""

struct visitor {
	const struct nv_limits *limits;
	struct nv_rate rate;
};

static void ws_open(struct nv_conn *conn)
{
	struct visitor *visitor = calloc(1, sizeof *visitor);

	if (visitor)
		visitor->limits = nv_conn_user(conn);
	nv_conn_set_user(conn, visitor);
	nv_serve_log("Nouveau client connecté !");
	if (visitor)
		nv_answer_text(conn, nv_str("Bienvenue sur le serveur WebSocket !"));
	else
		nv_answer_no_memory(conn);
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
	char field[NV_LOG_FIELD_SIZE];
	const char *problem;

	if (!visitor)
		return;
	problem = nv_limits_refusal(visitor->limits, &visitor->rate, message.len);
	if (problem) {
		nv_answer_error(conn, problem);
	} else if (opcode == NV_BINARY) {
		nv_answer_binary(conn, message);
	} else {
		nv_serve_log("Message reçu : %s", nv_serve_log_field(message, field));
		answer(conn, message);
	}
}

static void ws_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)close;
	free(nv_conn_user(conn));
	nv_serve_log("Client déconnecté");
	nv_trim_gone();
}

int nv_ws_route(struct nv_server *server, struct nv_limits *limits)
{
	const struct nv_handlers handlers = {
		.on_open = ws_open,
		.on_message = ws_message,
		.on_close = ws_close,
	};

	return nv_server_route(server, "/ws", &handlers, limits);
}
