/* SPDX-License-Identifier: MIT */
/* options.c: reads the command line.
 *
 * What the library would refuse later without knowing its origin (headers, subprotocols, the URL) is
 * checked here, where the message can name the option. */
#include "connect/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "connect/report.h"
#include "connect/verdict.h"
#include "text/escape.h"
#include "usage.h"

#define COMMAND "navette connect"
#define MAX_MESSAGE (64u << 20)
#define CLOSE_TIMEOUT_MS 5000u
#define MAX_SECONDS 1000000.0

/* RFC 9110 5.6.2: what names are made of. */
#define TCHARS "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum {
	OPTION_ONCE = 256, /* behind what a letter can be */
	OPTION_ECHO_LOOP,
	OPTION_NO_COMPRESSION,
	OPTION_MAX_MESSAGE,
	OPTION_PING_INTERVAL,
	OPTION_CONNECT_TIMEOUT,
	OPTION_CLOSE_TIMEOUT
};

static const struct option table[] = {
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "echo-loop", no_argument, NULL, OPTION_ECHO_LOOP },
	{ "no-compression", no_argument, NULL, OPTION_NO_COMPRESSION },
	{ "header", required_argument, NULL, 'H' },
	{ "origin", required_argument, NULL, 'o' },
	{ "subprotocol", required_argument, NULL, 's' },
	{ "max-message", required_argument, NULL, OPTION_MAX_MESSAGE },
	{ "ping-interval", required_argument, NULL, OPTION_PING_INTERVAL },
	{ "connect-timeout", required_argument, NULL, OPTION_CONNECT_TIMEOUT },
	{ "close-timeout", required_argument, NULL, OPTION_CLOSE_TIMEOUT },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Joins four texts behind what `list` holds. */
static int append(char **list, const char *separator, const char *a, const char *b, const char *c)
{
	char *longer;

	if (asprintf(&longer, "%s%s%s%s%s", *list ? *list : "", *list ? separator : "", a, b, c) <
	    0) {
		nv_report("out of memory");
		return NV_VERDICT_LOCAL;
	}
	free(*list);
	*list = longer;
	return 0;
}

static bool is_value(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
			return false;
	}
	return true;
}

/* Those that the handshake writes itself. */
static bool is_reserved(const char *line, size_t len)
{
	static const char *const names[] = { "Host", "Upgrade", "Connection", "Content-Length",
		                             "Transfer-Encoding" };
	static const char prefix[] = "Sec-WebSocket-";

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i]) == len && strncasecmp(line, names[i], len) == 0)
			return true;
	}
	return strncasecmp(line, prefix, sizeof prefix - 1) == 0;
}

static int add_header(struct nv_connect_options *options, const char *line)
{
	size_t name = strspn(line, TCHARS);

	if (name == 0 || line[name] != ':')
		return nv_usage_refuse(COMMAND, line, "--header takes 'Name: value', not");
	if (!is_value(line + name))
		return nv_usage_refuse(COMMAND, line,
		                       "--header takes no control characters, as in");
	if (is_reserved(line, name))
		return nv_usage_refuse(COMMAND, line,
		                       "--header takes none of what the handshake writes itself "
		                       "(there is --subprotocol), as in");
	return append(&options->fields, "", line, "\r\n", "");
}

static int set_origin(struct nv_connect_options *options, const char *origin)
{
	if (!is_value(origin))
		return nv_usage_refuse(COMMAND, origin,
		                       "--origin takes no control characters, as in");
	return append(&options->fields, "", "Origin: ", origin, "\r\n");
}

static int add_subprotocols(struct nv_connect_options *options, const char *list)
{
	const char *rest = list;

	for (;;) {
		size_t name;

		rest += strspn(rest, " ");
		name = strspn(rest, TCHARS);
		rest += name;
		rest += strspn(rest, " ");
		if (name == 0 || (*rest && *rest != ','))
			return nv_usage_refuse(COMMAND, list,
			                       "--subprotocol takes 'a' or 'a,b', not");
		if (!*rest)
			return append(&options->subprotocols, ", ", list, "", "");
		rest++;
	}
}

static int set_bytes(uint32_t *bytes, const char *name, const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value == 0 || value >= NV_OFF)
		return nv_usage_refuse(COMMAND, text,
		                       "--%s takes a number from 1 to 4294967294, not", name);
	*bytes = (uint32_t)value;
	return 0;
}

/* 0 is never. What is more than nothing is at least a millisecond. */
static int set_seconds(uint32_t *ms, const char *name, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (*text < '0' || *text > '9' || *end || value > MAX_SECONDS)
		return nv_usage_refuse(COMMAND, text, "--%s takes seconds from 0 to 1000000, not",
		                       name);
	*ms = value == 0.0 ? NV_OFF : value < 0.001 ? 1 : (uint32_t)(value * 1000.0);
	return 0;
}

static int set_connect_timeout(struct nv_client_options *client, const char *text)
{
	int code = set_seconds(&client->connect_timeout_ms, "connect-timeout", text);

	if (code == 0)
		client->handshake_timeout_ms = client->connect_timeout_ms;
	return code;
}

static int take_option(struct nv_connect_options *options, int c, char **argv)
{
	switch (c) {
	case OPTION_ONCE:
		options->once = true;
		return 0;
	case OPTION_ECHO_LOOP:
		options->echo_loop = true;
		return 0;
	case OPTION_NO_COMPRESSION:
		options->client.compression.enabled = false;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case 'H':
		return add_header(options, optarg);
	case 'o':
		return set_origin(options, optarg);
	case 's':
		return add_subprotocols(options, optarg);
	case OPTION_MAX_MESSAGE:
		return set_bytes(&options->client.max_message, "max-message", optarg);
	case OPTION_PING_INTERVAL:
		return set_seconds(&options->client.ping_interval_ms, "ping-interval", optarg);
	case OPTION_CONNECT_TIMEOUT:
		return set_connect_timeout(&options->client, optarg);
	case OPTION_CLOSE_TIMEOUT:
		return set_seconds(&options->client.close_timeout_ms, "close-timeout", optarg);
	default:
		return nv_usage_refuse_option(COMMAND, table, c, argv[optind - 1]);
	}
}

/* A password that was typed is not to be shown. What may be one reaches to the last '@'. */
static bool hide_user(char *url)
{
	char *scheme_end = strstr(url, "://");
	char *user = scheme_end ? scheme_end + 3 : url;
	char *end = strrchr(user, '@');
	size_t shown;

	if (!end)
		return false;
	shown = end - user < 3 ? (size_t)(end - user) : 3;
	memset(user, '*', shown);
	memmove(user + shown, end, strlen(end) + 1);
	return true;
}

static int suggest(const char *problem, const char *begin, const char *rest)
{
	fprintf(stderr, COMMAND ": the URL %s; try '%s", problem, begin);
	nv_escape(stderr, nv_str(rest));
	fputs("'\n", stderr);
	return NV_VERDICT_USAGE;
}

static int refuse_url(char *text, const char *problem)
{
	const char *rest = strstr(text, "://");

	if (hide_user(text))
		return nv_usage_refuse(COMMAND, text, "%s:", problem);
	if (!rest && (*text == ':' || *text == '/'))
		return suggest("has no scheme", "ws://localhost", text);
	if (!rest)
		return suggest("has no scheme", "ws://", text);
	if (strncasecmp(text, "https:", 6) == 0)
		return suggest("is not one of a WebSocket", "wss", rest);
	if (strncasecmp(text, "http:", 5) == 0)
		return suggest("is not one of a WebSocket", "ws", rest);
	return nv_usage_refuse(COMMAND, text, "%s:", problem);
}

static int take_url(struct nv_connect_options *options, int argc, char **argv)
{
	const char *problem;

	if (optind >= argc)
		return suggest("is missing", COMMAND " ws://localhost:8080/ws", "");
	if (optind < argc - 1) {
		(void)hide_user(argv[optind + 1]);
		return nv_usage_refuse(COMMAND, argv[optind + 1], "only one URL can be given, not");
	}
	options->text = argv[optind];
	if (nv_url_parse(options->text, &options->url, &problem) < 0)
		return refuse_url(argv[optind], problem);
	return 0;
}

static int check(const struct nv_connect_options *options)
{
	if (options->once && options->echo_loop)
		return nv_usage_refuse(COMMAND, NULL, "--once and --echo-loop exclude each other");
	return 0;
}

int nv_connect_options_parse(struct nv_connect_options *options, int argc, char **argv)
{
	int code = 0;
	int c;

	/* A long message may take its time on a slow line: it is silence that ends a connection. */
	*options = (struct nv_connect_options){
		.client.max_message = MAX_MESSAGE,
		.client.message_timeout_ms = NV_OFF,
		.client.close_timeout_ms = CLOSE_TIMEOUT_MS,
		.client.compression = { .enabled = true,
		                        .context_takeover = true,
		                        .window_bits = 15 },
	};
	opterr = 0;
	optind = 0;
	while (code == 0 && (c = getopt_long(argc, argv, ":H:o:s:h", table, NULL)) != -1)
		code = take_option(options, c, argv);
	if (code == 0 && !options->help)
		code = check(options);
	if (code == 0 && !options->help)
		code = take_url(options, argc, argv);
	options->client.fields = options->fields;
	options->client.subprotocols = options->subprotocols;
	return code;
}

void nv_connect_options_deinit(struct nv_connect_options *options)
{
	free(options->fields);
	free(options->subprotocols);
}
