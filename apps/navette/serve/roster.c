/* SPDX-License-Identifier: MIT */
/* roster.c: a JSON object serves as the set of names: hashed with a random seed, so that nobody can
 * choose names that collide, and kept in the order of insertion. Each name's value is the name as
 * JSON text, so that the list for clients is put together by copying. */
#include "serve/roster.h"

#include <jansson.h>
#include <stdio.h>

#define HEAD "{\"type\":\"presents\",\"noms\":["
#define TAIL "]}"

struct nv_roster {
	json_t *names;
	char *presents; /* a buffer that only grows */
	size_t size;    /* of it */
	bool stale;     /* to be written again */
};

struct nv_roster *nv_roster_new(void)
{
	struct nv_roster *roster = calloc(1, sizeof *roster);

	if (!roster)
		return NULL;
	roster->stale = true;
	roster->names = json_object();
	if (roster->names)
		return roster;
	free(roster);
	return NULL;
}

void nv_roster_free(struct nv_roster *roster)
{
	if (!roster)
		return;
	json_decref(roster->names);
	free(roster->presents);
	free(roster);
}

/* --- The set --- */

bool nv_roster_has(const struct nv_roster *roster, const char *name)
{
	return json_object_get(roster->names, name) != NULL;
}

/* The name as a JSON string, in one; NULL without memory. */
static json_t *encode(const char *name)
{
	json_t *plain = json_string(name);
	char *text = plain ? json_dumps(plain, JSON_ENCODE_ANY) : NULL;
	json_t *encoded = json_string(text);

	json_decref(plain);
	free(text);
	return encoded;
}

int nv_roster_add(struct nv_roster *roster, const char *name)
{
	roster->stale = true;
	return json_object_set_new(roster->names, name, encode(name)) < 0 ? NV_ERR_NOMEM : 0;
}

/* A table does not shrink, so an empty room starts over; without memory it keeps the old one. */
static void shrink(struct nv_roster *roster)
{
	json_t *names = json_object();

	if (!names)
		return;
	json_decref(roster->names);
	roster->names = names;
	free(roster->presents);
	roster->presents = NULL;
	roster->size = 0;
}

void nv_roster_remove(struct nv_roster *roster, const char *name)
{
	roster->stale = true;
	json_object_del(roster->names, name);
	if (json_object_size(roster->names) == 0)
		shrink(roster);
}

void nv_roster_guest(const struct nv_roster *roster, char name[NV_NICKNAME_SIZE])
{
	unsigned number = 0;

	do {
		snprintf(name, NV_NICKNAME_SIZE, "invité-%u", ++number);
	} while (nv_roster_has(roster, name));
}

/* --- The list --- */

static size_t presents_size(const struct nv_roster *roster)
{
	size_t size = sizeof HEAD + sizeof TAIL;
	const char *name;
	json_t *encoded;

	json_object_foreach(roster->names, name, encoded)
	{
		size += json_string_length(encoded) + strlen(",");
	}
	return size;
}

static bool has_room(struct nv_roster *roster, size_t need)
{
	char *presents;

	if (need <= roster->size)
		return true;
	presents = realloc(roster->presents, 2 * need);
	if (!presents)
		return false;
	roster->presents = presents;
	roster->size = 2 * need;
	return true;
}

static void write_presents(const struct nv_roster *roster)
{
	char *end = stpcpy(roster->presents, HEAD);
	const char *comma = "";
	const char *name;
	json_t *encoded;

	json_object_foreach(roster->names, name, encoded)
	{
		end = stpcpy(end, comma);
		end = stpcpy(end, json_string_value(encoded));
		comma = ",";
	}
	stpcpy(end, TAIL);
}

const char *nv_roster_presents(struct nv_roster *roster)
{
	if (!roster->stale)
		return roster->presents;
	if (!has_room(roster, presents_size(roster)))
		return NULL;
	write_presents(roster);
	roster->stale = false;
	return roster->presents;
}
