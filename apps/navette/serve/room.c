/* SPDX-License-Identifier: MIT */
/* room.c: the members of the chat.
 *
 * A line is encoded once for each kind of client and sent to every member in turn; sending never
 * calls back, so the list does not change meanwhile. The list of names is a state and no event: a
 * member that is far behind in reading is spared the lists in between. */
#include "serve/room.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve/answer.h"
#include "serve/clock.h"
#include "serve/log.h"
#include "serve/message.h"
#include "serve/roster.h"

#define SYSTEM "[SYSTÈME] "
#define FAR_BEHIND 65536u /* bytes unsent */
#define NO_MEMORY "Mémoire insuffisante"

struct nv_room {
	struct nv_roster *roster;
	struct nv_member *members;
	size_t count;
};

struct nv_room *nv_room_new(void)
{
	struct nv_room *room = calloc(1, sizeof *room);

	if (!room)
		return NULL;
	room->roster = nv_roster_new();
	if (room->roster)
		return room;
	free(room);
	return NULL;
}

void nv_room_free(struct nv_room *room)
{
	if (room)
		nv_roster_free(room->roster);
	free(room);
}

/* --- A line, for both kinds of clients --- */

struct line {
	char *text;
	size_t text_len;
	char *json;
};

static void line_deinit(struct line *line)
{
	free(line->text);
	free(line->json);
}

/* False without memory; deinit in any case. */
static bool line_of_system(struct line *line, const char *name, const char *event)
{
	char text[sizeof SYSTEM + NV_NICKNAME_SIZE + 32];
	int len = snprintf(text, sizeof text, SYSTEM "%s%s", name, event);

	line->text = strdup(text);
	line->text_len = (size_t)len;
	line->json = nv_message_system(text + strlen(SYSTEM));
	return line->text && line->json;
}

/* What is said may hold zero bytes. */
static bool line_of_member(struct line *line, const char *name, struct nv_bytes said)
{
	char stamp[NV_STAMP_SIZE];
	size_t head = strlen(name) + strlen("[] ");

	line->text = malloc(head + said.len + 1);
	line->json = nv_message_said(name, said, nv_clock_stamp(stamp));
	if (!line->text || !line->json)
		return false;
	snprintf(line->text, head + 1, "[%s] ", name);
	if (said.len > 0)
		memcpy(line->text + head, said.data, said.len);
	line->text_len = head + said.len;
	return true;
}

static void tell_line(const struct nv_room *room, const struct line *line)
{
	const struct nv_bytes json = nv_str(line->json);
	const struct nv_bytes text = { (const uint8_t *)line->text, line->text_len };

	for (struct nv_member *member = room->members; member; member = member->next)
		nv_answer_text(member->conn, member->json ? json : text);
}

/* --- The list of names --- */

/* The pong tells that the member reads again; on_drain does if its socket is full. */
static void postpone_presents(struct nv_member *member)
{
	if (!member->presents_due)
		(void)nv_conn_ping(member->conn, (struct nv_bytes){ NULL, 0 });
	member->presents_due = true;
}

static void tell_presents(struct nv_member *member)
{
	const char *presents;

	if (nv_conn_unsent(member->conn) > FAR_BEHIND) {
		postpone_presents(member);
		return;
	}
	presents = nv_roster_presents(member->room->roster);
	member->presents_due = !presents;
	if (presents)
		nv_answer_text(member->conn, nv_str(presents));
}

void nv_room_catch_up(struct nv_member *member)
{
	if (!member->presents_due)
		return;
	member->presents_due = false;
	tell_presents(member);
}

/* Without memory the line is lost. */
static void announce(struct nv_room *room, const char *name, const char *event)
{
	struct line line;

	if (line_of_system(&line, name, event))
		tell_line(room, &line);
	line_deinit(&line);
	for (struct nv_member *member = room->members; member; member = member->next)
		if (member->json)
			tell_presents(member);
}

/* --- Coming and going --- */

void nv_room_enter(struct nv_room *room, struct nv_member *member, struct nv_conn *conn)
{
	member->conn = conn;
	member->room = room;
	member->next = room->members;
	if (room->members)
		room->members->previous = member;
	room->members = member;
	room->count++;
	nv_serve_log("Nouveau client connecté (Total : %zu)", room->count);
}

static void unlink_member(struct nv_room *room, struct nv_member *member)
{
	if (member->previous)
		member->previous->next = member->next;
	else
		room->members = member->next;
	if (member->next)
		member->next->previous = member->previous;
	room->count--;
}

void nv_room_leave(struct nv_member *member)
{
	struct nv_room *room = member->room;

	unlink_member(room, member);
	if (member->name[0]) {
		nv_serve_log("%s s'est déconnecté", member->name);
		nv_roster_remove(room->roster, member->name);
		announce(room, member->name, " a quitté le chat");
	}
	nv_serve_log("Client déconnecté (Restants : %zu)", room->count);
}

static const char *take_name(struct nv_member *member, const char *name)
{
	if (nv_roster_add(member->room->roster, name) < 0)
		return NO_MEMORY;
	snprintf(member->name, sizeof member->name, "%s", name);
	nv_serve_log("Nouveau pseudo : %s", member->name);
	announce(member->room, member->name, " a rejoint le chat");
	return NULL;
}

const char *nv_room_name(struct nv_member *member, struct nv_bytes name)
{
	const char *problem;
	char copy[NV_NICKNAME_SIZE];

	if (member->name[0])
		return "Vous avez déjà un pseudo";
	problem = nv_nickname_problem(name);
	if (problem)
		return problem;
	memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	if (nv_roster_has(member->room->roster, copy))
		return "Ce pseudo est déjà pris";
	return take_name(member, copy);
}

const char *nv_room_name_guest(struct nv_member *member)
{
	char name[NV_NICKNAME_SIZE];

	nv_roster_guest(member->room->roster, name);
	return take_name(member, name);
}

/* --- Saying something --- */

void nv_room_say(struct nv_member *member, struct nv_bytes text)
{
	char field[NV_LOG_FIELD_SIZE];
	struct line line;

	nv_serve_log("Message de %s : %s", member->name, nv_serve_log_field(text, field));
	if (line_of_member(&line, member->name, text))
		tell_line(member->room, &line);
	else
		nv_answer_no_memory(member->conn);
	line_deinit(&line);
}
