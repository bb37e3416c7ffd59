/* SPDX-License-Identifier: MIT */
/* client.h: a WebSocket client, which tries, connects and, when asked to, comes back.
 *
 * One nv_client stands for one place to be connected to. Each of its connections is an nv_conn of its own,
 * with its own on_open and on_close; what is sent through nv_client_send outlives them. */
#ifndef NAVETTE_CLIENT_H
#define NAVETTE_CLIENT_H

#include <navette/conn.h>
#include <navette/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nv_client;
struct nv_head;

/* --- Why there is no connection --- */

/* How far a try came. */
enum nv_stage {
	NV_STAGE_URL,
	NV_STAGE_RESOLVE, /* of the server's name, or of the proxy's */
	NV_STAGE_CONNECT, /* to the server, or to the proxy */
	NV_STAGE_PROXY,   /* the proxy's URL, or what the proxy answered */
	NV_STAGE_TLS,
	NV_STAGE_HANDSHAKE
};

/* All of it dies with the call that it was given to. */
struct nv_failure {
	enum nv_stage stage;
	int error;        /* enum nv_error; NV_ERR_INVALID in NV_STAGE_TLS: our own files */
	int status;       /* of the HTTP answer, the proxy's in NV_STAGE_PROXY; 0: none came */
	bool proxy;       /* it is the proxy that could not be reached, or that refused */
	const char *text; /* for a person, without a secret; names the host that has no address */
	struct nv_bytes body;       /* of the HTTP answer, at most 4,096 bytes */
	const struct nv_head *head; /* of the HTTP answer (handshake.h), or NULL */
};

/* --- Coming back --- */

enum nv_client_state {
	NV_CLIENT_CONNECTING, /* name, TCP, proxy, TLS, handshake */
	NV_CLIENT_OPEN,
	NV_CLIENT_WAITING, /* until the next try */
	/* There will be no other try, and nothing can be sent any more, but the server has still to end the
	 * TCP connection (RFC 6455 7.1.1): 2 s at most. Who leaves earlier may reset it, and destroy what is
	 * on its way. Left out when there is nothing to wait for. */
	NV_CLIENT_CLOSING,
	NV_CLIENT_ENDED /* all of it is over */
};

/* What follows a try that failed or a connection that ended, as the rules have it; on_retry may change
 * the first two.
 *
 * The rules (reconnect is set; else nothing is tried again). These end the client, because a retry does
 * not mend them: a URL, file or proxy URL that is no good; a certificate that is not to be trusted; any
 * HTTP answer but 408, 425, 429, and those from 500 on save 501 and 505; what a SOCKS5 proxy does not
 * allow or does not know; an answer that is not WebSocket's; Close 1000 and 1005 (it is over), 1002, 1003,
 * 1007, 1008, 1009 and 1010, whoever found fault. Everything else is tried again: 3000 to 4999 among it,
 * and NV_CAUSE_MESSAGE_TIMEOUT, for which this side gave 1008 though it is the network that was lost.
 *
 * The n-th try in a row, n from 0, waits a time drawn between d/2 and d, where d = retry_min_ms * 2^n
 * and at most retry_max_ms; n is 0 again once a connection has been open for stable_ms. When the server
 * said how long to stay away, in Retry-After (RFC 9110 10.2.3) or with "retry_after=2.500", seconds, in
 * the reason of its Close, that long (an hour at most) and then up to d/2. */
struct nv_retry {
	bool again;
	uint32_t delay_ms;
	/* In a row without a stable connection, this one included; 0: it was stable. */
	uint32_t tries;
	const struct nv_failure *failure; /* why, */
	const struct nv_close *close;     /* or why; the other one is NULL */
};

/* --- Messages --- */

/* What becomes of a message of nv_client_send whose connection breaks. What is queued on a connection when
 * the peer's Close comes still leaves on it, and counts as sent; who closes need not read it any more, so
 * it is uncertain where pings confirm.
 *
 * Those pings carry "nav:" and 8 bytes; the program is not told of such pongs. One is sent each 250 ms at
 * most. */
enum nv_delivery {
	/* What had not left goes with the next connection. Nothing is sent twice. */
	NV_AT_MOST_ONCE,
	/* The same, and pings tell which messages the peer has read: see struct nv_account. */
	NV_CONFIRMED,
	/* Whatever no ping has confirmed goes again with the next connection, in order: nothing is
	 * lost, and the peer may see a message twice. As what is not confirmed counts for the limits, no
	 * more than max_waiting messages go in 250 ms, or in what a ping takes if that is longer. */
	NV_AT_LEAST_ONCE
};

/* What nv_client_send does when the queue is at one of its limits. Below them a message is taken whatever
 * its own size, and what comes back from a connection that broke may lift the queue above them. */
enum nv_overflow {
	NV_REFUSE,      /* NV_ERR_FULL */
	NV_DROP_OLDEST, /* of those that wait, until it is below; this one when that does not help */
	NV_DROP_NEWEST  /* this one */
};

/* Where the messages are that nv_client_send has taken: taken == waiting + sent + dropped, always. */
struct nv_account {
	uint64_t taken;   /* it returned 0 */
	uint64_t waiting; /* in the queue: no connection has them */
	uint64_t sent;    /* with a connection, or gone with one; those that come back wait again */
	uint64_t dropped; /* by the policy, or they waited when the client ended */
	/* Of those sent, with NV_CONFIRMED and NV_AT_LEAST_ONCE: */
	uint64_t confirmed; /* the peer has read them: a ping behind them was answered */
	/* Their connection ended before: the peer has read them, or not. They do not wait: NV_CONFIRMED,
	 * or the client has ended. */
	uint64_t uncertain;
	uint64_t waiting_bytes;
};

/* --- Options --- */

/* What on_trace is told, and what its text is. */
enum nv_trace {
	NV_TRACE_RESOLVED,      /* "192.0.2.1:80 [2001:db8::1]:80": in the order of the tries */
	NV_TRACE_CONNECTED,     /* "192.0.2.1:80" */
	NV_TRACE_PROXY_REQUEST, /* head of CONNECT, or "SOCKS5 example.org:80" */
	NV_TRACE_PROXY_ANSWER,  /* head, or "SOCKS5 succeeded" */
	NV_TRACE_TLS,           /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
	NV_TRACE_REQUEST,       /* head */
	NV_TRACE_ANSWER,        /* head */
	NV_TRACE_REDIRECT       /* the URL that is tried next */
};

/* Zero means the default; NV_OFF turns a limit or a deadline off. */
struct nv_client_options {
	uint32_t max_message; /* bytes received in one message: 65,536 */
	uint32_t max_queue;   /* bytes unsent before NV_ERR_FULL: 1,048,576 */
	/* Name, TCP, proxy, TLS, and all addresses together, but not the wait for other clients: 15,000 */
	uint32_t connect_timeout_ms;
	uint32_t handshake_timeout_ms; /* from the request to the whole answer: 10,000 */
	uint32_t message_timeout_ms;   /* 30,000 */
	uint32_t ping_interval_ms;     /* of silence, give or take a fifth: 30,000 */
	uint32_t pong_timeout_ms;      /* 10,000 */
	uint32_t close_timeout_ms;     /* 5,000 */
	uint32_t write_timeout_ms;     /* 10,000 */
	const char *subprotocols;      /* offered: "chat, superchat" */
	bool require_subprotocol;      /* fail when the server chooses none of them */
	struct nv_client_tls tls;      /* of wss:// URLs */
	const char *fields;      /* further lines of the request: "Origin: https://a.example\r\n" */
	const char *cookie;      /* "a=1; b=2" */
	const char *credentials; /* "name:password" of Basic authentication (RFC 7617) */
	struct nv_compression compression; /* off */
	/* "http://[NAME:PASSWORD@]HOST[:PORT]" asks by CONNECT (RFC 9110 9.3.6; port 80),
	 * "socks5://..." by SOCKS5 (RFC 1928, RFC 1929; port 1080), which resolves the name. "": none.
	 * NULL: what the environment says at nv_client_new: http_proxy for ws://, https_proxy for wss://,
	 * else all_proxy, in small letters or, but for the first, in capitals; one that is there and empty
	 * means none; on Windows the case of a variable makes no difference. None for hosts in no_proxy nor
	 * for this machine itself: localhost and what ends with .localhost, 127.0.0.0/8, ::1, 0.0.0.0
	 * and ::. */
	const char *proxy;
	/* Redirects to follow at most (301, 302, 303, 307, 308): 0; never more than 20, which is what NV_OFF
	 * means. Never from wss to ws; to another host or port without cookie, credentials and the fields
	 * Authorization and Cookie, but with the subprotocols, the other fields and the client's certificate. */
	uint32_t max_redirects;
	/* Does not wait while another client of this process is opening a connection to the same address and
	 * port, as RFC 6455 4.1 wants it to. For programs that test servers. Without it, one whose server
	 * never answers keeps the others waiting until handshake_timeout_ms: for ever when that is off. */
	bool simultaneous;

	bool reconnect;
	uint32_t retry_min_ms; /* 1,000 */
	uint32_t retry_max_ms; /* 30,000 */
	uint32_t stable_ms;    /* 30,000 */
	uint32_t max_tries;    /* in a row, until the client ends: no limit */

	/* Of nv_client_send. */
	enum nv_delivery delivery;
	enum nv_overflow overflow;
	/* What NV_AT_LEAST_ONCE still keeps of what was sent counts, too. */
	uint32_t max_waiting;       /* messages: 1,024 */
	uint32_t max_waiting_bytes; /* 1,048,576 */

	/* All may be NULL, are called on the client's loop and may free it. */
	void *user; /* of these, and nv_conn_user of each connection */
	/* A try failed. */
	void (*on_fail)(struct nv_client *client, void *user, const struct nv_failure *failure);
	/* Behind on_fail or on_close, if reconnect is set: the last chance to say no, or to say yes after a
	 * change of URL or fields. Not after nv_client_close. */
	void (*on_retry)(struct nv_client *client, void *user, struct nv_retry *retry);
	/* It is in another state than before: the last word on a try or a connection. NV_CLIENT_CONNECTING
	 * is told from inside the loop, too. */
	void (*on_state)(struct nv_client *client, void *user, enum nv_client_state state);
	/* For logs, with all secrets that heads have. */
	void (*on_trace)(struct nv_client *client, void *user, enum nv_trace what,
	                 struct nv_bytes text);
};

/* --- A client --- */

/* Connects to a ws:// or wss:// URL, in the loop's time, never from inside: on_open, or on_fail. With a loop
 * it is called on that one's thread. Without, the client gets one, and a thread that turns it: its callbacks
 * may run, and free it, before this returns. NULL without memory, descriptors or threads. The options, the
 * handlers, which may be NULL, and the URL are copied. */
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
 * its last word, as far as the socket takes it at once. On the loop's thread, also from callbacks. A client
 * with a thread of its own is freed from any thread, also from its callbacks; from another one this returns
 * when the thread has ended, and on_close has come there. Every other call has to return before. */
NV_API void nv_client_free(struct nv_client *client);

/* Sends a message on the open connection, behind what waits, or lets it wait for the next one. 0;
 * NV_ERR_FULL as the policy has it; NV_ERR_CLOSED once the client has ended or nv_client_close was called;
 * NV_ERR_UTF8, NV_ERR_INVALID for another opcode, NV_ERR_TOO_BIG for what no connection could queue (1 GiB),
 * NV_ERR_NOMEM. What one thread sends leaves in order. Any thread. */
NV_API int nv_client_send(struct nv_client *client, enum nv_opcode opcode, struct nv_bytes message);

/* Sends what waits, then Close (as in nv_conn_close), and ends: NV_CLIENT_ENDED, from inside the loop. A
 * delivery that confirms is waited for. While it is connecting and messages wait, that try goes on, and they
 * are dropped when it fails; without such a try they are dropped at once. What does not get on for
 * close_timeout_ms is dropped, too; then the answer to the Close may take as long again. NV_ERR_INVALID,
 * NV_ERR_TOO_BIG, NV_ERR_UTF8 for what can't be sent; NV_ERR_CLOSED the second time or after the end. Any
 * thread. */
NV_API int nv_client_close(struct nv_client *client, uint16_t status, const char *reason);

/* Tries now instead of waiting on: the network is back. Nothing in any other state. Any thread. */
NV_API void nv_client_hurry(struct nv_client *client);

/* Any thread; of one moment. */
NV_API void nv_client_account_sized(const struct nv_client *client, struct nv_account *account,
                                    size_t size);
static inline void nv_client_account(const struct nv_client *client, struct nv_account *account)
{
	nv_client_account_sized(client, account, sizeof(struct nv_account));
}
NV_API enum nv_client_state nv_client_state_now(const struct nv_client *client);

/* Its loop, for nv_loop_post. Any thread. */
NV_API struct nv_loop *nv_client_loop(const struct nv_client *client);

/* The rest on the loop's thread. */

/* From the next try on. NULL: no fields. NV_ERR_NOMEM. */
NV_API int nv_client_set_url(struct nv_client *client, const char *url);
NV_API int nv_client_set_fields(struct nv_client *client, const char *fields);

/* The open connection, or NULL. What nv_conn_send sends on it is not in the account. */
NV_API struct nv_conn *nv_client_conn(const struct nv_client *client);

/* Whose connection it is: the client, or NULL for one of a server. */
NV_API struct nv_client *nv_conn_client(const struct nv_conn *conn);

/* How long the parts of the last try took, in microseconds, as far as it came, waits for other clients
 * included; 0 for what it did not need. After a redirect, of the last hop. */
struct nv_timing {
	uint64_t resolve_us;
	uint64_t connect_us; /* TCP, all addresses */
	uint64_t proxy_us;
	uint64_t tls_us;
	uint64_t handshake_us;
};
NV_API void nv_client_timing_sized(const struct nv_client *client, struct nv_timing *timing,
                                   size_t size);
static inline void nv_client_timing(const struct nv_client *client, struct nv_timing *timing)
{
	nv_client_timing_sized(client, timing, sizeof(struct nv_timing));
}

#ifdef __cplusplus
}
#endif

#endif
