/* SPDX-License-Identifier: MIT */
/* room.h: who is in the chat, under which name, and how all of them are told.
 *
 * Everything is told to everybody in the room, named or not, also to the one whose doing it is; each
 * learns it in the kind that it speaks, text or JSON, by subscribing to its topics. The room belongs
 * to the server's first loop: what it publishes from there all see in one order. */
#ifndef SERVE_ROOM_H
#define SERVE_ROOM_H

#include <navette/navette.h>

#include "serve/nickname.h"
#include "serve/visit.h"

#define NV_ROOM_PATH "/chat"

#define NV_ROOM_TEXT "chat/text"         /* lines, for text clients */
#define NV_ROOM_JSON "chat/json"         /* the same, for JSON clients */
#define NV_ROOM_PRESENTS "chat/presents" /* the list of names, for JSON clients */

struct nv_room;

/* NULL without memory. The server outlives it, but for nv_room_free. */
struct nv_room *nv_room_new(struct nv_server *server);
void nv_room_free(struct nv_room *room); /* NULL does nothing */

/* Peers and visits are for the log only. */
void nv_room_enter(struct nv_room *room, const char *peer);
/* `name` is "" of one without a name. */
void nv_room_leave(struct nv_room *room, const char *name, const struct nv_visit *visit);

/* Gives somebody this name, for which nv_nickname_problem knows none, and announces it. NULL, or why
 * not, in French. */
const char *nv_room_name(struct nv_room *room, const char *name, const char *peer);
/* The same with "invité-1" or the like, which it writes to `name` when all is well. */
const char *nv_room_name_guest(struct nv_room *room, char name[NV_NICKNAME_SIZE], const char *peer);

/* What somebody of that name says. 0, or an error when not all can be told. */
int nv_room_say(struct nv_room *room, const char *name, struct nv_bytes text);

#endif
