/* SPDX-License-Identifier: MIT */
/* room.h: who is connected to the chat, under which name, and how all of them are told.
 *
 * Everything is told to every member, named or not, also to the one whose doing it is; each learns
 * it in the kind that it speaks, text or JSON. One thread. */
#ifndef SERVE_ROOM_H
#define SERVE_ROOM_H

#include <navette/navette.h>

#include "serve/nickname.h"

struct nv_room;

/* Embedded by its owner, zeroed; `json` is the owner's to set, at any time. */
struct nv_member {
	struct nv_conn *conn;
	struct nv_room *room;
	struct nv_member *next;
	struct nv_member *previous;
	bool json;
	bool presents_due;           /* it is behind, see nv_room_catch_up */
	char name[NV_NICKNAME_SIZE]; /* "" until it has one */
};

struct nv_room *nv_room_new(void);       /* NULL without memory */
void nv_room_free(struct nv_room *room); /* empty by then; NULL does nothing */

void nv_room_enter(struct nv_room *room, struct nv_member *member, struct nv_conn *conn);
void nv_room_leave(struct nv_member *member); /* its connection is dead */

/* Gives a member its name and announces it. NULL, or why not, in French. */
const char *nv_room_name(struct nv_member *member, struct nv_bytes name);
const char *nv_room_name_guest(struct nv_member *member); /* "invité-1" or the like */

/* What a named member says. */
void nv_room_say(struct nv_member *member, struct nv_bytes text);

/* To be called when a member has read: it gets the list of names that it had no room for. */
void nv_room_catch_up(struct nv_member *member);

#endif
