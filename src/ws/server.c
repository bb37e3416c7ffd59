/* SPDX-License-Identifier: MIT */
/* server.c: a server's life: options, routes, listening, and its workers from the start to the
 * goodbye. What happens to connections is the workers'. */
#include "ws/server.h"

#include "base/alloc.h"
#include "net/sock.h"
#include "net/traffic.h"
#include "ws/arrival.h"

#define FREE_PORT_TRIES 16
#define TELL_MS 60000u /* between two lines on accepting that failed */
#define WORK_WAITING_MAX 1024u

/* --- Accepting --- */

static void on_accept(struct nv_listener *listener, int fd, const struct nv_address *peer)
{
	const struct nv_server_listener *from =
		nv_container_of(listener, struct nv_server_listener, listener);
	const struct nv_arrival arrival = { .peer = *peer, .fd = fd, .tls = from->tls };

	nv_server_take(from->server, &arrival);
}

static void on_accept_error(struct nv_listener *listener, int error)
{
	struct nv_server *server =
		nv_container_of(listener, struct nv_server_listener, listener)->server;
	uint64_t now = nv_loop_now(server->workers[0].loop);

	if (server->accept_told_ms != 0 && now - server->accept_told_ms < TELL_MS)
		return;
	server->accept_told_ms = now;
	nv_log_write(&server->log, NV_LOG_ERROR, "cannot accept connections for now: %s",
	             nv_strerror(error));
}

/* --- Running --- */

static void stop_others(struct nv_server *server)
{
	for (size_t i = 1; i < server->worker_count; i++)
		nv_loop_stop(server->workers[i].loop);
	for (size_t i = 1; i < server->worker_count; i++)
		nv_worker_join(&server->workers[i]);
}

static int start_others(struct nv_server *server)
{
	int error = 0;

	for (size_t i = 1; i < server->worker_count && error == 0; i++)
		error = nv_worker_start(&server->workers[i]);
	if (error < 0)
		stop_others(server);
	return error;
}

bool nv_server_unlisten(struct nv_server *server, bool inherited)
{
	bool any = false;

	for (size_t i = 0; i < server->listening; i++) {
		if (inherited && !server->listeners[i].inherited)
			continue;
		nv_loop_unlisten(&server->listeners[i].listener);
		any = true;
	}
	return any;
}

/* The first worker's run, which takes the others along when it ends. */
static int run(struct nv_server *server)
{
	int error = nv_loop_run(server->workers[0].loop);
	int goodbye_error;

	nv_server_unlisten(server, false);
	for (size_t i = 1; i < server->worker_count; i++)
		nv_loop_stop(server->workers[i].loop);
	nv_drain_stop(server);
	goodbye_error = nv_worker_say_goodbye(&server->workers[0]);
	stop_others(server);
	return error ? error : goodbye_error;
}

int nv_server_run(struct nv_server *server)
{
	int error;

	if (atomic_exchange(&server->ran, true))
		return NV_ERR_STATE;
	error = start_others(server);
	return error < 0 ? error : run(server);
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
	error = start_others(server);
	if (error < 0)
		return error;
	server->thread.run = run_on_thread;
	server->thread.context = server;
	error = nv_thread_start(&server->thread);
	server->started = error == 0;
	if (error < 0)
		stop_others(server);
	return error;
}

void nv_server_stop(struct nv_server *server)
{
	nv_loop_stop(server->workers[0].loop);
}

bool nv_server_alive(struct nv_server *server, uint32_t within_ms)
{
	bool alive = true;

	for (size_t i = 0; i < server->worker_count; i++) {
		struct nv_worker *worker = &server->workers[i];

		if (worker->loop &&
		    nv_pulse_ask(&worker->pulse, worker->loop) > 1000 * (uint64_t)within_ms)
			alive = false;
	}
	return alive;
}

static void raise_to(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static void add_tally(struct nv_stats *sum, const struct nv_tally *tally)
{
	sum->opened += nv_count_of(&tally->opened);
	sum->published += nv_count_of(&tally->published);
	sum->missed += nv_count_of(&tally->missed);
	sum->refused += nv_count_of(&tally->refused);
	for (size_t cause = 0; cause < NV_CAUSE_COUNT; cause++)
		sum->closed[cause] += nv_count_of(&tally->closed[cause]);
}

static void add_worker(struct nv_stats *sum, const struct nv_worker *worker)
{
	add_tally(sum, &worker->tally);
	sum->received += nv_count_of(&worker->owner.received);
	sum->sent += nv_count_of(&worker->owner.sent);
	sum->unsent += atomic_load_explicit(&worker->unsent, memory_order_relaxed);
	raise_to(&sum->late_us, nv_count_of(&worker->pulse.late_us));
	raise_to(&sum->latest_us, nv_count_of(&worker->pulse.latest_us));
	/* It goes in nv_server_free before other things that still call back. */
	if (!worker->loop)
		return;
	sum->bytes_received += nv_count_of(&nv_loop_traffic(worker->loop)->received);
	sum->bytes_sent += nv_count_of(&nv_loop_traffic(worker->loop)->sent);
}

void nv_server_stats_sized(const struct nv_server *server, struct nv_stats *stats, size_t size)
{
	struct nv_stats sum = {
		.connections = nv_server_connections(server),
		.cert_expiry_seconds = nv_identity_left_s(&server->identity),
	};

	for (size_t i = 0; i < server->worker_count; i++)
		add_worker(&sum, &server->workers[i]);
	memcpy(stats, &sum, size < sizeof sum ? size : sizeof sum);
}

size_t nv_server_connections(const struct nv_server *server)
{
	size_t count = 0;

	for (size_t i = 0; i < server->worker_count; i++)
		count += atomic_load_explicit(&server->workers[i].opened, memory_order_relaxed);
	return count;
}

/* --- Listening --- */

static int accept_from(struct nv_server *server, int fd, uint16_t port, bool inherited)
{
	struct nv_server_listener *slot = &server->listeners[server->listening];
	int error;

	if (server->listening == NV_LISTENERS_MAX)
		return NV_ERR_LIMIT;
	*slot = (struct nv_server_listener){ .server = server, .inherited = inherited };
	slot->listener.on_accept = on_accept;
	slot->listener.on_error = on_accept_error;
	error = nv_loop_listen(server->workers[0].loop, &slot->listener, fd);
	if (error < 0)
		return error;
	server->listening++;
	server->port = port;
	return 0;
}

static int listen_on(struct nv_server *server, struct nv_address *address)
{
	int fd = nv_sock_listen(address);
	int error;

	if (fd < 0)
		return fd;
	error = accept_from(server, fd, address->port, false);
	if (error < 0)
		nv_sock_close(fd);
	return error;
}

int nv_server_listen_fd(struct nv_server *server, int fd)
{
	struct nv_address address;
	int error = nv_sock_inherit(fd, &address);

	if (error == 0)
		error = accept_from(server, fd, address.port, true);
	return error;
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

int nv_server_route_slow(struct nv_server *server, const char *pattern, enum nv_slow slow)
{
	struct nv_route *route = nv_router_get(&server->sockets, pattern);

	if (!route)
		return NV_ERR_NOT_FOUND;
	route->slow = slow;
	return 0;
}

int nv_server_topic_slow(struct nv_server *server, const char *topic, enum nv_slow slow)
{
	return nv_slow_topics_set(&server->slow_topics, nv_str(topic), slow);
}

int nv_server_http(struct nv_server *server, const char *pattern,
                   void (*handler)(struct nv_request *request), void *user)
{
	struct nv_route route = { .http = handler, .user = user };

	return nv_router_add(&server->pages, pattern, &route);
}

/* --- Beginning and end --- */

static void init_owner(struct nv_conn_owner *owner, struct nv_server *server)
{
	const struct nv_server_options *options = &server->options;

	owner->session.role = NV_SERVER;
	owner->session.max_message = options->max_message;
	owner->session.compression = options->compression;
	owner->deflate.budget = &server->deflate_budget;
	owner->max_queue = options->max_queue;
	owner->message_timeout_ms = options->message_timeout_ms;
	owner->ping_interval_ms = options->ping_interval_ms;
	owner->pong_timeout_ms = options->pong_timeout_ms;
	owner->close_timeout_ms = options->close_timeout_ms;
	owner->write_timeout_ms = options->write_timeout_ms;
	nv_conn_owner_complete(owner);
}

static void complete_options(struct nv_server_options *options)
{
	nv_set_default(&options->threads, 1);
	if (options->threads > NV_WORKERS_MAX)
		options->threads = NV_WORKERS_MAX;
	nv_set_default(&options->work_threads, 4);
	nv_set_default(&options->handshake_timeout_ms, 10000);
	nv_set_default(&options->stop_timeout_ms, 2000);
	nv_set_default(&options->compression_memory, 268435456);
	nv_set_default(&options->max_inbox, 67108864);
	nv_set_default(&options->max_memory, 268435456);
}

static int init_workers(struct nv_server *server)
{
	int error = 0;

	for (size_t i = 0; i < server->worker_count && error == 0; i++) {
		init_owner(&server->workers[i].owner, server);
		error = nv_worker_init(&server->workers[i], server, (uint8_t)i);
	}
	return error;
}

struct nv_server *nv_server_new_sized(const struct nv_server_options *options, size_t size)
{
	struct nv_server_options complete = { 0 };
	struct nv_server *server;

	if (options)
		memcpy(&complete, options, size < sizeof complete ? size : sizeof complete);
	complete_options(&complete);
	server = nv_alloc_zero(sizeof *server + complete.threads * sizeof server->workers[0]);
	if (!server)
		return NULL;
	server->options = complete;
	server->worker_count = complete.threads;
	server->deflate_budget.max =
		complete.compression_memory == NV_OFF ? SIZE_MAX : complete.compression_memory;
	nv_log_init(&server->log, &server->options);
	nv_lock_init(&server->telling);
	nv_pool_init(&server->pool, complete.work_threads, WORK_WAITING_MAX);
	nv_drain_init(server);
	nv_identity_init(&server->identity);
	if (nv_admission_init(&server->admission, &server->options) == 0 &&
	    init_workers(server) == 0)
		return server;
	nv_server_free(server);
	return NULL;
}

void nv_server_free(struct nv_server *server)
{
	if (!server)
		return;
	if (server->started) {
		nv_server_stop(server);
		nv_thread_join(&server->thread);
	}
	nv_pool_stop(&server->pool);
	nv_server_unlisten(server, false);
	nv_identity_stop(&server->identity, server->workers[0].loop);
	for (size_t i = server->worker_count; i > 0; i--)
		nv_worker_close(&server->workers[i - 1]);
	for (size_t i = 0; i < server->worker_count; i++)
		nv_worker_deinit(&server->workers[i]);
	nv_identity_deinit(&server->identity);
	nv_admission_deinit(&server->admission);
	nv_router_deinit(&server->sockets);
	nv_router_deinit(&server->pages);
	nv_slow_topics_deinit(&server->slow_topics);
	nv_lock_deinit(&server->telling);
	nv_pool_deinit(&server->pool);
	nv_log_deinit(&server->log);
	nv_free(server);
}
