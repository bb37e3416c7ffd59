/* SPDX-License-Identifier: MIT */
/* options.c: reads the command line: one table says what each option is and where its value goes. */
#include "connect/options.h"

#include <stdio.h>
#include <stdlib.h>

#include "connect/field_argument.h"
#include "connect/option_check.h"
#include "connect/report.h"
#include "connect/value_argument.h"
#include "connect/verdict.h"
#include "text/secret.h"
#include "usage.h"

#define MAX_MESSAGE (64u << 20)
#define CLOSE_TIMEOUT_MS 5000u
#define MAX_REDIRECTS 5u
#define NOT_GIVEN NV_OFF

/* --- What needs more than a place for its value --- */

static int take_once(struct nv_connect_options *options, const char *value)
{
	(void)value;
	options->count = 1;
	return 0;
}

static int take_count(struct nv_connect_options *options, const char *value)
{
	uint32_t count = 0;
	int code = nv_value_number(&count, "count", value, 1);

	options->count = count;
	return code;
}

static int take_wait(struct nv_connect_options *options, const char *value)
{
	options->waits = true;
	return nv_value_duration(&options->wait_ms, "wait", value);
}

static int set_encoding(struct nv_connect_options *options, enum nv_encoding encoding)
{
	if (options->encoding != NV_AS_TEXT && options->encoding != encoding)
		return nv_usage_refuse(nv_report_command(), NULL,
		                       "--binary, --hex and --base64 exclude each other");
	options->encoding = encoding;
	return 0;
}

static int take_binary(struct nv_connect_options *options, const char *value)
{
	(void)value;
	return set_encoding(options, NV_AS_BINARY);
}

static int take_hex(struct nv_connect_options *options, const char *value)
{
	(void)value;
	return set_encoding(options, NV_AS_HEX);
}

static int take_base64(struct nv_connect_options *options, const char *value)
{
	(void)value;
	options->display.base64 = true;
	return set_encoding(options, NV_AS_BASE64);
}

static int take_no_compression(struct nv_connect_options *options, const char *value)
{
	(void)value;
	options->client.compression.enabled = false;
	return 0;
}

static int take_header(struct nv_connect_options *options, const char *value)
{
	return nv_field_add_header(&options->fields, value);
}

static int take_origin(struct nv_connect_options *options, const char *value)
{
	return nv_field_add_origin(&options->fields, value);
}

static int take_subprotocol(struct nv_connect_options *options, const char *value)
{
	return nv_field_add_subprotocols(&options->subprotocols, value);
}

static int take_cookie(struct nv_connect_options *options, const char *value)
{
	return nv_field_add_cookie(&options->cookie, value);
}

static int take_user(struct nv_connect_options *options, const char *value)
{
	return nv_field_set_credentials(&options->credentials, value);
}

static int take_user_file(struct nv_connect_options *options, const char *value)
{
	return nv_field_read_credentials(&options->credentials, value);
}

/* An empty one means none, whatever the environment says. */
static int take_proxy(struct nv_connect_options *options, const char *value)
{
	nv_secret_free(options->proxy);
	options->proxy = strdup(value);
	if (options->proxy)
		return 0;
	nv_report("out of memory");
	return NV_VERDICT_LOCAL;
}

static int take_max_redirs(struct nv_connect_options *options, const char *value)
{
	return nv_value_number(&options->client.max_redirects, "max-redirs", value, 0);
}

static int take_connect_timeout(struct nv_connect_options *options, const char *value)
{
	struct nv_client_options *client = &options->client;
	int code = nv_value_duration(&client->connect_timeout_ms, "connect-timeout", value);

	if (client->connect_timeout_ms == 0)
		client->connect_timeout_ms = NV_OFF;
	client->handshake_timeout_ms = client->connect_timeout_ms;
	return code;
}

static int take_color(struct nv_connect_options *options, const char *value)
{
	static const char *const words[] = { "auto", "always", "never", NULL };
	int choice = NV_COLOR_AUTO;
	int code = nv_value_choice(&choice, "color", value, words);

	options->display.color = (enum nv_color)choice;
	return code;
}

static int take_speed(struct nv_connect_options *options, const char *value)
{
	return nv_value_decimal(&options->speed, "speed", value, 1000000);
}

/* --- The table --- */

enum kind {
	FLAG,
	NUMBER,  /* from 1 */
	TIMEOUT, /* 0: never */
	TEXT,    /* not empty; stays in argv */
	CALL,    /* take(options, value) */
	CALL_BARE,
	CALL_SECRET /* whose value others are not to see in the list of processes */
};

struct entry {
	const char *name;
	char letter;
	bool talks; /* of what is read or printed: not for --echo-loop */
	enum kind kind;
	size_t at;
	int (*take)(struct nv_connect_options *options, const char *value);
};

#define AT(field) offsetof(struct nv_connect_options, field)

static const struct entry entries[] = {
	{ "once", 0, true, CALL_BARE, 0, take_once },
	{ "count", 0, true, CALL, 0, take_count },
	{ "wait", 0, true, CALL, 0, take_wait },
	{ "null", '0', true, FLAG, AT(null), NULL },
	{ "binary", 0, true, CALL_BARE, 0, take_binary },
	{ "hex", 0, true, CALL_BARE, 0, take_hex },
	{ "base64", 0, true, CALL_BARE, 0, take_base64 },
	{ "echo-loop", 0, false, FLAG, AT(echo_loop), NULL },
	{ "record", 0, true, TEXT, AT(record), NULL },
	{ "verbose", 'v', false, FLAG, AT(verbose), NULL },
	{ "header", 'H', false, CALL_SECRET, 0, take_header },
	{ "origin", 'o', false, CALL, 0, take_origin },
	{ "subprotocol", 's', false, CALL, 0, take_subprotocol },
	{ "cookie", 'b', false, CALL_SECRET, 0, take_cookie },
	{ "user", 'u', false, CALL_SECRET, 0, take_user },
	{ "user-file", 0, false, CALL, 0, take_user_file },
	{ "proxy", 'x', false, CALL_SECRET, 0, take_proxy },
	{ "location", 'L', false, FLAG, AT(location), NULL },
	{ "max-redirs", 0, false, CALL, 0, take_max_redirs },
	{ "no-compression", 0, false, CALL_BARE, 0, take_no_compression },
	{ "reconnect", 0, true, FLAG, AT(client.reconnect), NULL },
	{ "max-message", 0, false, NUMBER, AT(client.max_message), NULL },
	{ "ping-interval", 0, false, TIMEOUT, AT(client.ping_interval_ms), NULL },
	{ "connect-timeout", 0, false, CALL, 0, take_connect_timeout },
	{ "close-timeout", 0, false, TIMEOUT, AT(client.close_timeout_ms), NULL },
	{ "cacert", 0, false, TEXT, AT(client.tls.ca_file), NULL },
	{ "insecure", 'k', false, FLAG, AT(client.tls.insecure), NULL },
	{ "cert", 0, false, TEXT, AT(client.tls.certificate.chain_file), NULL },
	{ "key", 0, false, TEXT, AT(client.tls.certificate.key_file), NULL },
	{ "key-passphrase-file", 0, false, TEXT, AT(client.tls.certificate.passphrase_file), NULL },
	{ "color", 0, true, CALL, 0, take_color },
	{ "timestamps", 0, true, FLAG, AT(display.timestamps), NULL },
	{ "raw", 0, true, FLAG, AT(display.raw), NULL },
	{ "help", 'h', false, FLAG, AT(help), NULL },
	{ "speed", 0, true, CALL, 0, take_speed }, /* the last: of replay alone */
};

#define ENTRY_COUNT (sizeof entries / sizeof *entries)
#define LONG_ONLY 256 /* behind what a letter can be */

struct table {
	struct option options[ENTRY_COUNT + 1];
	char letters[3 * ENTRY_COUNT + 2];
};

static bool takes_value(const struct entry *entry)
{
	return entry->kind != FLAG && entry->kind != CALL_BARE;
}

static void fill_table(struct table *table, enum nv_connect_command command)
{
	size_t count = command == NV_COMMAND_REPLAY ? ENTRY_COUNT : ENTRY_COUNT - 1;
	char *letter = table->letters;

	*letter++ = ':';
	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = &entries[i];

		table->options[i] = (struct option){
			.name = entry->name,
			.has_arg = takes_value(entry) ? required_argument : no_argument,
			.val = entry->letter ? entry->letter : LONG_ONLY + (int)i,
		};
		if (!entry->letter)
			continue;
		*letter++ = entry->letter;
		if (takes_value(entry))
			*letter++ = ':';
	}
	table->options[count] = (struct option){ 0 };
	*letter = '\0';
}

static const struct entry *find_entry(int code)
{
	if (code >= LONG_ONLY)
		return &entries[code - LONG_ONLY];
	for (size_t i = 0; i < ENTRY_COUNT; i++)
		if (entries[i].letter && entries[i].letter == code)
			return &entries[i];
	return NULL;
}

static int take_text(const char **place, const char *name, const char *value)
{
	if (!*value)
		return nv_usage_refuse(nv_report_command(), value, "--%s takes a file, not", name);
	*place = value;
	return 0;
}

static int take_timeout(uint32_t *place, const char *name, const char *value)
{
	int code = nv_value_duration(place, name, value);

	if (*place == 0)
		*place = NV_OFF;
	return code;
}

static int take_secret(const struct entry *entry, struct nv_connect_options *options, char *value)
{
	int code = entry->take(options, value);

	memset(value, '*', strlen(value));
	return code;
}

static int take_entry(struct nv_connect_options *options, const struct entry *entry, char *value)
{
	void *place = (char *)options + entry->at;

	if (entry->talks)
		options->talking = entry->name;
	switch (entry->kind) {
	case FLAG:
		*(bool *)place = true;
		return 0;
	case NUMBER:
		return nv_value_number(place, entry->name, value, 1);
	case TIMEOUT:
		return take_timeout(place, entry->name, value);
	case TEXT:
		return take_text(place, entry->name, value);
	case CALL_SECRET:
		return take_secret(entry, options, value);
	default:
		return entry->take(options, value);
	}
}

/* `*first` becomes the place of the first argument that is no option: getopt_long moves those to the end. */
static int take_options(struct nv_connect_options *options, enum nv_connect_command command,
                        int argc, char **argv, int *first)
{
	struct table table;
	int code = 0;
	int c;

	fill_table(&table, command);
	opterr = 0;
	optind = 0;
	while (code == 0 &&
	       (c = getopt_long(argc, argv, table.letters, table.options, NULL)) != -1) {
		const struct entry *entry = c == '?' || c == ':' ? NULL : find_entry(c);

		if (entry)
			code = take_entry(options, entry, optarg);
		else
			code = nv_usage_refuse_option(nv_report_command(), table.options, c,
			                              argv[optind - 1]);
	}
	*first = optind;
	return code;
}

/* --- The whole command line --- */

static int take_arguments(struct nv_connect_options *options, enum nv_connect_command command,
                          char **arguments)
{
	int code = nv_options_check(options);

	if (code == 0 && command == NV_COMMAND_REPLAY)
		code = nv_options_take_recording(options, arguments++);
	if (code == 0)
		code = nv_options_take_url(options, arguments);
	return code ? code : nv_options_check_scheme(options);
}

/* A long message may take its time on a slow line: it is silence that ends a connection. */
static const struct nv_connect_options defaults = {
	.speed = 1,
	.client.max_message = MAX_MESSAGE,
	.client.max_redirects = NOT_GIVEN,
	.client.message_timeout_ms = NV_OFF,
	.client.close_timeout_ms = CLOSE_TIMEOUT_MS,
	.client.compression = { .enabled = true, .context_takeover = true, .window_bits = 15 },
};

static void fill_client(struct nv_connect_options *options)
{
	struct nv_client_options *client = &options->client;

	if (client->max_redirects == NOT_GIVEN)
		client->max_redirects = options->location ? MAX_REDIRECTS : 0;
	client->fields = options->fields;
	client->subprotocols = options->subprotocols;
	client->cookie = options->cookie;
	client->credentials = options->credentials;
	client->proxy = options->proxy;
}

int nv_connect_options_parse(struct nv_connect_options *options, enum nv_connect_command command,
                             int argc, char **argv)
{
	int first;
	int code;

	*options = defaults;
	code = take_options(options, command, argc, argv, &first);
	if (code == 0 && !options->help)
		code = take_arguments(options, command, argv + first);
	fill_client(options);
	return code;
}

void nv_connect_options_deinit(struct nv_connect_options *options)
{
	nv_secret_free(options->text);
	nv_secret_free(options->fields);
	nv_secret_free(options->cookie);
	nv_secret_free(options->credentials);
	nv_secret_free(options->proxy);
	free(options->subprotocols);
}
