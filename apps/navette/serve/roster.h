/* SPDX-License-Identifier: MIT */
/* roster.h: the nicknames that are held, each once, in the order in which they came. */
#ifndef SERVE_ROSTER_H
#define SERVE_ROSTER_H

#include <stdbool.h>

#include "serve/nickname.h"

struct nv_roster;

struct nv_roster *nv_roster_new(void); /* NULL without memory */
void nv_roster_free(struct nv_roster *roster);

bool nv_roster_has(const struct nv_roster *roster, const char *name);
int nv_roster_add(struct nv_roster *roster, const char *name); /* 0 or NV_ERR_NOMEM */
void nv_roster_remove(struct nv_roster *roster, const char *name);

/* The first of "invité-1", "invité-2"... that nobody holds; it is not added. */
void nv_roster_guest(const struct nv_roster *roster, char name[NV_NICKNAME_SIZE]);

/* {"type":"presents","noms":[...]}, until the next change; NULL without memory. */
const char *nv_roster_presents(struct nv_roster *roster);

#endif
