/* SPDX-License-Identifier: MIT */
/* config_environment.c: the variables of the environment. One that begins as ours do and is none of them is
 * a mistake of somebody's. The members of a list stand between commas. */
#include "serve/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <navette/base.h>

#include "serve/given.h"

#define PREFIX_LEN (sizeof NV_SETTING_VARIABLE - 1)

static const struct nv_setting *find(const char *variable, size_t len)
{
	char known[NV_SETTING_VARIABLE_SIZE];

	for (size_t i = 0; i < nv_setting_count; i++) {
		nv_setting_variable(&nv_settings[i], known);
		if (nv_setting_has_variable(&nv_settings[i]) && strlen(known) == len &&
		    memcmp(known, variable, len) == 0)
			return &nv_settings[i];
	}
	return NULL;
}

/* As a flag is written. */
static void name_of(const char *variable, size_t len, char name[NV_SETTING_VARIABLE_SIZE])
{
	snprintf(name, NV_SETTING_VARIABLE_SIZE, "%.*s", (int)(len - PREFIX_LEN),
	         variable + PREFIX_LEN);
	for (char *c = name; *c; c++) {
		if (*c == '_')
			*c = '-';
		else if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
}

static int refuse_unknown(struct nv_problems *problems, const char *variable, size_t len)
{
	char name[NV_SETTING_VARIABLE_SIZE];
	char hint[NV_SETTING_VARIABLE_SIZE];
	const struct nv_setting *nearest;

	name_of(variable, len, name);
	nearest = nv_setting_nearest(name);
	if (nearest && nv_setting_has_variable(nearest))
		return nv_problem(problems, NULL, "%.*s is no setting; is it %s?", (int)len,
		                  variable, nv_setting_variable(nearest, hint));
	return nv_problem(problems, NULL, "%.*s is no setting", (int)len, variable);
}

static int take_list(struct nv_serve_options *options, struct nv_given *given,
                     struct nv_problems *problems)
{
	char *copy = strdup(given->text);
	char *rest = copy;
	int error = copy ? 0 : NV_ERR_NOMEM;

	while (error == 0 && (given->text = strsep(&rest, ","))) {
		error = nv_given_take(options, given, problems);
		given->row++;
	}
	free(copy);
	return error;
}

static int take(struct nv_serve_options *options, const char *variable,
                struct nv_problems *problems)
{
	size_t len = strcspn(variable, "=");
	struct nv_given given = { .setting = find(variable, len),
		                  .text = variable + len + (variable[len] == '='),
		                  .origin = { .source = NV_FROM_ENVIRONMENT } };

	if (!given.setting)
		return refuse_unknown(problems, variable, len);
	if (given.setting->kind == NV_SETTING_CONFIG)
		return 0;
	if (nv_setting_is_list(given.setting))
		return take_list(options, &given, problems);
	return nv_given_take(options, &given, problems);
}

int nv_config_environment(struct nv_serve_options *options, struct nv_problems *problems)
{
	int error = 0;

	for (char **variable = environ; variable && *variable; variable++) {
		int problem = 0;

		if (strncmp(*variable, NV_SETTING_VARIABLE, PREFIX_LEN) == 0)
			problem = take(options, *variable, problems);
		error = error ? error : problem;
	}
	return error;
}

/* For each port of a service it sets NAME_PORT=tcp://10.0.0.1:8080 in every container beside it. */
bool nv_config_is_kubernetes(void)
{
	const char *port = getenv("NAVETTE_PORT");

	return port && strncmp(port, "tcp://", strlen("tcp://")) == 0;
}
