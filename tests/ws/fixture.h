/* SPDX-License-Identifier: MIT */
/* fixture.h: one server in the simulated world, the log of what its handlers saw, and a far end that
 * speaks in whole frames. With NVTEST_TLS in the environment all that comes by fixture_peer speaks
 * TLS. */
#ifndef TESTS_WS_FIXTURE_H
#define TESTS_WS_FIXTURE_H

#include "support/unit.h"

#include <stdarg.h>
#include <stdio.h>

#include <navette/navette.h>

#include "net/sock.h"
#include "sim/sim.h"
#include "support/failing_alloc.h"
#include "ws/far_tls.h"
#include "ws/papers.h"
#include "ws/server.h"

#define PORT 8080
#define TLS_PORT 8443

#define UPGRADE_FIELDS                                                                             \
	"Host: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                       \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define UPGRADE(path) "GET " path " HTTP/1.1\r\n" UPGRADE_FIELDS "\r\n"

struct fixture {
	struct nv_server *server;
	struct nv_loop *loop;
	struct nv_conn *conn; /* the last that opened */
	char seen[4096];      /* what happened, a word each */
	size_t seen_len;
	bool blind; /* sees nothing of what happens */
	char log[4096];
	void (*on_message)(struct fixture *f, struct nv_conn *conn, struct nv_bytes message);
};

/* The handlers' user pointer is the fixture; there is one at a time. */
static struct fixture *the_fixture;

__attribute__((format(printf, 1, 2))) static inline void saw(const char *format, ...)
{
	struct fixture *f = the_fixture;
	va_list values;
	int len;

	if (f->blind)
		return;
	va_start(values, format);
	len = vsnprintf(f->seen + f->seen_len, sizeof f->seen - f->seen_len, format, values);
	va_end(values);
	f->seen_len += (size_t)len;
	assert_true(f->seen_len < sizeof f->seen);
}

/* What was seen since the last time, and forgets it. */
static inline void assert_seen(const char *expected)
{
	assert_string_equal(the_fixture->seen, expected);
	the_fixture->seen_len = 0;
	the_fixture->seen[0] = '\0';
}

static inline void fixture_log(void *context, enum nv_level level, const char *line)
{
	struct fixture *f = context;

	(void)level;
	snprintf(f->log, sizeof f->log, "%s", line);
}

static inline void fixture_open(struct nv_conn *conn)
{
	the_fixture->conn = conn;
	saw("open ");
}

static inline void fixture_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes m)
{
	saw("%s:%.*s ", opcode == NV_TEXT ? "text" : "binary", (int)m.len, (const char *)m.data);
	if (the_fixture->on_message)
		the_fixture->on_message(the_fixture, conn, m);
}

static inline void fixture_ping(struct nv_conn *conn, struct nv_bytes data)
{
	(void)conn;
	saw("ping:%.*s ", (int)data.len, (const char *)data.data);
}

static inline void fixture_pong(struct nv_conn *conn, struct nv_bytes data)
{
	(void)conn;
	saw("pong:%.*s ", (int)data.len, (const char *)data.data);
}

static inline void fixture_drain(struct nv_conn *conn)
{
	(void)conn;
	saw("drain ");
}

static inline void fixture_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	saw("close:%u,%s%s ", close->status, nv_cause_text(close->cause),
	    close->clean ? ",clean" : "");
	the_fixture->conn = NULL;
}

static const struct nv_handlers fixture_handlers = {
	.on_open = fixture_open,
	.on_message = fixture_message,
	.on_ping = fixture_ping,
	.on_pong = fixture_pong,
	.on_drain = fixture_drain,
	.on_close = fixture_close,
};

/* Who comes next by fixture_peer speaks TLS. */
static bool fixture_speaks_tls;

/* TLS on a second port, with files of papers.h. */
static inline void fixture_secure(struct fixture *f, const char *chain, const char *key)
{
	const struct nv_certificate certificate = { paper(chain), paper(key), NULL };
	const struct nv_server_tls tls = { .certificates = &certificate, .certificate_count = 1 };

	assert_int_equal(nv_server_set_tls(f->server, &tls), 0);
	assert_int_equal(nv_server_listen_tls(f->server, "127.0.0.1", TLS_PORT), 0);
}

static inline void fixture_go_secure(void)
{
	static bool made;

	fixture_speaks_tls = getenv("NVTEST_TLS") != NULL;
	if (!fixture_speaks_tls || made)
		return;
	made = true;
	papers_make(NULL);
	atexit(papers_drop);
}

/* For a test that looks at the very bytes of the wire or fills it, or that shakes hands too often. */
static inline void plain_only(void)
{
	if (getenv("NVTEST_TLS"))
		skip();
}

static inline void fixture_start(struct fixture *f, struct nv_server_options options)
{
	*f = (struct fixture){ 0 };
	the_fixture = f;
	/* All far ends have one address. */
	nv_set_default(&options.max_connections_per_ip, NV_OFF);
	nv_set_default(&options.handshakes_per_ip_per_s, NV_OFF);
	options.log = fixture_log;
	options.log_context = f;
	failing_alloc_install();
	f->server = nv_server_new(&options);
	assert_non_null(f->server);
	f->loop = f->server->workers[0].loop;
	assert_int_equal(nv_server_route(f->server, "/ws", &fixture_handlers, f), 0);
	assert_int_equal(nv_server_listen(f->server, "127.0.0.1", PORT), 0);
	fixture_go_secure();
	if (fixture_speaks_tls)
		fixture_secure(f, "server.pem", "server.key");
}

static inline void fixture_stop(struct fixture *f)
{
	nv_server_free(f->server);
	failing_alloc_remove();
}

static inline struct sim_peer *fixture_peer(void)
{
	struct sim_peer *peer = sim_connect(fixture_speaks_tls ? TLS_PORT : PORT);

	if (fixture_speaks_tls)
		far_client(peer, paper("ca.pem"), "example.org");
	return peer;
}

/* A far end whose upgrade has been answered. */
static inline struct sim_peer *fixture_connect(struct fixture *f)
{
	struct sim_peer *peer = fixture_peer();
	struct nv_bytes answer;

	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f->loop);
	answer = sim_peer_take(peer);
	assert_true(answer.len > 12 && memcmp(answer.data, "HTTP/1.1 101", 12) == 0);
	return peer;
}

/* One masked frame; the key is zero, so that the payload stays readable. */
static inline void send_frame(struct sim_peer *peer, uint8_t first, const void *data, size_t len)
{
	uint8_t head[8] = { first, (uint8_t)(0x80 | len) };
	size_t size = 6;

	assert_true(len < 65536);
	if (len > 125) {
		head[1] = 0x80 | 126;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		size = 8;
	}
	sim_peer_send(peer, head, size);
	sim_peer_send(peer, data, len);
}

static inline void send_text(struct sim_peer *peer, const char *text)
{
	send_frame(peer, 0x81, text, strlen(text));
}

static inline void assert_took(struct sim_peer *peer, const void *data, size_t len)
{
	struct nv_bytes took = sim_peer_take(peer);

	assert_int_equal(took.len, len);
	if (len > 0)
		assert_memory_equal(took.data, data, len);
}

#define assert_took_bytes(peer, literal) assert_took(peer, literal, sizeof(literal) - 1)

/* The answer starts with that status line. */
static inline void assert_status(struct sim_peer *peer, int status)
{
	struct nv_bytes took = sim_peer_take(peer);
	char line[16];

	snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	assert_true(took.len > strlen(line));
	assert_memory_equal(took.data, line, strlen(line));
}

#endif
