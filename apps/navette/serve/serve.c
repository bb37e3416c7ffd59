/* SPDX-License-Identifier: MIT */
/* serve.c: "navette serve": the chat, the simple server and the pages on one port. The server runs
 * on threads of its own; this one waits for the end. */
#include <navette/navette.h>

#include <stdio.h>

#include "command.h"
#include "echo.h"
#include "guide.h"
#include "serve/chat.h"
#include "serve/clock.h"
#include "serve/config_output.h"
#include "serve/descriptors.h"
#include "serve/dev_certificate.h"
#include "serve/farewell.h"
#include "serve/hello.h"
#include "serve/listening.h"
#include "serve/log.h"
#include "serve/metrics.h"
#include "serve/notify.h"
#include "serve/options.h"
#include "serve/pages.h"
#include "serve/plain.h"
#include "serve/reload.h"
#include "serve/secrecy.h"
#include "serve/stop.h"
#include "serve/trim.h"
#include "serve/watchdog.h"
#include "serve/ws.h"

/* What a turn of the loop can bring to a client that reads well: 64 others, each with 5 messages of
 * the default size. */
#define MAX_QUEUE (4u << 20)
/* The same where a message may have 64 KiB and any number may come. */
#define HUB_QUEUE (16u << 20)
#define LEAST_HARD_LIMIT 65536u
#define CHORES_NS UINT64_C(1000000000) /* from one time to the next */

struct serve {
	struct nv_serve_options options;
	struct nv_limits limits;
	struct nv_reload reload;
	struct nv_auth *auth;
	struct nv_ws ws;
	struct nv_dev_certificate dev;
	struct nv_listening listening;
	struct nv_serve_options told; /* the options, with the sockets that came */
	struct nv_hello hello;
	struct nv_server *server;
	struct nv_chat *chat;
	struct nv_metrics *metrics; /* or NULL */
	uint64_t chores_ns;         /* when they were done last */
};

/* --- Starting --- */

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

static struct nv_server *new_server(const struct nv_serve_options *options)
{
	struct nv_server_options server =
		nv_serve_is_plain(options) ? plain_options(options) : chat_options(options);
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

static void refuse_to_start(int error)
{
	fprintf(stderr, NV_SERVE_COMMAND ": cannot start: %s\n", nv_strerror(error));
}

static int build_chat(struct serve *serve)
{
	int error;

	nv_limits_set(&serve->limits, serve->options.max_message, serve->options.rate);
	serve->ws.limits = &serve->limits;
	serve->ws.entry = (struct nv_entry){ serve->auth, serve->options.auth.before_upgrade };
	serve->chat = nv_chat_new(serve->server, &serve->limits, &serve->ws.entry);
	if (!serve->chat)
		return NV_ERR_NOMEM;
	error = nv_ws_route(serve->server, &serve->ws);
	if (error == 0)
		error = nv_chat_route(serve->chat);
	return error ? error : nv_pages_route(serve->server);
}

static int build_routes(struct serve *serve)
{
	const struct nv_serve_options *options = &serve->options;

	if (!nv_serve_is_plain(options))
		return build_chat(serve);
	return nv_plain_route(serve->server, options->hub ? NV_PLAIN_HUB : NV_PLAIN_ECHO,
	                      options->log_messages);
}

/* The library has told in the log what is wrong with which file. */
static void refuse_files(const struct nv_serve_tls *tls)
{
	const char *advice = "";

	for (size_t i = 0; i < tls->count; i++)
		if (!tls->certificates[i].key_file)
			advice = "; without a --key the key has to stand in the --cert file";
	fprintf(stderr, NV_SERVE_COMMAND ": cannot start TLS with these files%s\n", advice);
	nv_guide_point(NV_SERVE_COMMAND, NV_GUIDE_TLS_FILES);
}

static int set_certificates(struct serve *serve)
{
	struct nv_serve_tls *options = &serve->options.tls;
	struct nv_certificate dev = { serve->dev.cert, serve->dev.key, NULL };
	struct nv_server_tls tls = nv_serve_tls_of(options);
	int error;

	if (options->dev) {
		tls.certificates = &dev;
		tls.certificate_count = 1;
	}
	error = nv_server_set_tls(serve->server, &tls);
	if (error == NV_ERR_TLS)
		refuse_files(options);
	else if (error)
		refuse_to_start(error);
	return error;
}

static int read_secrets(struct serve *serve)
{
	char problem[512];

	serve->auth = nv_auth_new(&serve->options.auth, problem, sizeof problem);
	if (serve->auth)
		return 0;
	fprintf(stderr, NV_SERVE_COMMAND ": %s\n", problem);
	return NV_ERR_INVALID;
}

static int build(struct serve *serve)
{
	int error = read_secrets(serve);

	if (error)
		return error;
	error = NV_ERR_NOMEM;
	serve->server = new_server(&serve->options);
	if (serve->server)
		error = build_routes(serve);
	if (error) {
		refuse_to_start(error);
		return error;
	}
	return nv_serve_tls_is_on(&serve->options.tls) ? set_certificates(serve) : 0;
}

static int start(struct serve *serve)
{
	int error = nv_serve_log_open(&serve->options.log);

	if (error == 0)
		error = nv_server_start(serve->server);
	if (error)
		refuse_to_start(error);
	return error;
}

/* --- While it runs --- */

/* A token that is taken out of the file is refused from the next second on. */
static void reload_secrets(struct serve *serve)
{
	char problem[512];

	if (nv_auth_reload(serve->auth, false, problem, sizeof problem) < 0)
		nv_serve_log_library(NULL, NV_LOG_ERROR, problem);
}

/* New certificates are mostly put in place of the old ones by a program that tells nobody. */
static void do_chores(struct serve *serve)
{
	nv_trim_tick();
	nv_serve_log_tick();
	reload_secrets(serve);
	if (nv_serve_tls_is_on(&serve->options.tls))
		(void)nv_server_reload_tls(serve->server, false);
}

/* The watchdog may want ticks that are shorter than a second. */
static bool tick(void *context)
{
	struct serve *serve = context;
	uint64_t now_ns = nv_clock_ns();

	nv_watchdog_tick(serve->server);
	if (now_ns - serve->chores_ns < CHORES_NS)
		return true;
	serve->chores_ns = now_ns;
	do_chores(serve);
	return true;
}

static void reload(void *context)
{
	struct serve *serve = context;

	nv_notify_reloading();
	serve->reload.server = serve->server;
	serve->reload.auth = serve->auth;
	nv_reload(&serve->reload);
	nv_notify_ready();
}

static int start_metrics(struct serve *serve)
{
	uint32_t port = serve->options.metrics_port;
	int error;

	if (port == NV_SERVE_NO_PORT)
		return 0;
	serve->metrics =
		nv_metrics_start(serve->server, (uint16_t)port, &serve->hello.metrics_port, &error);
	if (serve->metrics)
		return 0;
	fprintf(stderr,
	        NV_SERVE_COMMAND ": cannot listen on port %u of 127.0.0.1: %s; choose another with "
	                         "--metrics-port\n",
	        port, nv_strerror(error));
	nv_guide_point(NV_SERVE_COMMAND, nv_guide_of_listening(error));
	return error;
}

static int begin(struct serve *serve)
{
	int error = 0;

	serve->told = serve->options;
	if (serve->options.tls.dev)
		error = nv_dev_certificate(&serve->dev, serve->options.address);
	if (error == 0)
		error = build(serve);
	if (error == 0)
		error = nv_listening_open(&serve->listening, serve->server, &serve->told);
	if (error == 0)
		error = start(serve);
	if (error == 0)
		error = start_metrics(serve);
	if (error)
		return error;
	serve->hello.port = serve->listening.port;
	serve->hello.plain_port = serve->listening.plain_port;
	nv_hello(&serve->hello);
	nv_notify_status("Listening on port %u", serve->hello.port);
	nv_notify_ready();
	return 0;
}

static int run(struct serve *serve)
{
	const struct nv_stop_events events = { .on_tick = tick,
		                               .on_hangup = reload,
		                               .context = serve,
		                               .tick_ms = nv_watchdog_tick_ms() };
	int error = begin(serve);
	enum nv_stop how;

	if (error)
		return error;
	how = nv_stop_wait(&events);
	nv_metrics_leaving(serve->metrics);
	nv_notify_stopping();
	nv_serve_log(NV_LOGGED_STOPPING, NULL, "Arrêt du serveur...");
	if (how == NV_STOP_DRAIN && serve->options.drain_s > 0)
		nv_farewell(serve->server, serve->options.drain_s);
	return 0;
}

static int serve_with(struct serve *serve, int argc, char **argv)
{
	int error;

	serve->reload =
		(struct nv_reload){ argc,
		                    argv,
		                    &serve->options,
		                    nv_serve_is_plain(&serve->options) ? NULL : &serve->limits,
		                    hard_limit(serve->options.max_message),
		                    NULL,
		                    NULL };
	nv_secrecy_keep(&serve->options);
	nv_trim_prepare(serve->options.threads);
	error = nv_descriptors_raise(&serve->options);
	if (error == 0)
		error = run(serve);
	nv_metrics_free(serve->metrics);
	nv_server_free(serve->server);
	nv_chat_free(serve->chat);
	nv_auth_free(serve->auth);
	nv_serve_log_close();
	return error ? 1 : 0;
}

int navette_serve(int argc, char **argv)
{
	struct serve serve = { .hello = { .options = &serve.told, .dev = &serve.dev } };
	int code;

	/* A SIGHUP that came before this would be the end. */
	nv_stop_prepare();
	code = nv_serve_options_read(&serve.options, argc, argv);
	if (code < 0 && serve.options.check_config)
		code = nv_config_check(&serve.options);
	else if (code < 0 && serve.options.print_config)
		code = nv_config_print(&serve.options);
	if (code < 0)
		code = serve_with(&serve, argc, argv);
	nv_serve_options_free(&serve.options);
	return code;
}
