/* SPDX-License-Identifier: MIT */
/* given.c: what a value of each kind may be. Whether files are any good is for those who read them. */
#include "serve/given.h"

#include <stdlib.h>
#include <string.h>

#include "serve/origin.h"
#include "serve/tls_options.h"

#define NAME_SIZE 320

/* --- Names --- */

static size_t index_of(const struct nv_setting *setting)
{
	return (size_t)(setting - nv_settings);
}

static void print_name(FILE *file, const struct nv_serve_options *options,
                       const struct nv_setting *setting, const struct nv_origin *origin)
{
	char variable[NV_SETTING_VARIABLE_SIZE];

	switch (origin->source) {
	case NV_FROM_FLAG:
		fprintf(file, "--%s", setting->name);
		break;
	case NV_FROM_ENVIRONMENT:
		fputs(nv_setting_variable(setting, variable), file);
		break;
	case NV_FROM_FILE:
		fprintf(file, "%.255s:%u", options->config_file, origin->line);
		break;
	case NV_FROM_DEFAULT:
		fputs("default", file);
	}
}

/* For the beginning of a sentence: "--rate", "navette.conf:12: rate". */
static char *name_of(const struct nv_serve_options *options, const struct nv_given *given,
                     char name[NAME_SIZE])
{
	FILE *file = fmemopen(name, NAME_SIZE - 1, "w");

	memset(name, 0, NAME_SIZE);
	if (!file)
		return name;
	print_name(file, options, given->setting, &given->origin);
	if (given->origin.source == NV_FROM_FILE)
		fprintf(file, ": %s", given->setting->name);
	fclose(file);
	return name;
}

void nv_given_print_origin(FILE *file, const struct nv_serve_options *options,
                           const struct nv_setting *setting)
{
	print_name(file, options, setting, &options->origins[index_of(setting)]);
}

/* --- Values in --- */

/* On its way: who takes it finds its place, and says NULL or what is allowed. */
struct arrival {
	struct nv_serve_options *options;
	const struct nv_given *given;
	char *place; /* of the setting in the options */
	char reason[128];
};

/* Decimal digits and nothing else; at most nine, which fit. */
static bool parse_number(const char *text, uint32_t *value)
{
	size_t len = strlen(text);

	if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
		return false;
	*value = (uint32_t)strtoul(text, NULL, 10);
	return true;
}

static const char *take_number(struct arrival *arrival)
{
	const struct nv_setting *setting = arrival->given->setting;
	uint32_t value;

	if (!parse_number(arrival->given->text, &value) || value < setting->least ||
	    value > setting->most) {
		snprintf(arrival->reason, sizeof arrival->reason,
		         "takes a number from %u to %u, not", (unsigned)setting->least,
		         (unsigned)setting->most);
		return arrival->reason;
	}
	if (setting->kind == NV_SETTING_LIMIT && value == 0)
		value = NV_OFF;
	memcpy(arrival->place, &value, sizeof value);
	return NULL;
}

static const char *take_switch(struct arrival *arrival)
{
	const char *text = arrival->given->text;
	bool on = strcmp(text, "true") == 0;

	if (!on && strcmp(text, "false") != 0)
		return "takes true or false, not";
	memcpy(arrival->place, &on, sizeof on);
	return NULL;
}

static const char *take_word(struct arrival *arrival)
{
	const char *const *words = arrival->given->setting->words;
	size_t len = 0;

	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], arrival->given->text) == 0) {
			memcpy(arrival->place, &i, sizeof i);
			return NULL;
		}
	}
	for (unsigned i = 0; words[i] && len < sizeof arrival->reason; i++)
		len += (size_t)snprintf(arrival->reason + len, sizeof arrival->reason - len, "%s%s",
		                        i ? ", " : "takes one of ", words[i]);
	if (len < sizeof arrival->reason)
		snprintf(arrival->reason + len, sizeof arrival->reason - len, ", not");
	return arrival->reason;
}

static const char *take_text(struct arrival *arrival, const char *text)
{
	const char *kept = nv_serve_options_keep(arrival->options, text);

	if (!kept)
		return "finds no memory for";
	memcpy(arrival->place, &kept, sizeof kept);
	return NULL;
}

static const char *take_file(struct arrival *arrival)
{
	const char *text = arrival->given->text;

	return *text ? take_text(arrival, text) : "takes a file, not";
}

/* An IPv6 address may be written as in a URL. */
static const char *take_address(struct arrival *arrival)
{
	const char *text = arrival->given->text;
	size_t len = strlen(text);
	char *end;

	if (len == 0)
		return "takes an IP address or localhost, not";
	if (text[0] != '[' || text[len - 1] != ']' || !strchr(text, ':'))
		return take_text(arrival, text);
	if (take_text(arrival, text + 1))
		return "finds no memory for";
	end = strchr(arrival->options->address, '\0');
	end[-1] = '\0';
	return NULL;
}

static const char *take_certificates(struct arrival *arrival)
{
	const struct nv_given *given = arrival->given;
	struct nv_serve_tls *tls = &arrival->options->tls;
	const char *kept = nv_serve_options_keep(arrival->options, given->text);

	if (!kept)
		return "finds no memory for";
	if (tls->source != given->origin.source) {
		nv_serve_tls_forget(tls);
		tls->source = given->origin.source;
	}
	return given->row == NV_NEXT_ROW
	               ? nv_serve_tls_next(tls, given->setting->where, kept)
	               : nv_serve_tls_row(tls, given->setting->where, given->row, kept);
}

static const char *take_origin(struct arrival *arrival)
{
	const struct nv_given *given = arrival->given;
	struct nv_serve_auth *auth = &arrival->options->auth;
	struct nv_origin *before = &arrival->options->origins[index_of(given->setting)];
	char normal[NV_ORIGIN_SIZE];
	const char *kept;

	if (!nv_origin_read(nv_str(given->text), normal))
		return "takes scheme://host or scheme://host:port, not";
	if (before->source != given->origin.source)
		auth->origin_count = 0;
	if (auth->origin_count == NV_SERVE_ORIGINS)
		return "can be given 64 times, not for";
	kept = nv_serve_options_keep(arrival->options, given->text);
	if (!kept)
		return "finds no memory for";
	auth->origins[auth->origin_count++] = kept;
	return NULL;
}
_Static_assert(NV_SERVE_ORIGINS == 64, "what is said");

static const char *take(struct arrival *arrival)
{
	switch (arrival->given->setting->kind) {
	case NV_SETTING_NUMBER:
	case NV_SETTING_LIMIT:
		return take_number(arrival);
	case NV_SETTING_WORD:
		return take_word(arrival);
	case NV_SETTING_CONFIG:
	case NV_SETTING_FILE:
		return take_file(arrival);
	case NV_SETTING_ADDRESS:
		return take_address(arrival);
	case NV_SETTING_CERTIFICATES:
		return take_certificates(arrival);
	case NV_SETTING_ORIGINS:
		return take_origin(arrival);
	default:
		return take_switch(arrival);
	}
}

/* A flag may be repeated, the last one counts, so that a script may have defaults. */
static bool comes_twice(const struct nv_given *given, const struct nv_origin *before)
{
	return before->source == NV_FROM_FILE && given->origin.source == NV_FROM_FILE &&
	       (!nv_setting_is_list(given->setting) || given->row == 0);
}

int nv_given_take(struct nv_serve_options *options, const struct nv_given *given,
                  struct nv_problems *problems)
{
	struct nv_origin *origin = &options->origins[index_of(given->setting)];
	struct arrival arrival = { .options = options,
		                   .given = given,
		                   .place = (char *)options + given->setting->where };
	char name[NAME_SIZE];
	const char *reason;

	if (comes_twice(given, origin))
		return nv_problem(problems, NULL, "%s is given twice, first in line %u",
		                  name_of(options, given, name), origin->line);
	reason = take(&arrival);
	*origin = given->origin;
	if (reason)
		return nv_problem(problems, given->text, "%s %s", name_of(options, given, name),
		                  reason);
	return 0;
}

/* --- Values out --- */

/* What libconfuse reads again: it takes "$" for a variable. */
static void print_text(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++) {
		if (strchr("\"\\$", *text))
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			fprintf(file, "\\x%02x", (unsigned)*text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}

static bool print_file(FILE *file, const char *place)
{
	const char *text;

	memcpy(&text, place, sizeof text);
	if (text)
		print_text(file, text);
	return text != NULL;
}

static bool print_number(FILE *file, uint32_t value, uint32_t unset)
{
	if (value != unset)
		fprintf(file, "%u", (unsigned)value);
	return value != unset;
}

static bool print_certificates(FILE *file, const struct nv_serve_tls *tls, size_t part)
{
	bool any = false;

	for (size_t i = 0; i < tls->count; i++)
		any = any || *nv_serve_tls_part_of(tls, i, part);
	for (size_t i = 0; any && i < tls->count; i++) {
		fputs(i ? ", " : "{ ", file);
		print_text(file, nv_serve_tls_part_of(tls, i, part));
	}
	fputs(any ? " }" : "", file);
	return any;
}

static bool print_origins(FILE *file, const struct nv_serve_auth *auth)
{
	for (size_t i = 0; i < auth->origin_count; i++) {
		fputs(i ? ", " : "{ ", file);
		print_text(file, auth->origins[i]);
	}
	fputs(auth->origin_count ? " }" : "", file);
	return auth->origin_count > 0;
}

static bool print_switch(FILE *file, const char *place)
{
	bool on;

	memcpy(&on, place, sizeof on);
	fputs(on ? "true" : "false", file);
	return true;
}

bool nv_given_print(FILE *file, const struct nv_serve_options *options,
                    const struct nv_setting *setting)
{
	const char *place = (const char *)options + setting->where;
	uint32_t value = 0;

	switch (setting->kind) {
	case NV_SETTING_NUMBER:
		memcpy(&value, place, sizeof value);
		return print_number(file, value, UINT32_MAX);
	case NV_SETTING_LIMIT:
		memcpy(&value, place, sizeof value);
		return value != 0 && print_number(file, value == NV_OFF ? 0 : value, UINT32_MAX);
	case NV_SETTING_WORD:
		memcpy(&value, place, sizeof value);
		print_text(file, setting->words[value]);
		return true;
	case NV_SETTING_CONFIG:
	case NV_SETTING_FILE:
	case NV_SETTING_ADDRESS:
		return print_file(file, place);
	case NV_SETTING_CERTIFICATES:
		return print_certificates(file, &options->tls, setting->where);
	case NV_SETTING_ORIGINS:
		return print_origins(file, &options->auth);
	default:
		return print_switch(file, place);
	}
}

char *nv_given_text(const struct nv_serve_options *options, const struct nv_setting *setting)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	nv_given_print(file, options, setting);
	if (fclose(file) == 0)
		return text;
	free(text);
	return NULL;
}
