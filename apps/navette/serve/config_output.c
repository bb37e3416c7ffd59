/* SPDX-License-Identifier: MIT */
/* config_output.c: what the configuration is, and whether a server could start with it. No port is taken
 * but a free one for a moment. */
#include "serve/config_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <navette/navette.h>

#include "serve/auth.h"
#include "serve/descriptors.h"
#include "serve/given.h"
#include "serve/sources.h"
#include "usage.h"

/* --- Printing --- */

static void print_setting(const struct nv_serve_options *options, const struct nv_setting *setting)
{
	const struct nv_origin *origin = &options->origins[setting - nv_settings];
	char *text = nv_given_text(options, setting);
	bool given = text && *text && origin->source != NV_FROM_DEFAULT;

	printf("%s%s = %s # ", given ? "" : "# ", setting->name, text ? text : "");
	nv_given_print_origin(stdout, options, setting);
	putchar('\n');
	free(text);
}

int nv_config_print(const struct nv_serve_options *options)
{
	puts("# What navette serve goes by. A line that begins with # is a default.");
	for (size_t i = 0; i < nv_setting_count; i++)
		if (nv_setting_has_key(&nv_settings[i]))
			print_setting(options, &nv_settings[i]);
	return 0;
}

/* --- Checking --- */

static void tell(const char *line)
{
	fprintf(stderr, NV_SERVE_COMMAND ": %s\n", line);
}

static void tell_library(void *context, enum nv_level level, const char *line)
{
	if (level == NV_LOG_ERROR)
		nv_problem(context, NULL, "%s", line);
	else
		tell(line);
}

static void check_certificates(struct nv_server *server, const struct nv_serve_options *options,
                               struct nv_problems *problems)
{
	const struct nv_server_tls tls = nv_serve_tls_of(&options->tls);
	size_t before = problems->count;
	int error = nv_server_set_tls(server, &tls);

	if (error && problems->count == before)
		nv_problem(problems, NULL, "TLS: %s", nv_strerror(error));
}

static void check_server(const struct nv_serve_options *options, struct nv_problems *problems)
{
	const struct nv_server_options server_options = { .log = tell_library,
		                                          .log_context = problems };
	struct nv_server *server = nv_server_new(&server_options);
	int error;

	if (!server) {
		nv_problem(problems, NULL, "%s", nv_strerror(NV_ERR_NOMEM));
		return;
	}
	if (options->tls.count > 0)
		check_certificates(server, options, problems);
	error = nv_server_listen(server, options->address, 0);
	if (error)
		nv_problem(problems, options->address, "--listen: %s:", nv_strerror(error));
	nv_server_free(server);
}

static void check_credentials(const struct nv_serve_auth *options, struct nv_problems *problems)
{
	char problem[512];
	struct nv_auth *auth = nv_auth_new(options, problem, sizeof problem);

	if (!auth)
		nv_problem(problems, NULL, "%s", problem);
	nv_auth_free(auth);
}

int nv_config_check(const struct nv_serve_options *options)
{
	struct nv_problems problems = { .tell = tell };

	if (nv_descriptors_raise(options) < 0)
		return NV_USAGE_CODE;
	check_server(options, &problems);
	check_credentials(&options->auth, &problems);
	if (problems.count > 0)
		return NV_USAGE_CODE;
	puts("configuration is good");
	return 0;
}
