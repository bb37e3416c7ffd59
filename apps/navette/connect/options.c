/* SPDX-License-Identifier: MIT */
/* options.c: reads the command line.
 *
 * What the library would refuse later without knowing its origin (headers, subprotocols, the URL) is
 * checked here, where the message can name the option. */
#include "connect/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "connect/report.h"
#include "connect/verdict.h"

#define MAX_MESSAGE (64u << 20)
#define CLOSE_TIMEOUT_MS 5000u
#define MAX_SECONDS 1000000.0

/* RFC 9110 5.6.2: what names are made of. */
#define TCHARS "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum {
	OPTION_ONCE = 256,
	OPTION_MAX_MESSAGE,
	OPTION_PING_INTERVAL,
	OPTION_CONNECT_TIMEOUT,
	OPTION_CLOSE_TIMEOUT
};

static const struct option table[] = {
	{ "once", no_argument, NULL, OPTION_ONCE },
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

static int refuse(const char *what, const char *value, const char *why)
{
	nv_report("%s '%s': %s", what, value, why);
	return NV_VERDICT_USAGE;
}

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
		return refuse("--header", line, "it must look like 'Name: value'");
	if (!is_value(line + name))
		return refuse("--header", line, "it holds a control character");
	if (is_reserved(line, name))
		return refuse("--header", line,
		              "this one is written by the handshake itself "
		              "(there is --subprotocol)");
	return append(&options->fields, "", line, "\r\n", "");
}

static int set_origin(struct nv_connect_options *options, const char *origin)
{
	if (!is_value(origin))
		return refuse("--origin", origin, "it holds a control character");
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
			return refuse("--subprotocol", list, "it must look like 'a' or 'a,b'");
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
		return refuse(name, text, "it must be a number of bytes, from 1 to 4294967294");
	*bytes = (uint32_t)value;
	return 0;
}

/* 0 is never. What is more than nothing is at least a millisecond. */
static int set_seconds(uint32_t *ms, const char *name, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (*text < '0' || *text > '9' || *end || value > MAX_SECONDS)
		return refuse(name, text, "it must be a number of seconds, from 0 to 1000000");
	*ms = value == 0.0 ? NV_OFF : value < 0.001 ? 1 : (uint32_t)(value * 1000.0);
	return 0;
}

static int set_connect_timeout(struct nv_client_options *client, const char *text)
{
	int code = set_seconds(&client->connect_timeout_ms, "--connect-timeout", text);

	if (code == 0)
		client->handshake_timeout_ms = client->connect_timeout_ms;
	return code;
}

/* Of letters, getopt may have more to come from the same argument. */
static int refuse_option(int c, char **argv)
{
	if (c == ':')
		nv_report("a value is missing behind '%s' (try: navette connect --help)",
		          argv[optind - 1]);
	else if (optopt > 0 && optopt < OPTION_ONCE)
		nv_report("unknown option '-%c' (try: navette connect --help)", optopt);
	else
		nv_report("unknown option '%s' (try: navette connect --help)", argv[optind - 1]);
	return NV_VERDICT_USAGE;
}

static int take_option(struct nv_connect_options *options, int c, char **argv)
{
	switch (c) {
	case OPTION_ONCE:
		options->once = true;
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
		return set_bytes(&options->client.max_message, "--max-message", optarg);
	case OPTION_PING_INTERVAL:
		return set_seconds(&options->client.ping_interval_ms, "--ping-interval", optarg);
	case OPTION_CONNECT_TIMEOUT:
		return set_connect_timeout(&options->client, optarg);
	case OPTION_CLOSE_TIMEOUT:
		return set_seconds(&options->client.close_timeout_ms, "--close-timeout", optarg);
	default:
		return refuse_option(c, argv);
	}
}

static int refuse_url(const char *text, const char *problem)
{
	const char *rest = strstr(text, "://");

	if (!rest)
		nv_report("the URL '%s' has no scheme: did you mean ws://%s%s ?", text,
		          *text == ':' || *text == '/' ? "localhost" : "", text);
	else if (strncasecmp(text, "http", 4) == 0)
		nv_report("the URL '%s' is not a WebSocket's: did you mean %s%s ?", text,
		          rest - text == 5 ? "wss" : "ws", rest);
	else
		nv_report("the URL '%s': %s", text, problem);
	return NV_VERDICT_USAGE;
}

static int take_url(struct nv_connect_options *options, int argc, char **argv)
{
	const char *problem;

	if (optind >= argc) {
		nv_report("a URL is missing: navette connect ws://localhost:8080/ws "
		          "(try: navette connect --help)");
		return NV_VERDICT_USAGE;
	}
	if (optind < argc - 1)
		return refuse("argument", argv[optind + 1], "only one URL can be given");
	options->text = argv[optind];
	if (nv_url_parse(options->text, &options->url, &problem) < 0)
		return refuse_url(options->text, problem);
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
	};
	opterr = 0;
	optind = 0;
	while (code == 0 && (c = getopt_long(argc, argv, ":H:o:s:h", table, NULL)) != -1)
		code = take_option(options, c, argv);
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
