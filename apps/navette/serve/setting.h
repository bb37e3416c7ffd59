/* SPDX-License-Identifier: MIT */
/* setting.h: the settings of "navette serve". Each is a flag (--max-message), a variable of the environment
 * (NAVETTE_MAX_MESSAGE) and a key of the configuration file (max-message); all three come from one row. */
#ifndef SERVE_SETTING_H
#define SERVE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NV_SETTINGS_MOST 48
#define NV_SETTING_VARIABLE "NAVETTE_"
#define NV_SETTING_VARIABLE_SIZE 64

enum nv_setting_kind {
	NV_SETTING_ACTION,  /* a flag only, that starts no server: bool */
	NV_SETTING_CONFIG,  /* a flag or a variable only: const char * */
	NV_SETTING_SWITCH,  /* bool */
	NV_SETTING_NUMBER,  /* uint32_t; UINT32_MAX: not set */
	NV_SETTING_LIMIT,   /* uint32_t as the library takes it: 0: not set, NV_OFF: 0 was given */
	NV_SETTING_WORD,    /* an enum: which of `words` */
	NV_SETTING_FILE,    /* const char * */
	NV_SETTING_ADDRESS, /* const char * */
	NV_SETTING_CERTIFICATES, /* a list: a part of each certificate, `where` in struct nv_certificate */
	NV_SETTING_ORIGINS /* a list */
};

struct nv_setting {
	const char *name;
	enum nv_setting_kind kind;
	uint32_t least;
	uint32_t most;
	bool reloads; /* a SIGHUP changes it in a server that runs */
	size_t where; /* in struct nv_serve_options */
	const char *const *words;
};

extern const struct nv_setting nv_settings[];
extern const size_t nv_setting_count;

/* NULL: there is none of that name. `nearest` is for a hint: one that few letters make of it, or NULL. */
const struct nv_setting *nv_setting_find(const char *name);
const struct nv_setting *nv_setting_nearest(const char *name);

bool nv_setting_is_list(const struct nv_setting *setting);
bool nv_setting_has_variable(const struct nv_setting *setting);
bool nv_setting_has_key(const struct nv_setting *setting); /* of the configuration file */

/* Writes the name of its variable. Returns `variable`. */
char *nv_setting_variable(const struct nv_setting *setting,
                          char variable[NV_SETTING_VARIABLE_SIZE]);

#endif
