/* SPDX-License-Identifier: MIT */
/* room.c: what is told to the room: a line is written once for each kind of client and published. The
 * list of names is a state and no event, and its topic's policy spares the lists in between to a
 * client that is behind in reading. */
#include "serve/room.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve/clock.h"
#include "serve/log.h"
#include "serve/message.h"
#include "serve/roster.h"

#define SYSTEM "[SYSTÈME] "
#define PATH NV_FIELD_TEXT("path", NV_ROOM_PATH)
#define NO_MEMORY "Mémoire insuffisante"

struct nv_room {
	struct nv_server *server;
	struct nv_roster *roster;
	size_t count;
};

struct nv_room *nv_room_new(struct nv_server *server)
{
	struct nv_room *room = calloc(1, sizeof *room);

	if (!room)
		return NULL;
	room->server = server;
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

static int tell(const struct nv_room *room, const char *topic, struct nv_bytes text)
{
	return nv_server_publish(room->server, topic, NV_TEXT, text, 0);
}

static int tell_line(const struct nv_room *room, const struct line *line)
{
	const struct nv_bytes text = { (const uint8_t *)line->text, line->text_len };
	int error = tell(room, NV_ROOM_TEXT, text);

	return error ? error : tell(room, NV_ROOM_JSON, nv_str(line->json));
}

/* Without memory, or for a loop that is far behind, the line or the list is lost. */
static void announce(struct nv_room *room, const char *name, const char *event)
{
	const char *presents = nv_roster_presents(room->roster);
	struct line line;

	if (line_of_system(&line, name, event))
		(void)tell_line(room, &line);
	line_deinit(&line);
	if (presents)
		(void)tell(room, NV_ROOM_PRESENTS, nv_str(presents));
}

/* --- Coming and going --- */

void nv_room_enter(struct nv_room *room, const char *peer)
{
	room->count++;
	nv_serve_log(NV_LOGGED_CONNECTED,
	             NV_FIELDS(PATH, NV_FIELD_TEXT("peer", peer),
	                       NV_FIELD_NUMBER("clients", room->count)),
	             "Nouveau client connecté (Total : %zu)", room->count);
}

void nv_room_leave(struct nv_room *room, const char *name, const struct nv_visit *visit)
{
	room->count--;
	if (name[0]) {
		nv_serve_log(NV_LOGGED_LEFT,
		             NV_FIELDS(PATH, NV_FIELD_TEXT("peer", visit->peer),
		                       NV_FIELD_TEXT("name", name)),
		             "%s s'est déconnecté", name);
		nv_roster_remove(room->roster, name);
		announce(room, name, " a quitté le chat");
	}
	nv_serve_log(NV_LOGGED_DISCONNECTED,
	             NV_FIELDS(PATH, NV_FIELD_TEXT("name", name), NV_VISIT_FIELDS(visit),
	                       NV_FIELD_NUMBER("clients", room->count)),
	             "Client déconnecté (Restants : %zu)", room->count);
}

const char *nv_room_name(struct nv_room *room, const char *name, const char *peer)
{
	if (nv_roster_has(room->roster, name))
		return "Ce pseudo est déjà pris";
	if (nv_roster_add(room->roster, name) < 0)
		return NO_MEMORY;
	nv_serve_log(NV_LOGGED_NAMED,
	             NV_FIELDS(PATH, NV_FIELD_TEXT("peer", peer), NV_FIELD_TEXT("name", name)),
	             "Nouveau pseudo : %s", name);
	announce(room, name, " a rejoint le chat");
	return NULL;
}

const char *nv_room_name_guest(struct nv_room *room, char name[NV_NICKNAME_SIZE], const char *peer)
{
	char guest[NV_NICKNAME_SIZE];
	const char *problem;

	nv_roster_guest(room->roster, guest);
	problem = nv_room_name(room, guest, peer);
	if (!problem)
		memcpy(name, guest, sizeof guest);
	return problem;
}

/* --- Saying something --- */

int nv_room_say(struct nv_room *room, const char *name, struct nv_bytes text)
{
	char field[NV_LOG_FIELD_SIZE];
	struct line line;
	int error = NV_ERR_NOMEM;

	nv_serve_log(
		NV_LOGGED_MESSAGE,
		NV_FIELDS(PATH, NV_FIELD_TEXT("name", name), NV_FIELD_NUMBER("bytes", text.len)),
		"Message de %s : %s", name, nv_serve_log_field(text, field));
	if (line_of_member(&line, name, text))
		error = tell_line(room, &line);
	line_deinit(&line);
	return error;
}
