/* SPDX-License-Identifier: MIT */
/* serve.c: "navette serve": the chat, the simple server and the pages on one port. The server runs
 * on threads of its own; this one waits for the end. */
#include <navette/navette.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/resource.h>

#include "command.h"
#include "echo.h"
#include "serve/chat.h"
#include "serve/log.h"
#include "serve/options.h"
#include "serve/pages.h"
#include "serve/plain.h"
#include "serve/stop.h"
#include "serve/trim.h"
#include "serve/ws.h"

/* What a turn of the loop can bring to a client that reads well: 64 others, each with 5 messages of
 * the default size. */
#define MAX_QUEUE (4u << 20)
/* The same where a message may have 64 KiB and any number may come. */
#define HUB_QUEUE (16u << 20)
#define LEAST_HARD_LIMIT 65536u

struct serve {
	struct nv_serve_options options;
	struct nv_limits limits;
	struct nv_server *server;
	struct nv_chat *chat;
};

/* --- Starting --- */

/* A connection is a descriptor, and the usual limit of 1,024 is made for select(2). */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Messages between the two limits are answered with an error; beyond the second the library closes. */
static uint32_t hard_limit(uint32_t max_message)
{
	return max_message > LEAST_HARD_LIMIT / 2 ? 2 * max_message : LEAST_HARD_LIMIT;
}

static struct nv_server_options chat_options(const struct nv_serve_options *options)
{
	return (struct nv_server_options){
		.max_message = hard_limit(options->max_message),
		.max_queue = MAX_QUEUE,
		.log = nv_serve_log_library,
	};
}

/* A suite may come as often as it likes, take its time to send and to read, and do wrong in silence. */
static struct nv_server_options plain_options(const struct nv_serve_options *options)
{
	return (struct nv_server_options){
		.max_message = options->max_message,
		.max_queue = options->hub ? HUB_QUEUE : NV_OFF,
		.message_timeout_ms = NV_OFF,
		.write_timeout_ms = options->hub ? 0 : NV_OFF,
		.log = options->log_messages ? nv_serve_log_library : nv_serve_log_problems,
	};
}

static bool is_plain(const struct nv_serve_options *options)
{
	return options->echo || options->hub;
}

static struct nv_server *new_server(const struct nv_serve_options *options)
{
	struct nv_server_options server =
		is_plain(options) ? plain_options(options) : chat_options(options);
	uint32_t seconds = options->ping_interval_s;

	server.threads = options->threads;
	server.ping_interval_ms = seconds ? 1000 * seconds : NV_OFF;
	server.max_connections = options->max_connections;
	server.max_connections_per_ip = options->max_connections_per_ip;
	server.handshakes_per_ip_per_s = options->handshakes_per_ip_per_s;
	server.compression.enabled = options->compression;
	server.compression.context_takeover = options->context_takeover;
	return nv_server_new(&server);
}

static int build_chat(struct serve *serve)
{
	int error;

	serve->limits = (struct nv_limits){ .max_message = serve->options.max_message,
		                            .rate = serve->options.rate };
	serve->chat = nv_chat_new(serve->server, &serve->limits);
	if (!serve->chat)
		return NV_ERR_NOMEM;
	error = nv_ws_route(serve->server, &serve->limits);
	if (error == 0)
		error = nv_chat_route(serve->chat);
	return error ? error : nv_pages_route(serve->server);
}

static int build(struct serve *serve)
{
	const struct nv_serve_options *options = &serve->options;

	serve->server = new_server(options);
	if (!serve->server)
		return NV_ERR_NOMEM;
	if (!is_plain(options))
		return build_chat(serve);
	return nv_plain_route(serve->server, options->hub ? NV_PLAIN_HUB : NV_PLAIN_ECHO,
	                      options->log_messages);
}

/* What is wrong, and what to do about it. */
static const char *advice_on(int error)
{
	switch (error) {
	case NV_ERR_IN_USE:
		return "it is in use; stop the other program, or choose another with --port";
	case NV_ERR_PERMISSION:
		return "no permission; choose a port above 1023 with --port";
	case NV_ERR_ADDRESS:
		return "not an address of this machine; choose another with --listen";
	default:
		return nv_strerror(error);
	}
}

static int listen_and_start(const struct serve *serve)
{
	const struct nv_serve_options *options = &serve->options;
	int error = nv_server_listen(serve->server, options->address, (uint16_t)options->port);

	if (error == 0)
		error = nv_server_start(serve->server);
	if (error)
		fprintf(stderr, "navette serve: cannot listen on port %u of %s: %s\n",
		        (unsigned)options->port, options->address, advice_on(error));
	return error;
}

/* --- What it says --- */

static bool is_loopback(const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6) ||
		       (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
	return strcmp(address, NV_SERVE_LOCALHOST) == 0;
}

static void warn_if_open(const char *address)
{
	if (!is_loopback(address))
		fprintf(stderr,
		        "navette serve: warning: %s is open to others and without TLS anybody on "
		        "the way can read along; put a TLS proxy in front\n",
		        address);
}

/* The host as a URL of this machine names it. */
static void format_host(const char *address, char *host, size_t size)
{
	if (strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0)
		address = NV_SERVE_LOCALHOST;
	snprintf(host, size, strchr(address, ':') ? "[%s]" : "%s", address);
}

static void announce_chat(const char *host, unsigned port)
{
	nv_serve_log("=== Serveur de Chat WebSocket ===");
	nv_serve_log("Port : %u", port);
	nv_serve_log("URL : ws://%s:%u/chat", host, port);
	nv_serve_log("Page : http://%s:%u/", host, port);
}

static void say_hello(const struct serve *serve)
{
	unsigned port = nv_server_port(serve->server);
	bool plain = is_plain(&serve->options);
	char host[80];

	format_host(serve->options.address, host, sizeof host);
	nv_serve_log("Serveur WebSocket démarré sur le port %u", port);
	nv_serve_log("Connectez-vous sur : ws://%s:%u/%s", host, port, plain ? "" : "ws");
	if (!plain)
		announce_chat(host, port);
	nv_serve_log("%s", nv_stop_has_keyboard() ? "Appuyez sur Entrée pour arrêter..."
	                                          : "Ctrl+C ou SIGTERM pour arrêter...");
}

/* --- The whole --- */

static int run(struct serve *serve)
{
	int error = build(serve);

	if (error) {
		fprintf(stderr, "navette serve: %s\n", nv_strerror(error));
		return error;
	}
	error = listen_and_start(serve);
	if (error)
		return error;
	warn_if_open(serve->options.address);
	say_hello(serve);
	nv_stop_wait(nv_trim_tick);
	nv_serve_log("Arrêt du serveur...");
	return 0;
}

int navette_serve(int argc, char **argv)
{
	struct serve serve = { .server = NULL };
	int code = nv_serve_options_read(&serve.options, argc, argv);
	int error;

	if (code >= 0)
		return code;
	raise_file_limit();
	nv_trim_prepare(serve.options.threads);
	nv_stop_prepare();
	error = run(&serve);
	nv_server_free(serve.server);
	nv_chat_free(serve.chat);
	return error ? 1 : 0;
}
