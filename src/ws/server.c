/* SPDX-License-Identifier: MIT */
/* server.c: a server's life: options, routes, listening, the passing of time, and the goodbye. It
 * owns its loop, its connections and their requests; each connection does the rest by itself. */
#include "ws/server.h"

#include "base/alloc.h"
#include "net/sock.h"
#include "ws/arrival.h"

/* Deadlines are as exact as this. */
#define SWEEP_MS 250u
#define FREE_PORT_TRIES 16

/* --- Connections --- */

static void conn_ended(struct nv_conn *conn, const struct nv_close *close)
{
	struct nv_server *server = nv_server_of(conn);
	const struct nv_route *route = nv_container_of(conn->handlers, struct nv_route, handlers);
	char peer[NV_PEER_TEXT];

	server->opened--;
	if (close->cause == NV_CAUSE_CLOSED)
		return;
	nv_log_write(&server->log, NV_LOG_INFO, "%s %s: ended with %u, %s%s%s",
	             nv_conn_peer(conn, peer), route->pattern, close->status,
	             nv_cause_text(close->cause), close->detail ? ": " : "",
	             close->detail ? close->detail : "");
}

int nv_server_watch_time(struct nv_server *server)
{
	if (server->sweep.place)
		return 0;
	return nv_loop_start_timer(server->loop, &server->sweep, SWEEP_MS);
}

static void on_accept(struct nv_listener *listener, int fd, const struct nv_address *peer)
{
	struct nv_server *server =
		nv_container_of(listener, struct nv_server_listener, listener)->server;

	server->accept_failed = false;
	nv_server_take(server, fd, peer);
}

static void on_accept_error(struct nv_listener *listener, int error)
{
	struct nv_server *server =
		nv_container_of(listener, struct nv_server_listener, listener)->server;

	if (!server->accept_failed)
		nv_log_write(&server->log, NV_LOG_ERROR, "cannot accept connections for now: %s",
		             nv_strerror(error));
	server->accept_failed = true;
}

static void conn_tick(struct nv_conn *conn, uint32_t now_ms)
{
	conn->phase->tick(conn, now_ms);
}

static void on_sweep(struct nv_timer *timer)
{
	struct nv_server *server = nv_container_of(timer, struct nv_server, sweep);
	uint64_t now = nv_loop_now(server->loop);
	bool more = nv_admission_forget(&server->admission, now);
	struct nv_list *link, *after;

	nv_list_each(link, after, &server->conns)
		conn_tick(nv_container_of(link, struct nv_conn, link), (uint32_t)now);
	/* The heap has just given up this place: starting again can't fail. */
	if (more || !nv_list_empty(&server->conns))
		(void)nv_server_watch_time(server);
}

/* --- The goodbye --- */

static void cut_all(struct nv_server *server)
{
	struct nv_list *link, *after;

	nv_list_each(link, after, &server->conns)
		nv_conn_cut(nv_container_of(link, struct nv_conn, link), NV_CAUSE_CLOSE_TIMEOUT);
}

static void on_stop_timeout(struct nv_timer *timer)
{
	cut_all(nv_container_of(timer, struct nv_server, stop));
}

static void start_goodbye(struct nv_server *server)
{
	uint32_t timeout = server->options.stop_timeout_ms;
	struct nv_list *link, *after;

	nv_list_each(link, after, &server->conns) {
		struct nv_conn *conn = nv_container_of(link, struct nv_conn, link);

		if (conn->phase->goodbye)
			conn->phase->goodbye(conn);
	}
	if (timeout != NV_OFF && nv_loop_start_timer(server->loop, &server->stop, timeout) < 0)
		cut_all(server);
}

static int say_goodbye(struct nv_server *server)
{
	int error = 0;

	for (size_t i = 0; i < server->listening; i++)
		nv_loop_unlisten(&server->listeners[i].listener);
	if (!nv_list_empty(&server->conns))
		start_goodbye(server);
	while (!nv_list_empty(&server->conns) && error == 0)
		error = nv_loop_run_once(server->loop, -1);
	nv_loop_stop_timer(server->loop, &server->stop);
	nv_loop_stop_timer(server->loop, &server->sweep);
	return error;
}

/* --- Running --- */

static int run(struct nv_server *server)
{
	int error = nv_loop_run(server->loop);
	int goodbye_error = say_goodbye(server);

	return error ? error : goodbye_error;
}

int nv_server_run(struct nv_server *server)
{
	return atomic_exchange(&server->ran, true) ? NV_ERR_STATE : run(server);
}

static void run_on_thread(void *context)
{
	struct nv_server *server = context;
	int error = run(server);

	if (error < 0)
		nv_log_write(&server->log, NV_LOG_ERROR, "the server ended: %s",
		             nv_strerror(error));
}

int nv_server_start(struct nv_server *server)
{
	int error;

	if (atomic_exchange(&server->ran, true))
		return NV_ERR_STATE;
	server->thread.run = run_on_thread;
	server->thread.context = server;
	error = nv_thread_start(&server->thread);
	server->started = error == 0;
	return error;
}

void nv_server_stop(struct nv_server *server)
{
	nv_loop_stop(server->loop);
}

size_t nv_server_connections(const struct nv_server *server)
{
	return server->opened;
}

/* --- Listening --- */

static int listen_on(struct nv_server *server, struct nv_address *address)
{
	struct nv_server_listener *slot = &server->listeners[server->listening];
	int error;
	int fd;

	if (server->listening == NV_LISTENERS_MAX)
		return NV_ERR_LIMIT;
	fd = nv_sock_listen(address);
	if (fd < 0)
		return fd;
	*slot = (struct nv_server_listener){ .server = server };
	slot->listener.on_accept = on_accept;
	slot->listener.on_error = on_accept_error;
	error = nv_loop_listen(server->loop, &slot->listener, fd);
	if (error < 0) {
		nv_sock_close(fd);
		return error;
	}
	server->listening++;
	server->port = address->port;
	return 0;
}

static bool family_is_missing(int error)
{
	return error == NV_ERR_ADDRESS || error == NV_ERR_UNSUPPORTED;
}

static void unlisten_last(struct nv_server *server)
{
	nv_loop_unlisten(&server->listeners[--server->listening].listener);
}

/* Both loopback addresses on one port, or the one that this machine has. */
static int listen_on_both(struct nv_server *server, uint16_t port)
{
	struct nv_address v4, v6;
	int v4_error, v6_error;

	nv_address_parse("127.0.0.1", port, &v4);
	v4_error = listen_on(server, &v4);
	if (v4_error < 0 && !family_is_missing(v4_error))
		return v4_error;
	nv_address_parse("::1", v4_error < 0 ? port : v4.port, &v6);
	v6_error = listen_on(server, &v6);
	if (v4_error < 0 || v6_error == 0)
		return v6_error;
	if (family_is_missing(v6_error))
		return 0;
	unlisten_last(server);
	return v6_error;
}

/* A port that is free for one of them may be taken for the other: then another is tried, if any will
 * do. */
static int listen_on_localhost(struct nv_server *server, uint16_t port)
{
	int error = NV_ERR_IN_USE;

	for (int i = 0; i < FREE_PORT_TRIES && error == NV_ERR_IN_USE; i++) {
		error = listen_on_both(server, port);
		if (port != 0)
			break;
	}
	return error;
}

/* "[::1]" is "::1", as in a URL. */
static bool parse_host(const char *host, uint16_t port, struct nv_address *address)
{
	size_t len = strlen(host);
	char inside[NV_ADDRESS_TEXT];

	if (host[0] != '[')
		return nv_address_parse(host, port, address);
	if (len > sizeof inside || host[len - 1] != ']' || !strchr(host, ':'))
		return false;
	memcpy(inside, host + 1, len - 2);
	inside[len - 2] = '\0';
	return nv_address_parse(inside, port, address);
}

int nv_server_listen(struct nv_server *server, const char *host, uint16_t port)
{
	struct nv_address address;

	if (strcmp(host, "localhost") == 0)
		return listen_on_localhost(server, port);
	if (!parse_host(host, port, &address))
		return NV_ERR_ADDRESS;
	return listen_on(server, &address);
}

uint16_t nv_server_port(const struct nv_server *server)
{
	return server->port;
}

/* --- Routes --- */

int nv_server_route_sized(struct nv_server *server, const char *pattern,
                          const struct nv_handlers *handlers, size_t size, void *user)
{
	struct nv_route route = { .user = user };

	memcpy(&route.handlers, handlers,
	       size < sizeof route.handlers ? size : sizeof route.handlers);
	return nv_router_add(&server->sockets, pattern, &route);
}

int nv_server_http(struct nv_server *server, const char *pattern,
                   void (*handler)(struct nv_request *request), void *user)
{
	struct nv_route route = { .http = handler, .user = user };

	return nv_router_add(&server->pages, pattern, &route);
}

/* --- Beginning and end --- */

static void init_owner(struct nv_conn_owner *owner, const struct nv_server_options *options)
{
	owner->session.role = NV_SERVER;
	owner->session.max_message = options->max_message;
	owner->session.compression = options->compression;
	owner->max_queue = options->max_queue;
	owner->message_timeout_ms = options->message_timeout_ms;
	owner->ping_interval_ms = options->ping_interval_ms;
	owner->pong_timeout_ms = options->pong_timeout_ms;
	owner->close_timeout_ms = options->close_timeout_ms;
	owner->write_timeout_ms = options->write_timeout_ms;
	nv_conn_owner_complete(owner);
	owner->ended = conn_ended;
	owner->released = nv_server_release;
}

struct nv_server *nv_server_new_sized(const struct nv_server_options *options, size_t size)
{
	struct nv_server *server = nv_alloc_zero(sizeof *server);

	if (!server)
		return NULL;
	if (options)
		memcpy(&server->options, options,
		       size < sizeof server->options ? size : sizeof server->options);
	if (nv_admission_init(&server->admission, &server->options) == 0)
		server->loop = nv_loop_new();
	if (!server->loop) {
		nv_free(server);
		return NULL;
	}
	nv_set_default(&server->options.handshake_timeout_ms, 10000);
	nv_set_default(&server->options.stop_timeout_ms, 2000);
	nv_set_default(&server->options.compression_memory, 268435456);
	server->deflate_budget.max = server->options.compression_memory;
	if (server->options.compression_memory == NV_OFF)
		server->deflate_budget.max = SIZE_MAX;
	server->owner.deflate.budget = &server->deflate_budget;
	init_owner(&server->owner, &server->options);
	server->log = (struct nv_log){ server->options.log, server->options.log_context };
	nv_list_init(&server->conns);
	server->sweep.fire = on_sweep;
	server->stop.fire = on_stop_timeout;
	return server;
}

void nv_server_free(struct nv_server *server)
{
	if (!server)
		return;
	if (server->started) {
		nv_server_stop(server);
		nv_thread_join(&server->thread);
	}
	(void)say_goodbye(server);
	nv_admission_deinit(&server->admission);
	nv_router_deinit(&server->sockets);
	nv_router_deinit(&server->pages);
	nv_deflate_pool_deinit(&server->owner.deflate);
	nv_loop_free(server->loop);
	nv_free(server);
}
