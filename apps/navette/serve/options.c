/* SPDX-License-Identifier: MIT */
/* options.c: puts together what flags, variables and the file say, fills up the rest, and knows what does
 * not go together. */
#include "serve/options.h"

#include <stdlib.h>
#include <string.h>

#include <navette/base.h>

#include "guide.h"
#include "serve/cores.h"
#include "serve/help.h"
#include "serve/sources.h"
#include "usage.h"

#define UNSET UINT32_MAX
_Static_assert(UNSET == NV_SERVE_NO_PORT, "a port that is not given");

/* --- Texts --- */

struct nv_text {
	struct nv_text *next;
	char content[];
};

const char *nv_serve_options_keep(struct nv_serve_options *options, const char *text)
{
	size_t size = strlen(text) + 1;
	struct nv_text *kept = malloc(sizeof *kept + size);

	if (!kept)
		return NULL;
	memcpy(kept->content, text, size);
	kept->next = options->texts;
	options->texts = kept;
	return kept->content;
}

void nv_serve_options_free(struct nv_serve_options *options)
{
	while (options->texts) {
		struct nv_text *text = options->texts;

		options->texts = text->next;
		free(text);
	}
}

/* --- What was not given --- */

static uint32_t or_default(uint32_t option, uint32_t value)
{
	return option == UNSET ? value : option;
}

static void complete(struct nv_serve_options *options)
{
	bool plain = nv_serve_is_plain(options);

	options->threads = or_default(options->threads, nv_cores(NV_SERVE_THREADS));
	options->rate = or_default(options->rate, plain ? 0 : 5);
	options->max_message = or_default(options->max_message, plain ? 65536 : 10240);
	options->compression = options->compression || plain;
	if (plain && options->max_connections_per_ip == 0)
		options->max_connections_per_ip = NV_OFF;
	if (plain && options->handshakes_per_ip_per_s == 0)
		options->handshakes_per_ip_per_s = NV_OFF;
}

/* --- What depends on several options --- */

static int check_plain(const struct nv_serve_options *options, struct nv_problems *problems)
{
	const struct nv_serve_auth *auth = &options->auth;
	const char *name = options->echo ? "--echo" : "--hub";

	if (options->echo && options->hub)
		return nv_problem(problems, NULL, "--echo and --hub exclude each other");
	if (!nv_serve_is_plain(options))
		return 0;
	if (options->rate > 0)
		return nv_problem(problems, NULL, "%s has no limit on the --rate", name);
	if (nv_serve_auth_is_on(auth))
		return nv_problem(problems, NULL,
		                  "%s lets everybody in: leave out --tokens and --jwt-algorithm",
		                  name);
	if (auth->origin_count > 0)
		return nv_problem(problems, NULL, "%s takes any origin: leave out --allow-origin",
		                  name);
	return 0;
}

static int check_auth(const struct nv_serve_auth *auth, struct nv_problems *problems)
{
	if (auth->jwt_algorithm != NV_JWT_NONE && !auth->jwt_key_file)
		return nv_problem(problems, NULL, "--jwt-algorithm needs --jwt-key FILE");
	if (auth->jwt_algorithm == NV_JWT_NONE && auth->jwt_key_file)
		return nv_problem(problems, NULL,
		                  "--jwt-key needs --jwt-algorithm HS256, RS256 or ES256");
	if (auth->before_upgrade && !nv_serve_auth_is_on(auth))
		return nv_problem(problems, NULL,
		                  "--auth-before-upgrade needs --tokens FILE or --jwt-key FILE");
	return 0;
}

static bool same_port(uint32_t a, uint32_t b)
{
	return a == b && a != 0 && a != NV_SERVE_NO_PORT;
}

static int check_ports(const struct nv_serve_options *options, struct nv_problems *problems)
{
	bool tls = nv_serve_tls_is_on(&options->tls);

	if (options->plain_port != NV_SERVE_NO_PORT && !tls)
		return nv_problem(problems, NULL,
		                  "--plain-port stands beside TLS (--cert FILE and --key FILE); "
		                  "without it --port is plain");
	if (same_port(options->plain_port, options->port))
		return nv_problem(problems, NULL,
		                  "--port, for TLS, and --plain-port have to differ");
	if (same_port(options->metrics_port, options->port) ||
	    same_port(options->metrics_port, options->plain_port))
		return nv_problem(problems, NULL, "--metrics-port needs a port of its own");
	return 0;
}

static int check(const struct nv_serve_options *options, struct nv_problems *problems)
{
	int error = check_plain(options, problems);

	if (error == 0 && options->context_takeover && !options->compression)
		error = nv_problem(problems, NULL, "--context-takeover needs --compression");
	if (error == 0)
		error = nv_serve_tls_check(&options->tls, problems);
	if (error == 0)
		error = check_ports(options, problems);
	return error == 0 ? check_auth(&options->auth, problems) : error;
}

/* --- All of it --- */

static int load(struct nv_serve_options *options, int argc, char **argv,
                struct nv_problems *problems)
{
	int file_error = 0;
	int variable_error;
	int error = nv_config_find(options, argc, argv, problems);

	if (error || options->help)
		return error;
	if (options->config_file)
		file_error = nv_config_file(options, problems);
	variable_error = nv_config_environment(options, problems);
	error = nv_config_flags(options, argc, argv, problems);
	if (file_error || variable_error)
		return file_error ? file_error : variable_error;
	return error;
}

int nv_serve_options_load(struct nv_serve_options *options, int argc, char **argv,
                          struct nv_problems *problems)
{
	int error;

	*options = (struct nv_serve_options){
		.address = NV_SERVE_LOCALHOST,
		.port = 8080,
		.plain_port = NV_SERVE_NO_PORT,
		.metrics_port = NV_SERVE_NO_PORT,
		.drain_s = 30,
		.max_message = UNSET,
		.rate = UNSET,
		.ping_interval_s = 30,
		.threads = UNSET,
	};
	error = load(options, argc, argv, problems);
	if (error || options->help)
		return error;
	complete(options);
	return check(options, problems);
}

static void tell_usage(const char *line)
{
	fprintf(stderr, NV_SERVE_COMMAND ": %s; try '" NV_SERVE_COMMAND " --help'\n", line);
}

int nv_serve_options_read(struct nv_serve_options *options, int argc, char **argv)
{
	struct nv_problems problems = { .tell = tell_usage };

	if (nv_serve_options_load(options, argc, argv, &problems) < 0) {
		if (nv_config_is_kubernetes())
			nv_guide_point(NV_SERVE_COMMAND, NV_GUIDE_KUBERNETES);
		return NV_USAGE_CODE;
	}
	if (!options->help)
		return -1;
	nv_serve_help(stdout);
	return 0;
}
