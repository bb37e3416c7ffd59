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
#include "serve/expiry.h"
#include "serve/message.h"
#include "serve/room.h"
#include "serve/trim.h"
#include "serve/visit.h"

#define QUESTION "Bienvenue ! Quel est votre pseudo ?"
#define QUERY_SIZE 8193 /* no request target is longer */

struct nv_chat {
	const struct nv_limits *limits;
	struct nv_entry entry;
	struct nv_server *server;
	struct nv_room *room;
	struct nv_errands *errands;
};

struct visitor {
	struct nv_errand errand;
	struct nv_chat *chat;
	/* Its loop's alone, wherever the errand is. */
	struct nv_conn *conn; /* NULL when it has gone */
	struct nv_expiry *expiry;
	struct nv_rate rate;
	bool away;
	bool json;
	bool asked; /* for its name */
	bool bound; /* to the name in its token */
	/* Of who has the errand. */
	char name[NV_NICKNAME_SIZE]; /* "" until it has one */
	char *text;                  /* what it says, or wants to be called; ends with a zero */
	size_t text_len;
	const char *problem; /* that came of the errand; NULL: none */
	uint64_t opened_ns;
	struct nv_visit visit; /* its peer from the start, the rest when it has gone */
	bool starved;          /* the errand failed for want of memory */
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

	visitor->problem = nv_room_name(visitor->chat->room, visitor->text, visitor->visit.peer);
	if (!visitor->problem)
		memcpy(visitor->name, visitor->text, visitor->text_len + 1);
}

static void run_enter(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);

	nv_room_enter(visitor->chat->room, visitor->visit.peer);
}

static void run_say(struct nv_errand *errand)
{
	struct visitor *visitor = visitor_of(errand);
	const struct nv_bytes text = { (const uint8_t *)visitor->text, visitor->text_len };
	struct nv_room *room = visitor->chat->room;

	if (!visitor->name[0])
		visitor->problem = nv_room_name_guest(room, visitor->name, visitor->visit.peer);
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

	nv_room_leave(visitor->chat->room, visitor->name, &visitor->visit);
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

/* Who can't have the name of its token has none; its twin may leave, and then it can. */
static void tell_problem(struct visitor *visitor)
{
	nv_answer_error(visitor->conn, visitor->problem);
	if (visitor->bound && !visitor->name[0])
		nv_answer_close(visitor->conn, NV_STATUS_TRY_LATER, visitor->problem);
	else if (!visitor->asked)
		ask_name(visitor);
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
		tell_problem(visitor);
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

/* False when nobody may be called that: its connection is closing. */
static bool take_name_of_token(struct visitor *visitor, const char *name)
{
	const char *problem = nv_nickname_problem(nv_str(name));

	visitor->bound = true;
	if (!problem)
		return take_along(visitor, nv_str(name));
	nv_answer_error(visitor->conn, problem);
	nv_answer_close(visitor->conn, NV_STATUS_POLICY, problem);
	return false;
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

static void chat_upgrade(struct nv_request *request)
{
	const struct nv_chat *chat = nv_request_user(request);

	nv_entry_upgrade(&chat->entry, request);
}

static struct visitor *visitor_new(struct nv_chat *chat, struct nv_conn *conn)
{
	struct visitor *visitor = calloc(1, sizeof *visitor);

	if (!visitor) {
		nv_answer_no_memory(conn);
		return NULL;
	}
	visitor->errand.home = nv_conn_loop(conn);
	visitor->errand.end = end_visit;
	visitor->chat = chat;
	visitor->conn = conn;
	visitor->opened_ns = nv_clock_ns();
	nv_conn_peer(conn, visitor->visit.peer);
	visitor->json = wants_json(nv_conn_request(conn));
	return visitor;
}

/* Who is not let in has no visitor. */
static void chat_open(struct nv_conn *conn)
{
	struct nv_chat *chat = nv_conn_user(conn);
	struct visitor *visitor = NULL;
	struct nv_pass pass;

	if (nv_entry_admit(&chat->entry, conn, &pass))
		visitor = visitor_new(chat, conn);
	nv_conn_set_user(conn, visitor);
	if (!visitor)
		return;
	if (!pass.name[0]) {
		take_name_of_query(visitor, nv_conn_request(conn));
	} else if (!take_name_of_token(visitor, pass.name)) {
		nv_conn_set_user(conn, NULL);
		visitor_free(&visitor->errand);
		return;
	}
	visitor->expiry = nv_expiry_watch(conn, pass.expires);
	go(visitor, run_enter, back_from_entry);
}

/* --- Messages --- */

static void rename_to(struct visitor *visitor, struct nv_bytes name)
{
	const char *problem;

	if (visitor->bound)
		problem = "Votre pseudo est celui de votre token";
	else if (visitor->name[0])
		problem = "Vous avez déjà un pseudo";
	else
		problem = nv_nickname_problem(name);
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
	problem = nv_limits_refusal(visitor->chat->limits, &visitor->rate, message.len);
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

	nv_trim_gone();
	if (!visitor) {
		nv_visit_end_outside(conn, close, NV_ROOM_PATH);
		return;
	}
	away = visitor->away;
	nv_visit_end(&visitor->visit, conn, close, visitor->opened_ns);
	nv_expiry_free(visitor->expiry);
	visitor->conn = NULL;
	/* One that is away may be freed from here on. */
	atomic_store(&visitor->errand.orphaned, true);
	if (!away)
		leave(visitor);
}

/* --- The whole --- */

struct nv_chat *nv_chat_new(struct nv_server *server, const struct nv_limits *limits,
                            const struct nv_entry *entry)
{
	struct nv_chat *chat = calloc(1, sizeof *chat);

	if (!chat)
		return NULL;
	chat->limits = limits;
	chat->entry = *entry;
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
		.on_upgrade = chat_upgrade,
		.on_open = chat_open,
		.on_message = chat_message,
		.on_close = chat_close,
	};
	int error = nv_server_topic_slow(chat->server, NV_ROOM_PRESENTS, NV_SLOW_KEEP_NEWEST);

	return error ? error : nv_server_route(chat->server, NV_ROOM_PATH, &handlers, chat);
}
