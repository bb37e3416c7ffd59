/* SPDX-License-Identifier: MIT */
/* setting.c: the table, which everything about settings is made of. */
#include "serve/setting.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "serve/options.h"

#define AT(field) offsetof(struct nv_serve_options, field)
#define OF_CERTIFICATE(field) offsetof(struct nv_certificate, field)

#define ACTION(name, field)                                                                        \
	{                                                                                          \
		name, NV_SETTING_ACTION, 0, 0, false, AT(field), NULL                              \
	}
#define SWITCH(name, field)                                                                        \
	{                                                                                          \
		name, NV_SETTING_SWITCH, 0, 0, false, AT(field), NULL                              \
	}
#define TEXT(name, kind, field)                                                                    \
	{                                                                                          \
		name, kind, 0, 0, false, AT(field), NULL                                           \
	}
#define NUMBER(name, least, most, field)                                                           \
	{                                                                                          \
		name, NV_SETTING_NUMBER, least, most, false, AT(field), NULL                       \
	}
#define LIVE_NUMBER(name, least, most, field)                                                      \
	{                                                                                          \
		name, NV_SETTING_NUMBER, least, most, true, AT(field), NULL                        \
	}
#define LIMIT(name, most, field)                                                                   \
	{                                                                                          \
		name, NV_SETTING_LIMIT, 0, most, false, AT(field), NULL                            \
	}
#define FILES(name, least, field)                                                                  \
	{                                                                                          \
		name, NV_SETTING_CERTIFICATES, least, 0, false, OF_CERTIFICATE(field), NULL        \
	}

#define MOST_CLIENTS 1000000

static const char *const algorithms[] = { "none", "HS256", "RS256", "ES256", NULL };
static const char *const formats[] = { "auto", "text", "json", NULL };
static const char *const levels[] = { "info", "warning", "error", NULL };

const struct nv_setting nv_settings[] = {
	ACTION("help", help),
	ACTION("check-config", check_config),
	ACTION("print-config", print_config),
	TEXT("config", NV_SETTING_CONFIG, config_file),
	TEXT("listen", NV_SETTING_ADDRESS, address),
	NUMBER("port", 0, 65535, port),
	NUMBER("plain-port", 0, 65535, plain_port),
	NUMBER("metrics-port", 0, 65535, metrics_port),
	NUMBER("threads", 1, NV_SERVE_THREADS, threads),
	LIVE_NUMBER("max-message", 1, 268435456, max_message),
	LIVE_NUMBER("rate", 0, MOST_CLIENTS, rate),
	NUMBER("ping-interval", 0, 86400, ping_interval_s),
	LIVE_NUMBER("drain", 0, 3600, drain_s),
	SWITCH("compression", compression),
	SWITCH("context-takeover", context_takeover),
	SWITCH("echo", echo),
	SWITCH("hub", hub),
	SWITCH("log-messages", log_messages),
	{ "log-format", NV_SETTING_WORD, 0, 0, false, AT(log.format), formats },
	{ "log-level", NV_SETTING_WORD, 0, 0, true, AT(log.level), levels },
	SWITCH("dev-tls", tls.dev),
	FILES("cert", 1, chain_file),
	FILES("key", 0, key_file),
	FILES("key-passphrase-file", 0, passphrase_file),
	TEXT("client-ca", NV_SETTING_FILE, tls.client_ca_file),
	SWITCH("client-optional", tls.client_optional),
	SWITCH("strict-names", tls.strict_names),
	TEXT("tokens", NV_SETTING_FILE, auth.tokens_file),
	{ "jwt-algorithm", NV_SETTING_WORD, 0, 0, false, AT(auth.jwt_algorithm), algorithms },
	TEXT("jwt-key", NV_SETTING_FILE, auth.jwt_key_file),
	SWITCH("auth-before-upgrade", auth.before_upgrade),
	{ "allow-origin", NV_SETTING_ORIGINS, 1, 0, false, AT(auth.origins), NULL },
	LIMIT("max-connections", MOST_CLIENTS, max_connections),
	LIMIT("max-connections-per-ip", MOST_CLIENTS, max_connections_per_ip),
	LIMIT("handshakes-per-ip", MOST_CLIENTS, handshakes_per_ip_per_s),
};

#define COUNT (sizeof nv_settings / sizeof *nv_settings)
_Static_assert(COUNT <= NV_SETTINGS_MOST, "there is an origin for each");

const size_t nv_setting_count = COUNT;

const struct nv_setting *nv_setting_find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(nv_settings[i].name, name) == 0)
			return &nv_settings[i];
	return NULL;
}

#define LONGEST 40 /* name that is compared */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to be put in, left out or replaced (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1];
	size_t width = strlen(b);

	for (size_t i = 0; i <= width; i++)
		row[i] = i;
	for (size_t above = 0; a[above]; above++) {
		size_t corner = above;

		row[0] = above + 1;
		for (size_t i = 0; i < width; i++) {
			size_t replaced = corner + (a[above] != b[i]);

			corner = row[i + 1];
			row[i + 1] = least(replaced, least(row[i], corner) + 1);
		}
	}
	return row[width];
}

const struct nv_setting *nv_setting_nearest(const char *name)
{
	const struct nv_setting *nearest = NULL;
	size_t closest = 1 + strlen(name) / 3;

	if (strlen(name) > LONGEST)
		return NULL;
	for (size_t i = 0; i < COUNT; i++) {
		size_t far = distance(name, nv_settings[i].name);

		if (far <= closest && (!nearest || far < closest)) {
			nearest = &nv_settings[i];
			closest = far;
		}
	}
	return nearest;
}

bool nv_setting_is_list(const struct nv_setting *setting)
{
	return setting->kind == NV_SETTING_CERTIFICATES || setting->kind == NV_SETTING_ORIGINS;
}

bool nv_setting_has_variable(const struct nv_setting *setting)
{
	return setting->kind != NV_SETTING_ACTION;
}

bool nv_setting_has_key(const struct nv_setting *setting)
{
	return nv_setting_has_variable(setting) && setting->kind != NV_SETTING_CONFIG;
}

char *nv_setting_variable(const struct nv_setting *setting, char variable[NV_SETTING_VARIABLE_SIZE])
{
	snprintf(variable, NV_SETTING_VARIABLE_SIZE, NV_SETTING_VARIABLE "%s", setting->name);
	for (char *c = variable; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return variable;
}
