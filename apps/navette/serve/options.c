/* SPDX-License-Identifier: MIT */
/* options.c: the command line of "navette serve". */
#include "serve/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

static const char help[] =
	"Usage: navette serve [OPTION]...\n"
	"\n"
	"Runs the chat, the echo and their web pages on one port, until Enter or a signal.\n"
	"\n"
	"  --listen ADDRESS         IP address to listen on (localhost: 127.0.0.1 and ::1)\n"
	"  --port PORT              0 to 65535; 0 takes a free one (8080)\n"
	"  --max-message BYTES      longest message answered, 1 to 16777216 (10240)\n"
	"  --rate MESSAGES          per client and second, 0 to 1000000; 0: no limit (5)\n"
	"  --ping-interval SECONDS  of silence before a ping, 0 to 86400; 0: never (30)\n"
	"  --help                   show this\n"
	"\n"
	"  http://localhost:8080/         chat page        ws://localhost:8080/chat  chat\n"
	"  http://localhost:8080/console  test console     ws://localhost:8080/ws    echo\n"
	"\n"
	"Exit code: 0 stopped, 1 could not listen, 2 wrong usage.\n";

enum option_code {
	HELP = 1,
	LISTEN,
	FIRST_NUMBER /* of the table below */
};

/* The flags that take a number, in the order of their codes. */
static const struct number {
	const char *flag;
	size_t offset;
	uint32_t least;
	uint32_t most;
} numbers[] = {
	{ "port", offsetof(struct nv_serve_options, port), 0, 65535 },
	{ "max-message", offsetof(struct nv_serve_options, max_message), 1, 16777216 },
	{ "rate", offsetof(struct nv_serve_options, rate), 0, 1000000 },
	{ "ping-interval", offsetof(struct nv_serve_options, ping_interval_s), 0, 86400 },
};

static const struct option flags[] = {
	{ "help", no_argument, NULL, HELP },
	{ "listen", required_argument, NULL, LISTEN },
	{ "port", required_argument, NULL, FIRST_NUMBER },
	{ "max-message", required_argument, NULL, FIRST_NUMBER + 1 },
	{ "rate", required_argument, NULL, FIRST_NUMBER + 2 },
	{ "ping-interval", required_argument, NULL, FIRST_NUMBER + 3 },
	{ NULL, 0, NULL, 0 },
};

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
	va_list arguments;

	fputs("navette serve: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("; try 'navette serve --help'\n", stderr);
	return EXIT_USAGE;
}

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
		return refuse("--%s takes a number from %u to %u, not '%s'", number->flag,
		              (unsigned)number->least, (unsigned)number->most, text);
	memcpy((char *)options + number->offset, &value, sizeof value);
	return -1;
}

static int read_address(struct nv_serve_options *options, const char *text)
{
	if (*text == '\0')
		return refuse("--listen takes an IP address or localhost, not ''");
	options->address = text;
	return -1;
}

/* `last` is the argument that getopt_long has just moved past. */
static int refuse_flag(const char *last)
{
	if (optopt == HELP)
		return refuse("--help takes no value");
	return optopt ? refuse("no flag '-%c'", optopt) : refuse("no flag '%s'", last);
}

static int read_flag(struct nv_serve_options *options, int code, const char *last)
{
	switch (code) {
	case HELP:
		fputs(help, stdout);
		return 0;
	case LISTEN:
		return read_address(options, optarg);
	case ':':
		return refuse("%s needs a value", last);
	case '?':
		return refuse_flag(last);
	default:
		return read_number(options, &numbers[code - FIRST_NUMBER], optarg);
	}
}

int nv_serve_options_read(struct nv_serve_options *options, int argc, char **argv)
{
	int code;
	int result = -1;

	*options = (struct nv_serve_options){
		.address = NV_SERVE_LOCALHOST,
		.port = 8080,
		.max_message = 10240,
		.rate = 5,
		.ping_interval_s = 30,
	};
	while (result < 0 && (code = getopt_long(argc, argv, ":", flags, NULL)) != -1)
		result = read_flag(options, code, argv[optind - 1]);
	if (result < 0 && optind < argc)
		return refuse("nothing to do with '%s'", argv[optind]);
	return result;
}
