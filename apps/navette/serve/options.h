/* SPDX-License-Identifier: MIT */
/* options.h: what the command line of "navette serve", its environment and its configuration file say. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/auth_options.h"
#include "serve/log_options.h"
#include "serve/problems.h"
#include "serve/setting.h"
#include "serve/tls_options.h"

#define NV_SERVE_COMMAND "navette serve"
#define NV_SERVE_LOCALHOST "localhost"
#define NV_SERVE_NO_PORT UINT32_MAX
#define NV_SERVE_THREADS 255u

/* Each is stronger than those before it. */
enum nv_source {
	NV_FROM_DEFAULT,
	NV_FROM_FILE,
	NV_FROM_ENVIRONMENT,
	NV_FROM_FLAG
};

struct nv_origin {
	enum nv_source source;
	unsigned line; /* of the file */
};

struct nv_text;

struct nv_serve_options {
	const char *address; /* NV_SERVE_LOCALHOST, or what --listen says, without brackets */
	uint32_t port;
	uint32_t plain_port; /* without TLS, beside the other one; NV_SERVE_NO_PORT: none */
	struct nv_serve_tls tls;
	struct nv_serve_auth auth;
	struct nv_serve_log log;
	uint32_t metrics_port; /* on 127.0.0.1, for /metrics and /healthz; NV_SERVE_NO_PORT: none */
	uint32_t drain_s;      /* that a SIGTERM leaves the clients; 0: it stops as Enter does */
	uint32_t max_message;
	uint32_t rate;
	uint32_t ping_interval_s;
	uint32_t threads;
	/* As the library takes them: 0 for its default, NV_OFF for none. */
	uint32_t max_connections;
	uint32_t max_connections_per_ip;
	uint32_t handshakes_per_ip_per_s;
	bool compression;
	bool context_takeover;
	bool echo; /* instead of the chat and everything else */
	bool hub;  /* the same */
	bool log_messages;
	const char *config_file; /* or NULL */
	/* Instead of a server. */
	bool help;
	bool check_config;
	bool print_config;
	struct nv_origin origins[NV_SETTINGS_MOST]; /* in the order of the table */
	struct nv_text *texts;                      /* all those that are pointed to */
};

static inline bool nv_serve_is_plain(const struct nv_serve_options *options)
{
	return options->echo || options->hub;
}

/* A copy that lives as long as the options; NULL without memory. */
const char *nv_serve_options_keep(struct nv_serve_options *options, const char *text);

/* Fills in the options, which are to be freed in any case. 0, or a negative error when all has been told. */
int nv_serve_options_load(struct nv_serve_options *options, int argc, char **argv,
                          struct nv_problems *problems);
void nv_serve_options_free(struct nv_serve_options *options);

/* The same for the start. -1: go on; else the exit code, when all has been said. */
int nv_serve_options_read(struct nv_serve_options *options, int argc, char **argv);

#endif
