/* SPDX-License-Identifier: MIT */
/* navette.h: WebSocket servers and clients.
 *
 * Callbacks run on the thread of their connection's loop, and everything that belongs to a connection
 * is called on that thread; what any thread may call says so. A server with several threads runs
 * several loops, so that its handlers run at the same time for different connections. A handler may
 * call anything, also close its own connection or stop the server. The rules on bytes and errors
 * stand at the top of base.h. */
#ifndef NAVETTE_NAVETTE_H
#define NAVETTE_NAVETTE_H

#include <navette/deflate.h>
#include <navette/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nv_server;
struct nv_client;
struct nv_conn;
struct nv_request;

/* --- What happens on a connection --- */

/* Why a connection ended; what lies behind a 1006 (RFC 6455 7.1.5). X(name, text). */
#define NV_CAUSES(X)                                                                               \
	X(NV_CAUSE_CLOSED, "closing handshake")                                                    \
	X(NV_CAUSE_PROTOCOL, "protocol error of the peer")                                         \
	X(NV_CAUSE_LIMIT, "a limit was exceeded")                                                  \
	X(NV_CAUSE_EOF, "the peer ended the connection without a Close")                           \
	X(NV_CAUSE_RESET, "the peer reset the connection")                                         \
	X(NV_CAUSE_LOST, "the network lost the peer")                                              \
	X(NV_CAUSE_PING_TIMEOUT, "no answer to a ping")                                            \
	X(NV_CAUSE_CLOSE_TIMEOUT, "no answer to a Close")                                          \
	X(NV_CAUSE_SLOW, "the peer did not read")                                                  \
	X(NV_CAUSE_DRAIN, "the server was drained")                                                \
	X(NV_CAUSE_ABORTED, "aborted by this side")                                                \
	X(NV_CAUSE_MEMORY, "out of memory")                                                        \
	X(NV_CAUSE_SYSTEM, "system error")

enum nv_cause {
#define NV_CAUSE_ENUM(name, text) name,
	NV_CAUSES(NV_CAUSE_ENUM)
#undef NV_CAUSE_ENUM
	NV_CAUSE_COUNT
};

NV_API const char *nv_cause_text(enum nv_cause cause);

struct nv_close {
	/* The peer's; 1005 when it gave none; ours when this side failed the connection; 1006 when it
	 * ended without any of these. */
	uint16_t status;
	struct nv_bytes reason; /* that came with the status */
	bool clean;             /* a Close went each way */
	enum nv_cause cause;
	const char *detail; /* more than the cause says, a constant; or NULL */
};

/* All may be NULL. */
struct nv_handlers {
	/* A client asks for this route: nv_request_accept or nv_request_reply. Accepted when neither is
	 * called, refused with 500 when the last of such calls failed. Servers only. */
	void (*on_upgrade)(struct nv_request *request);
	void (*on_open)(struct nv_conn *conn);
	/* NV_TEXT, which is valid UTF-8, or NV_BINARY; whole. */
	void (*on_message)(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
	void (*on_ping)(struct nv_conn *conn, struct nv_bytes data); /* answered already */
	void (*on_pong)(struct nv_conn *conn, struct nv_bytes data);
	/* Everything queued has left, after the peer had made it wait or reading was paused, by
	 * nv_conn_pause or for a moment because it had brought too much at once. */
	void (*on_drain)(struct nv_conn *conn);
	/* Last, once, for each on_open; `conn` is dead when it returns. */
	void (*on_close)(struct nv_conn *conn, const struct nv_close *close);
	/* So many published messages were dropped by its policy (enum nv_slow) since the last time; when
	 * there is room again, before on_drain. Servers only. */
	void (*on_missed)(struct nv_conn *conn, uint64_t count);
};

/* --- A connection --- */

/* Queue one message. NV_ERR_FULL when the queue has reached its limit, NV_ERR_CLOSED once a Close
 * was sent or received, NV_ERR_UTF8 for text that is not, NV_ERR_STATE inside a message in parts,
 * NV_ERR_INVALID for another opcode, NV_ERR_NOMEM. A message is taken whenever the queue is below its
 * limit, whatever its own size. */
NV_API int nv_conn_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message);
NV_API int nv_conn_send_text(struct nv_conn *conn, const char *text);
/* One part of a message: NV_TEXT or NV_BINARY first, then NV_CONTINUATION; `fin` with the last. The
 * same errors, NV_ERR_STATE for parts out of order. */
NV_API int nv_conn_send_part(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes data,
                             bool fin);
/* As nv_conn_send, but never compressed: for a secret beside text that somebody else chose, which
 * compression would let him guess (RFC 7692 8). */
NV_API int nv_conn_send_uncompressed(struct nv_conn *conn, enum nv_opcode opcode,
                                     struct nv_bytes message);
/* At most 125 bytes, else NV_ERR_TOO_BIG; NV_ERR_FULL, NV_ERR_CLOSED, NV_ERR_NOMEM. */
NV_API int nv_conn_ping(struct nv_conn *conn, struct nv_bytes data);

/* Starts the closing handshake behind what is queued. Status 0 gives none; reason NULL or at most 123
 * bytes of UTF-8. NV_ERR_INVALID, NV_ERR_TOO_BIG, NV_ERR_UTF8 for what can't be sent, NV_ERR_NOMEM;
 * NV_ERR_CLOSED after another Close. */
NV_API int nv_conn_close(struct nv_conn *conn, uint16_t status, const char *reason);
/* Ends the connection at once and without a Close; on_close follows when this turn ends. */
NV_API void nv_conn_abort(struct nv_conn *conn);

/* While paused nothing of the peer is delivered, not even its Close: from the end of the running
 * callback on, to come later and in order. The peer's deadlines rest, but not that for reading what is
 * queued; if anything is, on_drain follows. Calls no handler. nv_conn_close ends the pause.
 * With nothing queued not even the peer's death is noticed until it ends: whoever pauses needs a
 * deadline of his own. */
NV_API void nv_conn_pause(struct nv_conn *conn, bool paused);

NV_API size_t nv_conn_unsent(const struct nv_conn *conn); /* bytes queued */
NV_API void *nv_conn_user(const struct nv_conn *conn);    /* the route's or client's until set */
NV_API void nv_conn_set_user(struct nv_conn *conn, void *user);
/* The agreed subprotocol, or NULL. Lives as long as the connection. */
NV_API const char *nv_conn_subprotocol(const struct nv_conn *conn);
/* What was agreed on of permessage-deflate, or NULL when it is not in use. Lives as long as the
 * connection. */
NV_API const struct nv_deflate *nv_conn_deflate(const struct nv_conn *conn);
/* "127.0.0.1:50312", "[::1]:50312" into `text` of at least NV_PEER_TEXT bytes; returns it. */
#define NV_PEER_TEXT 72
NV_API char *nv_conn_peer(const struct nv_conn *conn, char *text);
NV_API struct nv_loop *nv_conn_loop(const struct nv_conn *conn);
/* Its server, or NULL of a client's. */
NV_API struct nv_server *nv_conn_server(const struct nv_conn *conn);
/* The request that opened it, in a server, until on_open returns; then NULL. */
NV_API struct nv_request *nv_conn_request(const struct nv_conn *conn);

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
	uint32_t handshake_timeout_ms; /* from the accept to the whole request: 10,000 */
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
/* Takes over a TCP socket that listens already, which somebody else has too: NV_ERR_INVALID for
 * anything else, and it stays the caller's after any error. Before the start. */
NV_API int nv_server_listen_fd(struct nv_server *server, int fd);
NV_API uint16_t nv_server_port(const struct nv_server *server); /* of the last listen */

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
};
NV_API void nv_server_stats_sized(const struct nv_server *server, struct nv_stats *stats,
                                  size_t size);
static inline void nv_server_stats(const struct nv_server *server, struct nv_stats *stats)
{
	nv_server_stats_sized(server, stats, sizeof(struct nv_stats));
}

NV_API size_t nv_server_connections(const struct nv_server *server); /* open now; any thread */

/* --- A client --- */

/* How far a connection came. */
enum nv_stage {
	NV_STAGE_URL,
	NV_STAGE_RESOLVE,
	NV_STAGE_CONNECT,
	NV_STAGE_HANDSHAKE
};

struct nv_failure {
	enum nv_stage stage;
	int error;            /* enum nv_error */
	int status;           /* of the HTTP answer, when one came; else 0 */
	const char *text;     /* for a person; dies with the call */
	struct nv_bytes body; /* of the HTTP answer, at most 4,096 bytes */
};

/* Zero means the default; NV_OFF turns a limit or a deadline off. */
struct nv_client_options {
	uint32_t max_message;          /* bytes received in one message: 65,536 */
	uint32_t max_queue;            /* bytes unsent before NV_ERR_FULL: 1,048,576 */
	uint32_t connect_timeout_ms;   /* name, TCP connect and all addresses together: 15,000 */
	uint32_t handshake_timeout_ms; /* from the connect to the whole answer: 10,000 */
	uint32_t message_timeout_ms;   /* 30,000 */
	uint32_t ping_interval_ms;     /* 30,000 */
	uint32_t pong_timeout_ms;      /* 10,000 */
	uint32_t close_timeout_ms;     /* 5,000 */
	uint32_t write_timeout_ms;     /* 10,000 */
	const char *subprotocols;      /* offered: "chat, superchat" */
	bool require_subprotocol;      /* fail when the server chooses none of them */
	const char *fields; /* further lines of the request: "Origin: https://a.example\r\n" */
	struct nv_compression compression; /* off */
	void *user;                        /* nv_conn_user of the connection */
	/* It never opened; the client is idle from then on and may be freed here. */
	void (*on_fail)(struct nv_client *client, void *user, const struct nv_failure *failure);
};

/* Connects to a ws:// URL, in the loop's time: on_open, or on_fail, never from inside. NULL without
 * memory. The options and the URL are copied. */
NV_API struct nv_client *nv_client_new_sized(struct nv_loop *loop, const char *url,
                                             const struct nv_handlers *handlers,
                                             size_t handlers_size,
                                             const struct nv_client_options *options,
                                             size_t options_size);
static inline struct nv_client *nv_client_new(struct nv_loop *loop, const char *url,
                                              const struct nv_handlers *handlers,
                                              const struct nv_client_options *options)
{
	return nv_client_new_sized(loop, url, handlers, sizeof(struct nv_handlers), options,
	                           sizeof(struct nv_client_options));
}

/* Aborts what is open, whose on_close follows before this returns; what has ended in order still says
 * its last word, as far as the socket takes it at once. Also from callbacks. */
NV_API void nv_client_free(struct nv_client *client);
/* The open connection, or NULL. */
NV_API struct nv_conn *nv_client_conn(const struct nv_client *client);

#ifdef __cplusplus
}
#endif

#endif
