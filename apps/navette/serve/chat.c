/* SPDX-License-Identifier: MIT */
/* chat.c: what a client of /chat sends, and what it means. A client speaks text until its first JSON
 * object with a string "type", and JSON from then on.
 *
 * The loop of a client reads what it sends and answers what is wrong with it. What concerns the others
 * is an errand: the first loop runs all of them, so that everybody sees one order of joins, leaves and
 * messages. While its errand is away a client is not read from. So it has one at most, which bounds
 * what waits at the first loop by the number of clients, whatever their rate; what it hears, and its
 * Close, comes in the order in which a single loop would say it; and its leave is its last errand, so
 * that nothing can come behind it.
 *
 * An errand comes back between two things that the room says, never in the middle of one. So a client
 * subscribes when its entry comes back, and takes its name after that: nothing older than it reaches it,
 * its own join and all that follows does, once. And who changes from text to JSON does so on such a way
 * back, so that of the two kinds of a line it gets one. */
#include "serve/chat.h"

#include <stddef.h>
#include <stdlib.h>

#include "serve/answer.h"
#include "serve/errand.h"
#include "serve/message.h"
#include "serve/room.h"
#include "serve/trim.h"

#define QUESTION "Bienvenue ! Quel est votre pseudo ?"
#define QUERY_SIZE 8193 /* no request target is longer */

struct nv_chat {
	struct nv_limits limits;
	struct nv_server *server;
	struct nv_room *room;
	struct nv_errands *errands;
};

struct visitor {
	struct nv_errand errand;
	struct nv_chat *chat;
	/* Its loop's alone, wherever the errand is. */
	struct nv_conn *conn; /* NULL when it has gone */
	struct nv_rate rate;
	bool away;
	bool json;
	bool asked; /* for its name */
	/* Of who has the errand. */
	char name[NV_NICKNAME_SIZE]; /* "" until it has one */
	char *text;                  /* what it says, or wants to be called; ends with a zero */
	size_t text_len;
	const char *problem; /* that came of the errand; NULL: none */
	bool starved;        /* the errand failed for want of memory */
};

static struct visitor *visitor_of(struct nv_errand *errand)
{
	return (struct visitor *)((char *)errand - offsetof(struct visitor, errand));
}

static void visitor_free(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);

	free(visitor->text);
	free(visitor);
}

/* --- On the first loop --- */

static void run_name(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);

	visitor->problem = nv_room_name(visitor->chat->room, visitor->text);
	if (!visitor->problem)
		memcpy(visitor->name, visitor->text, visitor->text_len + 1);
}

static void run_enter(struct nv_errand *errand)
{
	nv_room_enter(visitor_of(errand)->chat->room);
}

static void run_say(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);
	const struct nv_bytes text = { (const uint8_t *)visitor->text, visitor->text_len };
	struct nv_room *room = visitor->chat->room;

	if (!visitor->name[0])
		visitor->problem = nv_room_name_guest(room, visitor->name);
	if (!visitor->problem)
		visitor->starved = nv_room_say(room, visitor->name, text) < 0;
}

/* To have been here is all that counts. */
static void run_nothing(struct nv_errand *errand)
{
	(void)errand;
}

static void end_visit(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);

	nv_room_leave(visitor->chat->room, visitor->name);
	visitor_free(errand);
}

/* --- The way there and back --- */

/* It has been orphaned: it ends at the first loop. */
static void leave(struct visitor *visitor)
{
	visitor->errand.run = run_nothing;
	nv_errands_send(visitor->chat->errands, &visitor->errand);
}

static void ask_name(struct visitor *visitor)
{
	char *json;

	visitor->asked = true;
	if (!visitor->json) {
		nv_answer_text(visitor->conn, nv_str(QUESTION));
		return;
	}
	json = nv_message_system(QUESTION);
	if (json)
		nv_answer_text(visitor->conn, nv_str(json));
	else
		nv_answer_no_memory(visitor->conn);
	free(json);
}

/* False when nobody is at home any more: then it goes for the last time, and is not ours any more. */
static bool arrive(struct visitor *visitor)
{
	visitor->away = false;
	if (visitor->conn)
		return true;
	leave(visitor);
	return false;
}

static void come_back(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);

	if (!arrive(visitor))
		return;
	free(visitor->text);
	visitor->text = NULL;
	if (visitor->starved)
		nv_answer_no_memory(visitor->conn);
	if (visitor->problem)
		nv_answer_error(visitor->conn, visitor->problem);
	if (visitor->problem && !visitor->asked)
		ask_name(visitor);
	nv_conn_pause(visitor->conn, false);
}

static void go(struct visitor *visitor, void (*run)(struct nv_errand *errand),
               void (*back)(struct nv_errand *errand))
{
	visitor->away = true;
	visitor->problem = NULL;
	visitor->errand.run = run;
	visitor->errand.back = back;
	nv_conn_pause(visitor->conn, true);
	nv_errands_send(visitor->chat->errands, &visitor->errand);
}

/* False without memory, which the client is told. */
static bool take_along(struct visitor *visitor, struct nv_bytes text)
{
	visitor->text = malloc(text.len + 1);
	if (!visitor->text) {
		nv_answer_no_memory(visitor->conn);
		return false;
	}
	if (text.len > 0)
		memcpy(visitor->text, text.data, text.len);
	visitor->text[text.len] = '\0';
	visitor->text_len = text.len;
	return true;
}

/* --- Opening --- */

static bool wants_json(const struct nv_request *request)
{
	char format[sizeof "json"];

	return nv_request_query_value(request, "format", format, sizeof format) > 0 &&
	       strcmp(format, "json") == 0;
}

static void take_name_of_query(struct visitor *visitor, const struct nv_request *request)
{
	const char *problem = "Le pseudo est mal encodé";
	char value[QUERY_SIZE];
	int len = nv_request_query_value(request, "pseudo", value, sizeof value);
	struct nv_bytes name = { (const uint8_t *)value, len > 0 ? (size_t)len : 0 };

	if (len == NV_ERR_NOT_FOUND)
		return;
	if (len >= 0)
		problem = nv_nickname_problem(name);
	if (problem)
		nv_answer_error(visitor->conn, problem);
	else
		(void)take_along(visitor, name);
}

static void subscribe(struct visitor *visitor)
{
	struct nv_conn *conn = visitor->conn;
	int error;

	if (!visitor->json) {
		error = nv_conn_subscribe(conn, NV_ROOM_TEXT);
	} else {
		error = nv_conn_subscribe(conn, NV_ROOM_JSON);
		if (error == 0)
			error = nv_conn_subscribe(conn, NV_ROOM_PRESENTS);
	}
	if (error == NV_ERR_NOMEM)
		nv_answer_no_memory(conn);
}

static void back_from_entry(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);

	if (!arrive(visitor))
		return;
	subscribe(visitor);
	if (visitor->text) {
		go(visitor, run_name, come_back);
		return;
	}
	ask_name(visitor);
	nv_conn_pause(visitor->conn, false);
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
	visitor->errand.home = nv_conn_loop(conn);
	visitor->errand.end = end_visit;
	visitor->chat = chat;
	visitor->conn = conn;
	visitor->json = wants_json(request);
	take_name_of_query(visitor, request);
	go(visitor, run_enter, back_from_entry);
}

/* --- Messages --- */

static void rename_to(struct visitor *visitor, struct nv_bytes name)
{
	const char *problem =
		visitor->name[0] ? "Vous avez déjà un pseudo" : nv_nickname_problem(name);

	if (problem)
		nv_answer_error(visitor->conn, problem);
	else if (take_along(visitor, name))
		go(visitor, run_name, come_back);
}

static void say(struct visitor *visitor, struct nv_bytes text)
{
	if (take_along(visitor, text))
		go(visitor, run_say, come_back);
}

static void take_plain(struct visitor *visitor, struct nv_bytes text)
{
	if (visitor->name[0])
		say(visitor, text);
	else
		rename_to(visitor, text);
}

static void take_json(struct visitor *visitor, const struct nv_message *message)
{
	switch (message->kind) {
	case NV_MESSAGE_SAID:
		say(visitor, message->text);
		break;
	case NV_MESSAGE_NAME:
		rename_to(visitor, message->text);
		break;
	case NV_MESSAGE_PING:
		nv_answer_text(visitor->conn, nv_str(NV_MESSAGE_PONG));
		break;
	case NV_MESSAGE_NONE:
	case NV_MESSAGE_WRONG:
		nv_answer_error(visitor->conn, message->problem);
		break;
	}
}

/* From here on JSON, and the message that said so is the first. */
static void change_kind(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);
	struct nv_message message;
	char *text;

	if (!arrive(visitor))
		return;
	text = visitor->text;
	visitor->text = NULL;
	visitor->json = true;
	(void)nv_conn_unsubscribe(visitor->conn, NV_ROOM_TEXT);
	subscribe(visitor);
	nv_message_read(&message, (struct nv_bytes){ (const uint8_t *)text, visitor->text_len });
	take_json(visitor, &message);
	nv_message_deinit(&message);
	free(text);
	if (!visitor->away)
		nv_conn_pause(visitor->conn, false);
}

static void take_text(struct visitor *visitor, struct nv_bytes text)
{
	struct nv_message message;

	nv_message_read(&message, text);
	if (visitor->json)
		take_json(visitor, &message);
	else if (message.kind == NV_MESSAGE_NONE)
		take_plain(visitor, text);
	else if (take_along(visitor, text))
		go(visitor, run_nothing, change_kind);
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
		take_text(visitor, message);
}

/* --- The end --- */

static void chat_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct visitor *visitor = nv_conn_user(conn);
	bool away;

	(void)close;
	nv_trim_gone();
	if (!visitor)
		return;
	away = visitor->away;
	visitor->conn = NULL;
	/* One that is away may be freed from here on. */
	atomic_store(&visitor->errand.orphaned, true);
	if (!away)
		leave(visitor);
}

/* --- The whole --- */

struct nv_chat *nv_chat_new(struct nv_server *server, const struct nv_limits *limits)
{
	struct nv_chat *chat = calloc(1, sizeof *chat);

	if (!chat)
		return NULL;
	chat->limits = *limits;
	chat->server = server;
	chat->room = nv_room_new(server);
	chat->errands = nv_errands_new(server);
	if (chat->room && chat->errands)
		return chat;
	nv_chat_free(chat);
	return NULL;
}

void nv_chat_free(struct nv_chat *chat)
{
	if (!chat)
		return;
	nv_errands_free(chat->errands, visitor_free);
	nv_room_free(chat->room);
	free(chat);
}

int nv_chat_route(struct nv_chat *chat)
{
	const struct nv_handlers handlers = {
		.on_open = chat_open,
		.on_message = chat_message,
		.on_close = chat_close,
	};
	int error = nv_server_topic_slow(chat->server, NV_ROOM_PRESENTS, NV_SLOW_KEEP_NEWEST);

	return error ? error : nv_server_route(chat->server, "/chat", &handlers, chat);
}
