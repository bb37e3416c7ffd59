/* SPDX-License-Identifier: MIT */
/* listening.c: the sockets. With TLS an inherited one speaks it, unless it is called "plain". */
#include "serve/listening.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "guide.h"
#include "serve/activation.h"

/* --- At a socket of one's own --- */

/* What is wrong, and what to do about it. */
static void report_port(const char *address, unsigned port, const char *option, int error)
{
	fprintf(stderr, NV_SERVE_COMMAND ": cannot listen on port %u of %s: ", port, address);
	switch (error) {
	case NV_ERR_IN_USE:
		fprintf(stderr, "it is in use; stop the other program, or choose another with %s\n",
		        option);
		break;
	case NV_ERR_PERMISSION:
		fprintf(stderr, "no permission; choose a port above 1023 with %s\n", option);
		break;
	case NV_ERR_ADDRESS:
		fputs("not an address of this machine; choose another with --listen\n", stderr);
		break;
	default:
		fprintf(stderr, "%s\n", nv_strerror(error));
	}
	nv_guide_point(NV_SERVE_COMMAND, nv_guide_of_listening(error));
}

static int listen_on(struct nv_server *server, const char *address, bool tls, uint32_t port,
                     unsigned *taken)
{
	int error = tls ? nv_server_listen_tls(server, address, (uint16_t)port)
	                : nv_server_listen(server, address, (uint16_t)port);

	*taken = nv_server_port(server);
	return error;
}

static int listen_to_all(struct nv_listening *listening, struct nv_server *server,
                         const struct nv_serve_options *options)
{
	bool tls = nv_serve_tls_is_on(&options->tls);
	int error = listen_on(server, options->address, tls, options->port, &listening->port);

	if (error) {
		report_port(options->address, options->port, "--port", error);
		return error;
	}
	if (options->plain_port == NV_SERVE_NO_PORT)
		return 0;
	error = listen_on(server, options->address, false, options->plain_port,
	                  &listening->plain_port);
	if (error)
		report_port(options->address, options->plain_port, "--plain-port", error);
	return error;
}

/* --- At those that came --- */

static void read_address(int fd, char text[NV_LISTENING_ADDRESS])
{
	struct sockaddr_storage any = { 0 };
	socklen_t len = sizeof any;
	const void *bytes = &((const struct sockaddr_in *)&any)->sin_addr;

	(void)getsockname(fd, (struct sockaddr *)&any, &len);
	if (any.ss_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)&any)->sin6_addr;
	if (!inet_ntop(any.ss_family, bytes, text, NV_LISTENING_ADDRESS))
		text[0] = '\0';
}

static int take_one(struct nv_listening *listening, struct nv_server *server,
                    struct nv_serve_options *options, int fd, bool plain)
{
	bool tls = nv_serve_tls_is_on(&options->tls);
	int error;

	read_address(fd, listening->address);
	options->address = listening->address;
	error = tls && !plain ? nv_server_listen_tls_fd(server, fd)
	                      : nv_server_listen_fd(server, fd);
	if (error) {
		fprintf(stderr,
		        NV_SERVE_COMMAND
		        ": cannot use descriptor %d of LISTEN_FDS: it is no TCP "
		        "socket that listens (ListenStream= of the .socket unit)\n",
		        fd);
		return error;
	}
	if (tls && plain) {
		listening->plain_port = nv_server_port(server);
		options->plain_port = listening->plain_port;
	} else if (listening->port == 0) {
		listening->port = nv_server_port(server);
	}
	return 0;
}

static int take_all(struct nv_listening *listening, struct nv_server *server,
                    struct nv_serve_options *options, const bool *plain, int count)
{
	options->plain_port = NV_SERVE_NO_PORT;
	for (int i = 0; i < count; i++) {
		int error = take_one(listening, server, options, NV_ACTIVATION_FIRST + i, plain[i]);

		if (error)
			return error;
	}
	return 0;
}

int nv_listening_open(struct nv_listening *listening, struct nv_server *server,
                      struct nv_serve_options *options)
{
	bool plain[NV_ACTIVATION_MOST];
	int count = nv_activation_take(plain);

	if (count == 0)
		return listen_to_all(listening, server, options);
	if (count > 0)
		return take_all(listening, server, options, plain, count);
	fprintf(stderr, NV_SERVE_COMMAND ": LISTEN_FDS has more than %d sockets\n",
	        NV_ACTIVATION_MOST);
	return NV_ERR_LIMIT;
}
