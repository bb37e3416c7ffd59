/* SPDX-License-Identifier: MIT */
/* server.h: WebSocket servers: routes, topics, requests, blocking work, and the server itself. */
#ifndef NAVETTE_SERVER_H
#define NAVETTE_SERVER_H

#include <navette/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Topics and ids, of servers --- */

/* What stands for a connection on any thread and for ever: never 0, and never another's. 0 of a
 * client's connection. */
NV_API uint64_t nv_conn_id(const struct nv_conn *conn);

/* What is published under this name is sent to it from now on; a name that ends with a star stands for
 * every name that begins like it. What several of its subscriptions stand for comes once. 0, also when
 * it does already; NV_ERR_INVALID for a name that is empty, longer than 255 bytes or has a star
 * elsewhere; NV_ERR_FULL with 128 subscriptions; NV_ERR_CLOSED, NV_ERR_NOMEM; NV_ERR_UNSUPPORTED for a
 * client's connection. */
NV_API int nv_conn_subscribe(struct nv_conn *conn, const char *topic);
NV_API int nv_conn_unsubscribe(struct nv_conn *conn, const char *topic); /* NV_ERR_NOT_FOUND */

/* Sends to all subscribers of this name on all loops, but the connection `except` (0: to all). Per
 * subscriber, what one thread sends and publishes arrives in the order of the calls. 0, whether anybody
 * subscribes or not; NV_ERR_UTF8, NV_ERR_INVALID, NV_ERR_NOMEM; NV_ERR_FULL when too much waits for another
 * loop to take it (max_inbox). After an error nobody gets it. Any thread. */
NV_API int nv_server_publish(struct nv_server *server, const char *topic, enum nv_opcode opcode,
                             struct nv_bytes message, uint64_t except);

/* As nv_conn_send and nv_conn_close, from any thread. NV_ERR_CLOSED when there is no such connection
 * any more. On another thread than the connection's a message is on its way when this returns 0: if
 * its queue is full by then, the connection is closed with 1013. */
NV_API int nv_server_send(struct nv_server *server, uint64_t id, enum nv_opcode opcode,
                          struct nv_bytes message);
NV_API int nv_server_close(struct nv_server *server, uint64_t id, uint16_t status,
                           const char *reason);

/* Calls run(context) on the thread of the server's first loop, in the order of each thread's calls of
 * these functions; at the latest in nv_server_free, which ends when nothing is posted any more. What a
 * handler posts leaves when its turn ends: it must not wait for it. 0 or NV_ERR_NOMEM. Any thread. */
NV_API int nv_server_post(struct nv_server *server, void (*run)(void *context), void *context);

/* --- Blocking work, of servers --- */

/* Calls work(context) on a thread of the server's pool, where it may take its time but call only what
 * any thread may; then done, once, on the thread of the connection's loop, or in nv_server_free. There
 * `conn` is NULL when its on_close has returned, and `cancelled` tells that the work was never called,
 * because the server was freed first: nothing else cancels it, and nv_server_free waits for work that
 * has begun. 0; NV_ERR_FULL with 1,024 of them waiting for a thread, NV_ERR_LIMIT without threads,
 * NV_ERR_CLOSED in nv_server_free, NV_ERR_UNSUPPORTED for a client's connection, NV_ERR_NOMEM. */
NV_API int nv_work(struct nv_conn *conn, void (*work)(void *context),
                   void (*done)(struct nv_conn *conn, void *context, bool cancelled),
                   void *context);

/* --- A request: an upgrade in on_upgrade, or plain HTTP --- */

/* Slices live as long as the request. {NULL, 0}: absent. */
NV_API struct nv_bytes nv_request_method(const struct nv_request *request);
NV_API struct nv_bytes nv_request_path(const struct nv_request *request);
NV_API struct nv_bytes nv_request_query(const struct nv_request *request);
NV_API struct nv_bytes nv_request_field(const struct nv_request *request, const char *name);
/* The next of all fields of that name: start with *cursor = 0; false at the end. */
NV_API bool nv_request_next_field(const struct nv_request *request, const char *name,
                                  size_t *cursor, struct nv_bytes *value);
/* What stands in the path for ":name" of the route's pattern, or for its "*". Not decoded. */
NV_API struct nv_bytes nv_request_param(const struct nv_request *request, const char *name);
/* The value of `name` in the query, percent-decoded ('+' stays '+'), zero-terminated: its length,
 * NV_ERR_NOT_FOUND, NV_ERR_TOO_BIG, or NV_ERR_INVALID. */
NV_API int nv_request_query_value(const struct nv_request *request, const char *name, char *out,
                                  size_t size);
NV_API char *nv_request_peer(const struct nv_request *request, char *text);

NV_API bool nv_request_tls(const struct nv_request *request, struct nv_tls_info *info);
NV_API int nv_request_tls_subject(const struct nv_request *request, char *out, size_t size);

NV_API void *nv_request_user(const struct nv_request *request);
NV_API void nv_request_set_user(struct nv_request *request, void *user); /* becomes nv_conn_user */

/* Adds a field to the answer that is still to be given. NV_ERR_INVALID for a bad name or value, or a
 * field that the answer has anyway: its length, type, date, and those of the handshake. */
NV_API int nv_request_add_field(struct nv_request *request, const char *name, const char *value);

/* The client's next offered subprotocol: start with *cursor = 0; false at the end. */
NV_API bool nv_request_subprotocol(const struct nv_request *request, size_t *cursor,
                                   struct nv_bytes *subprotocol);

/* Answer, once: NV_ERR_STATE after another answer. Accept takes NULL or a subprotocol that the
 * client offered (else NV_ERR_INVALID); on_open follows. Reply ends the connection after its body. */
NV_API int nv_request_accept(struct nv_request *request, const char *subprotocol);
NV_API int nv_request_reply(struct nv_request *request, int status, const char *content_type,
                            struct nv_bytes body);

/* --- A server --- */

/* What happens to a subscriber for whom something is published while its queue is at its limit. What
 * was sent to it alone is never dropped, nor what has begun to leave. Where messages can be dropped, they are
 * not compressed for a connection that keeps its window. */
enum nv_slow {
	NV_SLOW_CLOSE,       /* it is closed with 1013 */
	NV_SLOW_DROP_OLDEST, /* the oldest published messages in its queue go, and are told missed */
	/* Of each name only the newest waits, as soon as it does not read, and of 256 names at most. */
	NV_SLOW_KEEP_NEWEST
};

enum nv_level {
	NV_LOG_ERROR,
	NV_LOG_WARNING,
	NV_LOG_INFO
};

/* Zero means the default; NV_OFF turns a limit or a deadline off. */
struct nv_server_options {
	/* Loops, each with a thread and connections of its own: 1; 255 at most. */
	uint32_t threads;
	uint32_t work_threads;         /* for nv_work, started when they are needed: 4 */
	uint32_t max_message;          /* bytes received in one message: 65,536 */
	uint32_t max_queue;            /* bytes unsent before NV_ERR_FULL: 1,048,576 */
	uint32_t handshake_timeout_ms; /* from the accept to the whole request, with TLS: 10,000 */
	uint32_t message_timeout_ms;   /* from a message's first byte to its last: 30,000 */
	uint32_t ping_interval_ms;     /* of silence before a ping, give or take a fifth: 30,000 */
	uint32_t pong_timeout_ms;      /* 10,000 */
	uint32_t close_timeout_ms;     /* for the peer's Close: 5,000 */
	uint32_t write_timeout_ms;     /* without progress of what is unsent: 10,000 */
	uint32_t stop_timeout_ms;      /* for all to answer 1001 when the server stops: 2,000 */
	/* Connections of all kinds, above which a new one is answered 503: the process's limit of
	 * descriptors when the server is made, less 256, or half of one that is 512 or less. */
	uint32_t max_connections;
	/* Of one address, an IPv6 one by its /64 network. What is set is for all, but the defaults are
	 * not for loopback addresses. */
	uint32_t max_connections_per_ip;  /* 256, above it 503 */
	uint32_t handshakes_per_ip_per_s; /* new connections, twice as many at once: 20, then 429 */
	/* Bytes of messages on their way to one loop from other threads, before NV_ERR_FULL: 67,108,864. */
	uint32_t max_inbox;
	/* Bytes that all connections may hold together, of messages that arrive and of output, published
	 * ones counted for each subscriber: 268,435,456. Above it those that hold the most are cut, within a
	 * second. */
	uint32_t max_memory;
	struct nv_compression compression; /* off */
	/* Bytes that all windows kept from message to message may take together: 268,435,456. Above it
	 * the extension is declined. */
	uint32_t compression_memory;
	/* One line without its end, with bytes from the network escaped; the library never prints. Called
	 * by every loop, but by one at a time. */
	void (*log)(void *context, enum nv_level level, const char *line);
	void *log_context;
};

/* NULL without memory or descriptors. Options may be NULL and are copied. */
NV_API struct nv_server *nv_server_new_sized(const struct nv_server_options *options, size_t size);
static inline struct nv_server *nv_server_new(const struct nv_server_options *options)
{
	return nv_server_new_sized(options, sizeof(struct nv_server_options));
}

/* Stops what nv_server_start has started: Close 1001 to all, at most stop_timeout_ms, then the rest
 * is cut. After nv_server_run has returned, and not from a callback: there, nv_server_stop. */
NV_API void nv_server_free(struct nv_server *server);

/* WebSocket at a path: "/ws", "/rooms/:id" (one segment), "/files/" and a star (the rest). What is
 * exact wins over ":name", and that over the star. Handlers are copied. Before the start. */
NV_API int nv_server_route_sized(struct nv_server *server, const char *pattern,
                                 const struct nv_handlers *handlers, size_t size, void *user);
static inline int nv_server_route(struct nv_server *server, const char *pattern,
                                  const struct nv_handlers *handlers, void *user)
{
	return nv_server_route_sized(server, pattern, handlers, sizeof(struct nv_handlers), user);
}

/* How slow subscribers of a route, or of a topic whatever their route, are treated; a topic's name
 * may end with a star, and the longest that stands for a name counts. NV_SLOW_CLOSE until set.
 * NV_ERR_NOT_FOUND for a pattern without a route; NV_ERR_INVALID, NV_ERR_NOMEM. Before the start. */
NV_API int nv_server_route_slow(struct nv_server *server, const char *pattern, enum nv_slow slow);
NV_API int nv_server_topic_slow(struct nv_server *server, const char *topic, enum nv_slow slow);

/* Plain HTTP on the same port: GET and HEAD of a path, which `handler` answers with nv_request_reply
 * before it returns. Before the start. */
NV_API int nv_server_http(struct nv_server *server, const char *pattern,
                          void (*handler)(struct nv_request *request), void *user);

/* Listens on an IP address, an IPv6 one with or without brackets, or on "localhost": 127.0.0.1 and
 * ::1, as far as the machine has them. Port 0 takes a free one. NV_ERR_IN_USE, NV_ERR_PERMISSION,
 * NV_ERR_ADDRESS. Before the start. */
NV_API int nv_server_listen(struct nv_server *server, const char *host, uint16_t port);
/* The same for wss:// and https://, with the certificates of nv_server_set_tls: NV_ERR_STATE without
 * them. Who is over a limit is closed there, since to tell him would take a handshake. Plain answers ask
 * browsers to stay with TLS for a year (RFC 6797) when Host is neither an address nor localhost, unless
 * the program adds Strict-Transport-Security itself. */
NV_API int nv_server_listen_tls(struct nv_server *server, const char *host, uint16_t port);
/* Takes over a TCP socket that listens already, which somebody else has too: NV_ERR_INVALID for
 * anything else, and it stays the caller's after any error. Before the start. On Windows `fd` is the
 * SOCKET, whose value always fits an int. */
NV_API int nv_server_listen_fd(struct nv_server *server, int fd);
NV_API int nv_server_listen_tls_fd(struct nv_server *server, int fd); /* the same, for TLS */
NV_API uint16_t nv_server_port(const struct nv_server *server);       /* of the last listen */

/* Reads the certificates; the paths are copied. NV_ERR_TLS, and the log tells what is wrong with which
 * file; NV_ERR_STATE the second time, NV_ERR_INVALID, NV_ERR_NOMEM. Before the start. From 21 days before
 * the first certificate ends the log warns once a day. */
NV_API int nv_server_set_tls_sized(struct nv_server *server, const struct nv_server_tls *tls,
                                   size_t size);
static inline int nv_server_set_tls(struct nv_server *server, const struct nv_server_tls *tls)
{
	return nv_server_set_tls_sized(server, tls, sizeof(struct nv_server_tls));
}
/* Reads the files again, if they have changed or `always`: 1 when new connections get what they say now,
 * 0 when nothing changed. After any error the old certificates go on and the log tells why, once until
 * that changes or `always`; NV_ERR_STATE without nv_server_set_tls. Connections keep what they have. It
 * reads files on the caller's thread, which is any. */
NV_API int nv_server_reload_tls(struct nv_server *server, bool always);

/* On threads of its own, or the first loop on this one until nv_server_stop; one of them, once, else
 * NV_ERR_STATE. NV_ERR_LIMIT without threads. */
NV_API int nv_server_start(struct nv_server *server);
NV_API int nv_server_run(struct nv_server *server);
/* Says goodbye to all as nv_server_free does, and ends the run. Any thread, callbacks, signal
 * handlers; returns at once, which every call has to do before the server is freed. */
NV_API void nv_server_stop(struct nv_server *server);

/* Ends the run without haste: closes 5 % of the connections a second, and 200 at least, with 1012 or
 * 1001 (0: 1012) and a reason that says when to come back: "retry_after=2.500", in seconds, another for
 * each. Who does not answer is cut after close_timeout_ms, and everybody after deadline_ms (0: 30,000;
 * NV_OFF). Newcomers get 503 with Retry-After, or are left to whoever else has the listening sockets
 * (nv_server_listen_fd). How far it is is logged and stands in nv_server_connections. NV_ERR_INVALID for
 * another status, NV_ERR_STATE the second time. Any thread; returns at once. */
NV_API int nv_server_drain(struct nv_server *server, uint16_t status, uint32_t deadline_ms);

/* What happened since the server was made, on all its loops. Any thread; the numbers are those of a
 * moment that is not quite the same for each. */
struct nv_stats {
	uint64_t connections;            /* open now */
	uint64_t opened;                 /* on_open */
	uint64_t closed[NV_CAUSE_COUNT]; /* on_close, by its cause */
	uint64_t published;              /* on each loop on which somebody subscribed */
	uint64_t missed;                 /* dropped by the policy for slow subscribers */
	/* Until the first certificate ends; negative: it has ended. INT64_MAX without TLS. */
	int64_t cert_expiry_seconds;
	/* Messages that have come, and that were queued for a connection, published ones for each
	 * subscriber: some of these may be missed later. A quarter of a second old at most. */
	uint64_t received;
	uint64_t sent;
	/* Bytes of all sockets: of messages, handshakes, plain HTTP and TLS. */
	uint64_t bytes_received;
	uint64_t bytes_sent;
	uint64_t refused; /* connections that were over a limit, or came during nv_server_drain */
	uint64_t unsent;  /* bytes in the queues of all connections, counted once a second */
	/* By how many microseconds a loop was late: of each what was measured last, and of that the most; and
	 * the most ever. Measured four times a second while there are connections, to a millisecond, and by
	 * nv_server_alive. */
	uint64_t late_us;
	uint64_t latest_us;
};
NV_API void nv_server_stats_sized(const struct nv_server *server, struct nv_stats *stats,
                                  size_t size);
static inline void nv_server_stats(const struct nv_server *server, struct nv_stats *stats)
{
	nv_server_stats_sized(server, stats, sizeof(struct nv_stats));
}

/* Asks all loops for an answer; false when one owes its answer to an earlier call for longer than that:
 * something that was called there does not return. To be called again and again, say once a second,
 * while the server runs. Any thread; returns at once. */
NV_API bool nv_server_alive(struct nv_server *server, uint32_t within_ms);

NV_API size_t nv_server_connections(const struct nv_server *server); /* open now; any thread */

#ifdef __cplusplus
}
#endif

#endif
