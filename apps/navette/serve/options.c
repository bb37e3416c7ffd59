/* SPDX-License-Identifier: MIT */
/* options.c: the command line of "navette serve". */
#include "serve/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <navette/base.h>

#include "serve/cores.h"
#include "usage.h"

#define COMMAND "navette serve"
#define MOST_THREADS 255u
#define UNSET UINT32_MAX

static const char help[] =
	"Usage: navette serve [OPTION]...\n"
	"\n"
	"Runs the chat, a simple echo and their web pages on one port, until Enter or a signal.\n"
	"\n"
	"  --listen ADDRESS         IP address to listen on (localhost: 127.0.0.1 and ::1)\n"
	"  --port PORT              0 to 65535; 0 takes a free one (8080)\n"
	"  --threads THREADS        1 to 255 (as many as there are cores to run on)\n"
	"  --max-message BYTES      longest message answered, 1 to 268435456 (10240)\n"
	"  --rate MESSAGES          per client and second, 0 to 1000000; 0: no limit (5)\n"
	"  --ping-interval SECONDS  of silence before a ping, 0 to 86400; 0: never (30)\n"
	"  --compression            compress for clients that offer permessage-deflate\n"
	"  --context-takeover       keep the window of compression between messages\n"
	"  --echo                   an echo and nothing else\n"
	"  --hub                    every message to everybody, and nothing else\n"
	"  --log-messages           with --echo and --hub: log clients and messages too\n"
	"  -h, --help               show this\n"
	"\n"
	"Who is let in; 0 to 1000000 each, 0: no limit\n"
	"  --max-connections COUNT         at a time (what the limit of open files allows)\n"
	"  --max-connections-per-ip COUNT  of one address (256, any number from this machine)\n"
	"  --handshakes-per-ip COUNT       new ones a second of one address, twice as many at\n"
	"                                  once (20, any number from this machine)\n"
	"\n"
	"  http://localhost:8080/         chat page        ws://localhost:8080/chat  chat\n"
	"  http://localhost:8080/console  test console     ws://localhost:8080/ws    simple echo\n"
	"\n"
	"With --echo every message sent to ws://localhost:8080/ comes back as it was, text or\n"
	"binary, and none is dropped: who does not read is not read from either. With --hub it\n"
	"goes to everybody who is connected, also to its sender. Compression is on, there is no\n"
	"limit on the rate of messages or on connections of one address, and a message may have\n"
	"65536 bytes unless --max-message says otherwise. For a conformance suite:\n"
	"\n"
	"  navette serve --echo --max-message 67108864\n"
	"\n"
	"Exit code: 0 stopped, 1 could not listen, 2 wrong usage.\n";

enum option_code {
	HELP = 'h',
	LISTEN = 256, /* behind what a letter can be */
	COMPRESSION,
	CONTEXT_TAKEOVER,
	ECHO,
	HUB,
	LOG_MESSAGES,
	FIRST_NUMBER /* of the table below */
};

/* The options that take a number, in the order of their codes. */
static const struct number {
	const char *name;
	size_t offset;
	uint32_t least;
	uint32_t most;
} numbers[] = {
	{ "port", offsetof(struct nv_serve_options, port), 0, 65535 },
	{ "max-message", offsetof(struct nv_serve_options, max_message), 1, 268435456 },
	{ "rate", offsetof(struct nv_serve_options, rate), 0, 1000000 },
	{ "ping-interval", offsetof(struct nv_serve_options, ping_interval_s), 0, 86400 },
	{ "threads", offsetof(struct nv_serve_options, threads), 1, MOST_THREADS },
	{ "max-connections", offsetof(struct nv_serve_options, max_connections), 0, 1000000 },
	{ "max-connections-per-ip", offsetof(struct nv_serve_options, max_connections_per_ip), 0,
	  1000000 },
	{ "handshakes-per-ip", offsetof(struct nv_serve_options, handshakes_per_ip_per_s), 0,
	  1000000 },
};

static const struct option table[] = {
	{ "help", no_argument, NULL, HELP },
	{ "listen", required_argument, NULL, LISTEN },
	{ "compression", no_argument, NULL, COMPRESSION },
	{ "context-takeover", no_argument, NULL, CONTEXT_TAKEOVER },
	{ "echo", no_argument, NULL, ECHO },
	{ "hub", no_argument, NULL, HUB },
	{ "log-messages", no_argument, NULL, LOG_MESSAGES },
	{ "port", required_argument, NULL, FIRST_NUMBER },
	{ "max-message", required_argument, NULL, FIRST_NUMBER + 1 },
	{ "rate", required_argument, NULL, FIRST_NUMBER + 2 },
	{ "ping-interval", required_argument, NULL, FIRST_NUMBER + 3 },
	{ "threads", required_argument, NULL, FIRST_NUMBER + 4 },
	{ "max-connections", required_argument, NULL, FIRST_NUMBER + 5 },
	{ "max-connections-per-ip", required_argument, NULL, FIRST_NUMBER + 6 },
	{ "handshakes-per-ip", required_argument, NULL, FIRST_NUMBER + 7 },
	{ NULL, 0, NULL, 0 },
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

static int read_number(struct nv_serve_options *options, const struct number *number,
                       const char *text)
{
	uint32_t value;

	if (!parse_number(text, &value) || value < number->least || value > number->most)
		return nv_usage_refuse(COMMAND, text, "--%s takes a number from %u to %u, not",
		                       number->name, (unsigned)number->least,
		                       (unsigned)number->most);
	memcpy((char *)options + number->offset, &value, sizeof value);
	return -1;
}

/* An IPv6 address may be written as in a URL. */
static int read_address(struct nv_serve_options *options, char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return nv_usage_refuse(COMMAND, text,
		                       "--listen takes an IP address or localhost, not");
	if (text[0] == '[' && text[len - 1] == ']' && strchr(text, ':')) {
		text[len - 1] = '\0';
		text++;
	}
	options->address = text;
	return -1;
}

static int switch_on(bool *option)
{
	*option = true;
	return -1;
}

static int read_option(struct nv_serve_options *options, int code, const char *last)
{
	switch (code) {
	case HELP:
		fputs(help, stdout);
		return 0;
	case LISTEN:
		return read_address(options, optarg);
	case COMPRESSION:
		return switch_on(&options->compression);
	case CONTEXT_TAKEOVER:
		return switch_on(&options->context_takeover);
	case ECHO:
		return switch_on(&options->echo);
	case HUB:
		return switch_on(&options->hub);
	case LOG_MESSAGES:
		return switch_on(&options->log_messages);
	case ':':
	case '?':
		return nv_usage_refuse_option(COMMAND, table, code, last);
	default:
		return read_number(options, &numbers[code - FIRST_NUMBER], optarg);
	}
}

static uint32_t or_default(uint32_t option, uint32_t value)
{
	return option == UNSET ? value : option;
}

/* 0 on the command line is none, and none there is `value`. */
static uint32_t limit_or(uint32_t option, uint32_t value)
{
	return option == 0 ? NV_OFF : or_default(option, value);
}

static void complete_limits(struct nv_serve_options *options, bool plain)
{
	uint32_t per_ip = plain ? NV_OFF : 0;

	options->max_connections = limit_or(options->max_connections, 0);
	options->max_connections_per_ip = limit_or(options->max_connections_per_ip, per_ip);
	options->handshakes_per_ip_per_s = limit_or(options->handshakes_per_ip_per_s, per_ip);
}

/* What depends on several options. */
static int complete(struct nv_serve_options *options)
{
	bool plain = options->echo || options->hub;

	options->threads = or_default(options->threads, nv_cores(MOST_THREADS));
	options->rate = or_default(options->rate, plain ? 0 : 5);
	options->max_message = or_default(options->max_message, plain ? 65536 : 10240);
	options->compression = options->compression || plain;
	complete_limits(options, plain);
	if (options->echo && options->hub)
		return nv_usage_refuse(COMMAND, NULL, "--echo and --hub exclude each other");
	if (plain && options->rate > 0)
		return nv_usage_refuse(COMMAND, NULL, "%s has no limit on the --rate",
		                       options->echo ? "--echo" : "--hub");
	if (options->context_takeover && !options->compression)
		return nv_usage_refuse(COMMAND, NULL, "--context-takeover needs --compression");
	return -1;
}

int nv_serve_options_read(struct nv_serve_options *options, int argc, char **argv)
{
	int code;
	int result = -1;

	*options = (struct nv_serve_options){
		.address = NV_SERVE_LOCALHOST,
		.port = 8080,
		.max_message = UNSET,
		.rate = UNSET,
		.ping_interval_s = 30,
		.threads = UNSET,
		.max_connections = UNSET,
		.max_connections_per_ip = UNSET,
		.handshakes_per_ip_per_s = UNSET,
	};
	while (result < 0 && (code = getopt_long(argc, argv, ":h", table, NULL)) != -1)
		result = read_option(options, code, argv[optind - 1]);
	if (result < 0 && optind < argc)
		return nv_usage_refuse(COMMAND, argv[optind], "nothing to do with");
	return result < 0 ? complete(options) : result;
}
