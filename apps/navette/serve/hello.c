/* SPDX-License-Identifier: MIT */
/* hello.c: the log gets the first lines, standard error what a person should think of. */
#include "serve/hello.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "serve/log.h"
#include "serve/stop.h"

#define HOST_SIZE 80
#define URL_SIZE (HOST_SIZE + 32)

/* --- Warnings and advice --- */

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

static bool is_wildcard(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static void warn_if_open(const struct nv_hello *hello)
{
	const char *address = hello->options->address;

	if (is_loopback(address))
		return;
	if (!nv_serve_tls_is_on(&hello->options->tls))
		fprintf(stderr,
		        NV_SERVE_COMMAND ": warning: %s is open to others and without TLS anybody "
		                         "on the way can read along; give it a certificate with "
		                         "--cert and --key\n",
		        address);
	else if (hello->options->plain_port != NV_SERVE_NO_PORT)
		fprintf(stderr,
		        NV_SERVE_COMMAND ": warning: port %u of %s is open to others and without "
		                         "TLS anybody on the way can read along\n",
		        hello->plain_port, address);
}

static void explain_dev_certificate(const struct nv_hello *hello, const char *host)
{
	const char *file = hello->dev->cert;
	unsigned port = hello->port;

	fprintf(stderr,
	        "This server has a certificate of its own making, for tests, until %s:\n"
	        "  %s\n"
	        "Nobody trusts it unless told to:\n"
	        "  navette connect --cacert %s wss://%s:%u/%s\n"
	        "  curl --cacert %s https://%s:%u/\n"
	        "A browser warns once for https://%s:%u/ and can go on. Chromium on Linux does "
	        "not warn after\n"
	        "  certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n navette -i %s\n",
	        hello->dev->until, file, file, host, port,
	        nv_serve_is_plain(hello->options) ? "" : "ws", file, host, port, host, port, file);
	if (is_wildcard(hello->options->address))
		fputs("It does not have the address by which others know this machine: --listen "
		      "ADDRESS has it put in.\n",
		      stderr);
}

/* --- The log --- */

/* The host as a URL of this machine names it. */
static void format_host(const char *address, char host[HOST_SIZE])
{
	if (is_wildcard(address))
		address = NV_SERVE_LOCALHOST;
	snprintf(host, HOST_SIZE, strchr(address, ':') ? "[%s]" : "%s", address);
}

__attribute__((format(printf, 2, 3))) static void announce_url(const char *before,
                                                               const char *format, ...)
{
	char url[URL_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(url, sizeof url, format, arguments);
	va_end(arguments);
	nv_serve_log(NV_LOGGED_LISTENING, NV_FIELDS(NV_FIELD_TEXT("url", url)), "%s : %s", before,
	             url);
}

static void announce_chat(const char *host, unsigned port, const char *s)
{
	nv_serve_log_hint("=== Serveur de Chat WebSocket ===");
	nv_serve_log_hint("Port : %u", port);
	announce_url("URL", "ws%s://%s:%u/chat", s, host, port);
	announce_url("Page", "http%s://%s:%u/", s, host, port);
}

static void announce(const struct nv_hello *hello, const char *host)
{
	bool plain = nv_serve_is_plain(hello->options);
	const char *s = nv_serve_tls_is_on(&hello->options->tls) ? "s" : "";

	nv_serve_log(NV_LOGGED_STARTED, NV_FIELDS(NV_FIELD_NUMBER("port", hello->port)),
	             "Serveur WebSocket démarré sur le port %u", hello->port);
	announce_url("Connectez-vous sur", "ws%s://%s:%u/%s", s, host, hello->port,
	             plain ? "" : "ws");
	if (!plain)
		announce_chat(host, hello->port, s);
	if (hello->options->plain_port != NV_SERVE_NO_PORT)
		announce_url("Sans TLS", "%s://%s:%u/", plain ? "ws" : "http", host,
		             hello->plain_port);
	if (hello->options->metrics_port != NV_SERVE_NO_PORT)
		announce_url("Mesures", "http://127.0.0.1:%u/metrics", hello->metrics_port);
	nv_serve_log_hint("%s", nv_stop_has_keyboard() ? "Appuyez sur Entrée pour arrêter..."
	                                               : "Ctrl+C ou SIGTERM pour arrêter...");
}

void nv_hello(const struct nv_hello *hello)
{
	char host[HOST_SIZE];

	format_host(hello->options->address, host);
	warn_if_open(hello);
	if (hello->options->tls.dev)
		explain_dev_certificate(hello, host);
	announce(hello, host);
}
