/* SPDX-License-Identifier: MIT */
/* options.c: one table of options for the three actions, and which of them takes which. A token is never
 * an argument: everybody on the machine can read those. */
#include "token/options.h"

#include <string.h>

#include "connect/report.h"
#include "serve/jwt.h"
#include "serve/nickname.h"
#include "serve/token_file.h"
#include "text/duration.h"
#include "usage.h"

#define HOUR_MS 3600000u

enum code {
	TOKENS = 256,
	NAME,
	JWT_ALGORITHM,
	JWT_KEY,
	EXPIRES
};

static const struct option table[] = {
	{ "tokens", required_argument, NULL, TOKENS },
	{ "name", required_argument, NULL, NAME },
	{ "jwt-algorithm", required_argument, NULL, JWT_ALGORITHM },
	{ "jwt-key", required_argument, NULL, JWT_KEY },
	{ "expires", required_argument, NULL, EXPIRES },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *word;
	const char *command;
} actions[] = {
	[NV_TOKEN_NEW] = { "new", "navette token new" },
	[NV_TOKEN_SHOW] = { "show", "navette token show" },
	[NV_TOKEN_CHECK] = { "check", "navette token check" },
};

/* try 'navette token --help', whatever the action */
static int refuse(const char *value, const char *problem)
{
	return nv_usage_refuse("navette token", value, "%s", problem);
}

static int take_name(struct nv_token_options *options, const char *value)
{
	if (nv_nickname_problem(nv_str(value)))
		return refuse(NULL, "--name: " NV_TOKEN_NAME_RULE);
	if (strchr(" \t", value[0]) || strchr(" \t", value[strlen(value) - 1]))
		return refuse(value, "--name begins and ends with no space, as in");
	options->name = value;
	return 0;
}

static int take_algorithm(struct nv_token_options *options, const char *value)
{
	options->jwt_algorithm = nv_jwt_algorithm_find(value);
	return options->jwt_algorithm != NV_JWT_NONE
	               ? 0
	               : refuse(value, "--jwt-algorithm takes HS256, RS256 or ES256, not");
}

static int take_expires(struct nv_token_options *options, const char *value)
{
	if (nv_duration_parse(value, &options->expires_ms) == 0 && options->expires_ms >= 1000)
		return 0;
	return refuse(value, "--expires takes a time of 1s to 1000000s, as 30m or 8h, not");
}

static int take_file(const char **file, const char *value, const char *problem)
{
	*file = value;
	return *value ? 0 : refuse(NULL, problem);
}

static int take(struct nv_token_options *options, int code, const char *value)
{
	switch (code) {
	case TOKENS:
		return take_file(&options->tokens_file, value, "--tokens takes a file");
	case NAME:
		return take_name(options, value);
	case JWT_ALGORITHM:
		return take_algorithm(options, value);
	case JWT_KEY:
		return take_file(&options->jwt_key_file, value, "--jwt-key takes a file");
	case EXPIRES:
		return take_expires(options, value);
	default:
		options->help = true;
		return 0;
	}
}

static int read_all(struct nv_token_options *options, int argc, char **argv)
{
	int answer;
	int code = 0;

	opterr = 0;
	optind = 0;
	while (code == 0 && (answer = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (answer == '?' || answer == ':')
			return nv_usage_refuse_option("navette token", table, answer,
			                              argv[optind - 1]);
		code = take(options, answer, optarg);
	}
	return code;
}

/* --- What goes together --- */

static int check_new(const struct nv_token_options *options)
{
	bool jwt = options->jwt_key_file != NULL;

	if (options->tokens_file && jwt)
		return refuse(NULL, "new takes --tokens or --jwt-key, not both");
	if (*options->name && !options->tokens_file && !jwt)
		return refuse(NULL, "--name needs --tokens or --jwt-key: a random token has none");
	if (options->expires_ms > 0 && !jwt)
		return refuse(NULL, "--expires needs --jwt-key: only a JWT knows an end");
	return 0;
}

static int check_show(const struct nv_token_options *options)
{
	if (options->tokens_file || options->jwt_key_file || *options->name ||
	    options->expires_ms > 0)
		return refuse(NULL, "show takes no options; check does");
	return 0;
}

static int check_check(const struct nv_token_options *options)
{
	if (*options->name || options->expires_ms > 0)
		return refuse(NULL, "--name and --expires are for new");
	if (!options->tokens_file && !options->jwt_key_file)
		return refuse(NULL, "check needs --tokens FILE, or --jwt-algorithm and --jwt-key");
	return 0;
}

static int check(const struct nv_token_options *options)
{
	if (!options->jwt_key_file != (options->jwt_algorithm == NV_JWT_NONE))
		return refuse(NULL, "--jwt-algorithm and --jwt-key belong together");
	if (options->action == NV_TOKEN_NEW)
		return check_new(options);
	return options->action == NV_TOKEN_SHOW ? check_show(options) : check_check(options);
}

/* What is left may be a token, and is not shown. */
static int take_rest(struct nv_token_options *options, int count, char **rest)
{
	if (options->action == NV_TOKEN_SHOW && count == 1) {
		options->file = strcmp(rest[0], "-") == 0 ? NULL : rest[0];
		return 0;
	}
	if (count == 0)
		return 0;
	return refuse(NULL, options->action == NV_TOKEN_SHOW
	                            ? "show takes one file"
	                            : "there is an argument too many; a token comes through "
	                              "standard input, since everybody can read arguments");
}

static bool find_action(struct nv_token_options *options, const char *word)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].word, word) != 0)
			continue;
		options->action = (enum nv_token_action)i;
		nv_report_as(actions[i].command);
		return true;
	}
	return false;
}

int nv_token_options_read(struct nv_token_options *options, int argc, char **argv)
{
	int code;

	*options = (struct nv_token_options){ .name = "" };
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		options->help = true;
		return 0;
	}
	if (argc < 2 || !find_action(options, argv[1]))
		return refuse(NULL, "say new, show or check first");
	code = read_all(options, argc - 1, argv + 1);
	if (code == 0 && !options->help)
		code = take_rest(options, argc - 1 - optind, argv + 1 + optind);
	if (code == 0 && !options->help)
		code = check(options);
	if (options->expires_ms == 0)
		options->expires_ms = HOUR_MS;
	return code;
}
