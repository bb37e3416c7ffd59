/* SPDX-License-Identifier: MIT */
/* chat.c: what a client of /chat sends, and what it means. A client speaks text until its first JSON
 * object with a string "type", and JSON from then on. */
#include "serve/chat.h"

#include <stdlib.h>

#include "serve/answer.h"
#include "serve/message.h"
#include "serve/room.h"
#include "serve/trim.h"

#define QUESTION "Bienvenue ! Quel est votre pseudo ?"
#define QUERY_SIZE 8193 /* no request target is longer */

struct nv_chat {
	struct nv_limits limits;
	struct nv_room *room;
};

struct visitor {
	struct nv_chat *chat;
	struct nv_member member;
	struct nv_rate rate;
};

/* --- Opening --- */

static bool wants_json(const struct nv_request *request)
{
	char format[sizeof "json"];

	return nv_request_query_value(request, "format", format, sizeof format) > 0 &&
	       strcmp(format, "json") == 0;
}

/* True when the URL gives the client a name that it may have. */
static bool named_by_query(struct nv_member *member, const struct nv_request *request)
{
	const char *problem = "Le pseudo est mal encodé";
	char name[QUERY_SIZE];
	int len = nv_request_query_value(request, "pseudo", name, sizeof name);

	if (len == NV_ERR_NOT_FOUND)
		return false;
	if (len >= 0)
		problem = nv_room_name(member,
		                       (struct nv_bytes){ (const uint8_t *)name, (size_t)len });
	if (problem)
		nv_answer_error(member->conn, problem);
	return !problem;
}

static void ask_name(const struct nv_member *member)
{
	char *json;

	if (!member->json) {
		nv_answer_text(member->conn, nv_str(QUESTION));
		return;
	}
	json = nv_message_system(QUESTION);
	if (json)
		nv_answer_text(member->conn, nv_str(json));
	else
		nv_answer_no_memory(member->conn);
	free(json);
}

static void chat_open(struct nv_conn *conn)
{
	struct nv_chat *chat = nv_conn_user(conn);
	const struct nv_request *request = nv_conn_request(conn);
	struct visitor *visitor = calloc(1, sizeof *visitor);

	nv_conn_set_user(conn, visitor);
	if (!visitor) {
		nv_answer_no_memory(conn);
		return;
	}
	visitor->chat = chat;
	visitor->member.json = wants_json(request);
	nv_room_enter(chat->room, &visitor->member, conn);
	if (!named_by_query(&visitor->member, request))
		ask_name(&visitor->member);
}

/* --- Messages --- */

static void answer_problem(const struct nv_member *member, const char *problem)
{
	if (problem)
		nv_answer_error(member->conn, problem);
}

static void take_plain(struct nv_member *member, struct nv_bytes text)
{
	if (member->name[0])
		nv_room_say(member, text);
	else
		answer_problem(member, nv_room_name(member, text));
}

static void say(struct nv_member *member, struct nv_bytes text)
{
	const char *problem = member->name[0] ? NULL : nv_room_name_guest(member);

	if (problem)
		nv_answer_error(member->conn, problem);
	else
		nv_room_say(member, text);
}

static void take_json(struct nv_member *member, const struct nv_message *message)
{
	switch (message->kind) {
	case NV_MESSAGE_SAID:
		say(member, message->text);
		break;
	case NV_MESSAGE_NAME:
		answer_problem(member, nv_room_name(member, message->text));
		break;
	case NV_MESSAGE_PING:
		nv_answer_text(member->conn, nv_str(NV_MESSAGE_PONG));
		break;
	case NV_MESSAGE_NONE:
	case NV_MESSAGE_WRONG:
		nv_answer_error(member->conn, message->problem);
		break;
	}
}

static void take_text(struct nv_member *member, struct nv_bytes text)
{
	struct nv_message message;

	nv_message_read(&message, text);
	member->json = member->json || message.kind != NV_MESSAGE_NONE;
	if (member->json)
		take_json(member, &message);
	else
		take_plain(member, text);
	nv_message_deinit(&message);
}

static void chat_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct visitor *visitor = nv_conn_user(conn);
	const char *problem;

	if (!visitor)
		return;
	problem = nv_limits_refusal(&visitor->chat->limits, &visitor->rate, message.len);
	if (!problem && opcode == NV_BINARY)
		problem = "Le chat n'accepte pas de message binaire";
	if (problem)
		nv_answer_error(conn, problem);
	else
		take_text(&visitor->member, message);
}

/* --- Reading again, and the end --- */

static void chat_drain(struct nv_conn *conn)
{
	struct visitor *visitor = nv_conn_user(conn);

	if (visitor)
		nv_room_catch_up(&visitor->member);
}

static void chat_pong(struct nv_conn *conn, struct nv_bytes data)
{
	(void)data;
	chat_drain(conn);
}

static void chat_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct visitor *visitor = nv_conn_user(conn);

	(void)close;
	if (visitor)
		nv_room_leave(&visitor->member);
	free(visitor);
	nv_trim_gone();
}

/* --- The whole --- */

struct nv_chat *nv_chat_new(const struct nv_limits *limits)
{
	struct nv_chat *chat = calloc(1, sizeof *chat);

	if (!chat)
		return NULL;
	chat->limits = *limits;
	chat->room = nv_room_new();
	if (chat->room)
		return chat;
	free(chat);
	return NULL;
}

void nv_chat_free(struct nv_chat *chat)
{
	if (chat)
		nv_room_free(chat->room);
	free(chat);
}

int nv_chat_route(struct nv_chat *chat, struct nv_server *server)
{
	const struct nv_handlers handlers = {
		.on_open = chat_open,
		.on_message = chat_message,
		.on_pong = chat_pong,
		.on_drain = chat_drain,
		.on_close = chat_close,
	};

	return nv_server_route(server, "/chat", &handlers, chat);
}
