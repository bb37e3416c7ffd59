/* SPDX-License-Identifier: MIT */
/* config_flags.c: the command line. It is read as far as its first mistake. */
#include "serve/sources.h"

#include <stdlib.h>

#include <navette/base.h>

#include "serve/given.h"
#include "usage.h"

#define FIRST 256 /* code of a long option: behind what a letter can be */
#define LETTER_OF_HELP 'h'

static int code_of(size_t number)
{
	return nv_settings[number].kind == NV_SETTING_ACTION && number == 0 ? LETTER_OF_HELP
	                                                                    : FIRST + (int)number;
}

static bool takes_value(const struct nv_setting *setting)
{
	return setting->kind != NV_SETTING_ACTION && setting->kind != NV_SETTING_SWITCH;
}

static void build(struct option table[NV_SETTINGS_MOST + 1])
{
	for (size_t i = 0; i < nv_setting_count; i++)
		table[i] = (struct option){ .name = nv_settings[i].name,
			                    .has_arg = takes_value(&nv_settings[i]),
			                    .val = code_of(i) };
	table[nv_setting_count] = (struct option){ .name = NULL };
}

/* The next option; -1 at the end. */
static int next(int argc, char **argv, const struct option *table, struct nv_given *given)
{
	int code = getopt_long(argc, argv, ":h", table, NULL);
	size_t number = code == LETTER_OF_HELP ? 0 : (size_t)(code - FIRST);

	if (code < 0 || code == '?' || code == ':')
		return code;
	*given = (struct nv_given){ .setting = &nv_settings[number],
		                    .row = NV_NEXT_ROW,
		                    .origin = { .source = NV_FROM_FLAG } };
	given->text = takes_value(given->setting) ? optarg : "true";
	return code;
}

static bool is_early(const struct nv_setting *setting, const struct nv_serve_options *options)
{
	const char *place = (const char *)options + setting->where;

	return setting->kind == NV_SETTING_CONFIG || place == (const char *)&options->help;
}

static int find_variable(struct nv_serve_options *options, struct nv_problems *problems)
{
	struct nv_given given = { .setting = nv_setting_find("config"),
		                  .origin = { .source = NV_FROM_ENVIRONMENT } };
	char variable[NV_SETTING_VARIABLE_SIZE];

	given.text = getenv(nv_setting_variable(given.setting, variable));
	return given.text ? nv_given_take(options, &given, problems) : 0;
}

int nv_config_find(struct nv_serve_options *options, int argc, char **argv,
                   struct nv_problems *problems)
{
	struct option table[NV_SETTINGS_MOST + 1];
	struct nv_given given = { .setting = nv_settings };
	int error = find_variable(options, problems);
	int code;

	build(table);
	optind = 0;
	while (!options->help && (code = next(argc, argv, table, &given)) != -1) {
		if (code == '?' || code == ':')
			break;
		if (is_early(given.setting, options) &&
		    nv_given_take(options, &given, problems) < 0)
			error = NV_ERR_INVALID;
	}
	return error;
}

static int refuse(struct nv_problems *problems)
{
	problems->count++;
	return NV_ERR_INVALID;
}

int nv_config_flags(struct nv_serve_options *options, int argc, char **argv,
                    struct nv_problems *problems)
{
	struct option table[NV_SETTINGS_MOST + 1];
	struct nv_given given = { .setting = nv_settings };
	int error = 0;
	int code;

	build(table);
	optind = 0;
	while (error == 0 && (code = next(argc, argv, table, &given)) != -1) {
		if (code == '?' || code == ':') {
			nv_usage_refuse_option(NV_SERVE_COMMAND, table, code, argv[optind - 1]);
			return refuse(problems);
		}
		error = nv_given_take(options, &given, problems);
	}
	if (error == 0 && optind < argc)
		return nv_problem(problems, argv[optind], "nothing to do with");
	return error;
}
