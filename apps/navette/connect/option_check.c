/* SPDX-License-Identifier: MIT */
/* option_check.c: what the options mean together, and the arguments that are none. */
#include "connect/option_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connect/report.h"
#include "connect/url_argument.h"
#include "usage.h"

/* How often --header and --origin have given a field of that name, "Name:". */
static size_t count_headers(const struct nv_connect_options *options, const char *name)
{
	const char *line = options->fields;
	size_t count = 0;

	for (; line && *line; line = strchr(line, '\n') + 1)
		count += strncasecmp(line, name, strlen(name)) == 0;
	return count;
}

/* Binary messages go out as they came, and nothing stands between them. */
static bool has_no_separator(const struct nv_connect_options *options)
{
	return options->encoding == NV_AS_BINARY && !options->null &&
	       !nv_display_is_wanted(stdout, &options->display);
}

static const char *problem_of_tls(const struct nv_client_tls *tls)
{
	if (tls->insecure && tls->ca_file)
		return "--insecure and --cacert exclude each other";
	if (!tls->certificate.chain_file && tls->certificate.key_file)
		return "--key needs --cert FILE";
	if (!tls->certificate.chain_file && tls->certificate.passphrase_file)
		return "--key-passphrase-file needs --cert FILE";
	return NULL;
}

static const char *problem_of(const struct nv_connect_options *options)
{
	if (options->credentials && count_headers(options, "Authorization:") > 0)
		return "--user and --header 'Authorization: ...' exclude each other";
	if (options->cookie && count_headers(options, "Cookie:") > 0)
		return "--cookie and --header 'Cookie: ...' exclude each other";
	if (count_headers(options, "Origin:") > 1)
		return "only one Origin can be given";
	if (options->display.timestamps && has_no_separator(options))
		return "--timestamps and --binary exclude each other: the output would be the "
		       "messages' own bytes, with nothing to tell a time from them";
	return problem_of_tls(&options->client.tls);
}

int nv_options_check(const struct nv_connect_options *options)
{
	const char *problem = problem_of(options);

	if (options->echo_loop && options->talking)
		return nv_usage_refuse(nv_report_command(), NULL,
		                       "--%s and --echo-loop exclude each other", options->talking);
	return problem ? nv_usage_refuse(nv_report_command(), NULL, "%s", problem) : 0;
}

/* --- What is no option --- */

int nv_options_take_recording(struct nv_connect_options *options, char **arguments)
{
	if (options->echo_loop)
		return nv_usage_refuse(nv_report_command(), NULL,
		                       "--echo-loop and a recording exclude each other");
	if (!arguments[0])
		return nv_usage_refuse(nv_report_command(), NULL,
		                       "the recording is missing, a file of "
		                       "'navette connect --record FILE'");
	if (strstr(arguments[0], "://")) {
		(void)nv_url_hide_user(arguments[0]);
		return nv_usage_refuse(nv_report_command(), arguments[0],
		                       "the recording comes first, then the URL: FILE URL, not");
	}
	options->recording = arguments[0];
	return 0;
}

/* What is no URL may be half of a secret that was to stand in quotes. */
static int refuse_second(char *argument)
{
	if (!strstr(argument, "://"))
		return nv_usage_refuse(nv_report_command(), NULL,
		                       "only one URL can be given, and there is more: does a "
		                       "value with spaces stand in quotes?");
	(void)nv_url_hide_user(argument);
	return nv_usage_refuse(nv_report_command(), argument, "only one URL can be given, not");
}

int nv_options_take_url(struct nv_connect_options *options, char **arguments)
{
	if (!arguments[0]) {
		fprintf(stderr, "%s: the URL is missing; try '%s %sws://localhost:8080/ws'\n",
		        nv_report_command(), nv_report_command(),
		        options->recording ? "FILE " : "");
		return NV_USAGE_CODE;
	}
	if (arguments[1])
		return refuse_second(arguments[1]);
	return nv_url_argument(arguments[0], &options->text, &options->url);
}

/* Of the options that are for TLS alone, one that was given, or NULL. */
static const char *name_of_tls_option(const struct nv_client_tls *tls)
{
	if (tls->ca_file)
		return "--cacert";
	if (tls->certificate.chain_file)
		return "--cert";
	return tls->insecure ? "--insecure" : NULL;
}

/* Who asks for TLS and does not get it has to know before anything is sent. */
int nv_options_check_scheme(const struct nv_connect_options *options)
{
	const char *option = name_of_tls_option(&options->client.tls);
	char problem[80];

	if (!option || options->url.secure)
		return 0;
	snprintf(problem, sizeof problem, "is one without TLS, and %s is for TLS", option);
	return nv_url_suggest(problem, "wss", strstr(options->text, "://"));
}
