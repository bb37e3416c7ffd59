/* SPDX-License-Identifier: MIT */
/* tls_wire.h: a TLS stream in a loop; its far end is OpenSSL over memory (support/tls_end.h) and a real
 * socket. For one source of a program. */
#ifndef TEST_NET_TLS_WIRE_H
#define TEST_NET_TLS_WIRE_H

#include "net/recorder.h"
#include "net/tls.h"
#include "net/tls_openssl.h"
#include "net/tls_tickets.h"
#include "net/wire.h"
#include "support/certs.h"
#include "support/failing_alloc.h"
#include "support/folder.h"
#include "support/prng.h"
#include "support/tls_end.h"

#define BIG (1024u * 1024)

static uint8_t bytes[BIG]; /* random, the same for all tests */
static const char *chain_file;
static const char *key_file;

/* --- The far end --- */

struct far {
	struct tls_end end;
	struct blob wire; /* what it has for the socket */
	size_t step;      /* the most that it sends at a time; 0: 64 KiB */
	size_t cut;       /* after so many bytes it takes a turn's break; 0: or none */
	size_t sent;
	bool fin; /* of ours, has come */
	int fd;
};

/* Gives the socket what it takes at a time. True when that was something. */
static inline bool far_send(struct far *far)
{
	size_t most = far->cut ? far->cut : far->step ? far->step : 65536;
	size_t len = far->wire.len < most ? far->wire.len : most;
	ssize_t sent = send(far->fd, far->wire.data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent <= 0)
		return false;
	far->sent += (size_t)sent;
	far->cut -= far->cut ? (size_t)sent : 0;
	far->wire.len -= (size_t)sent;
	memmove(far->wire.data, far->wire.data + sent, far->wire.len);
	return true;
}

static inline bool far_receive(struct far *far)
{
	static uint8_t room[65536];
	ssize_t len = recv(far->fd, room, sizeof(room), MSG_DONTWAIT);

	far->fin |= len == 0;
	if (len > 0)
		tls_end_receive(&far->end, (struct nv_bytes){ room, (size_t)len });
	return len > 0;
}

static inline void far_think(struct far *far)
{
	if (!far->end.ssl)
		return;
	tls_end_receive(&far->end, (struct nv_bytes){ NULL, 0 });
	tls_end_take(&far->end, &far->wire);
}

static inline void far_hang_up(struct far *far)
{
	if (far->fd >= 0)
		close(far->fd);
	far->fd = -1;
}

static inline void far_free(struct far *far)
{
	tls_end_free(&far->end);
	blob_free(&far->wire);
	far_hang_up(far);
}

/* --- The stream --- */

struct fixture {
	struct nv_loop *loop;
	struct nv_tls_gate gate;
	struct nv_tls_tickets tickets;
	struct nv_tls_context *context;
	struct recorder a; /* its stream is the one that is tested */
	struct far far;
};

static inline int make_files(void **state)
{
	struct prng prng = { 1 };
	struct cert *cert = certs_make(
		&(struct cert_wish){ .names = "DNS:localhost,IP:127.0.0.1", .name = "one" });

	prng_fill(&prng, bytes, sizeof(bytes));
	folder_make();
	chain_file = folder_path("chain.pem");
	key_file = folder_path("key.pem");
	certs_write_one(cert, chain_file);
	certs_write_key(cert, key_file, NULL);
	certs_free(cert);
	return 0;
}

static inline int remove_files(void **state)
{
	folder_remove();
	return 0;
}

static inline struct fixture *fixture_new(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	failing_alloc_install();
	f->loop = nv_loop_new();
	assert_non_null(f->loop);
	nv_tls_gate_init(&f->gate, f->loop);
	nv_tls_tickets_init(&f->tickets);
	recorder_init(&f->a);
	f->far.fd = -1;
	*state = f;
	return f;
}

static inline void make_server_context(struct fixture *f)
{
	const struct nv_certificate certificate = { chain_file, key_file, NULL };
	const struct nv_server_tls options = { .certificates = &certificate,
		                               .certificate_count = 1 };
	char problem[NV_TLS_PROBLEM];

	if (nv_tls_context_serve(&options, &f->tickets, &f->context, problem) < 0)
		fail_msg("%s", problem);
}

static inline int adopt(struct fixture *f, struct recorder *recorder, struct far *far,
                        void (*pair)(int fds[2]))
{
	int fds[2];
	int error;

	pair(fds);
	far->fd = fds[0];
	error = nv_tls_adopt(&f->gate, &recorder->stream, fds[1], f->context);
	if (error)
		close(fds[1]);
	return error;
}

static inline struct fixture *setup_server_over(void **state, void (*pair)(int fds[2]))
{
	struct fixture *f = fixture_new(state);

	make_server_context(f);
	assert_int_equal(adopt(f, &f->a, &f->far, pair), 0);
	tls_end_open_client(&f->far.end, chain_file, "localhost");
	return f;
}

/* The stream is a server's. */
static inline int setup_server(void **state)
{
	setup_server_over(state, wire_unix_pair);
	return 0;
}

static inline int setup_server_1_2(void **state)
{
	struct fixture *f = setup_server_over(state, wire_unix_pair);

	SSL_set_max_proto_version(f->far.end.ssl, TLS1_2_VERSION);
	return 0;
}

static inline void make_client_context(struct fixture *f)
{
	const struct nv_client_tls options = { .ca_file = chain_file };
	char problem[NV_TLS_PROBLEM];

	if (nv_tls_context_connect(&options, &f->context, problem) < 0)
		fail_msg("%s", problem);
}

static inline int connect_as(struct fixture *f, const char *host)
{
	struct sockaddr_in address;
	struct nv_address to;
	int listener = wire_listen(&address);
	int error;

	assert_true(nv_address_parse("127.0.0.1", ntohs(address.sin_port), &to));
	error = nv_tls_connect(f->loop, &f->a.stream, &to, f->context, host);
	if (!error)
		f->far.fd = accept(listener, NULL, NULL);
	close(listener);
	return error;
}

static inline struct fixture *setup_client_of(void **state, const char *host)
{
	struct fixture *f = fixture_new(state);

	make_client_context(f);
	assert_int_equal(connect_as(f, host), 0);
	tls_end_open_server(&f->far.end, chain_file, key_file);
	return f;
}

/* The stream is a client's. */
static inline int setup_client(void **state)
{
	setup_client_of(state, "localhost");
	return 0;
}

static inline int setup_client_1_2(void **state)
{
	struct fixture *f = setup_client_of(state, "localhost");

	SSL_set_max_proto_version(f->far.end.ssl, TLS1_2_VERSION);
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	if (nv_stream_is_tls(&f->a.stream) && !recorder_is_closed(&f->a))
		nv_stream_close(&f->a.stream, NV_ERR_CLOSED);
	nv_tls_gate_deinit(&f->gate);
	nv_loop_free(f->loop);
	nv_tls_context_unref(f->context);
	nv_tls_tickets_deinit(&f->tickets);
	recorder_deinit(&f->a);
	far_free(&f->far);
	free(f);
	failing_alloc_remove();
	return 0;
}

static inline void turn(struct fixture *f)
{
	assert_int_equal(nv_loop_run_once(f->loop, 0), 0);
}

/* One step of the far end, and one turn of the loop. False when nothing is left to be done. */
static inline bool step(struct fixture *f)
{
	bool moved;

	far_think(&f->far);
	moved = far_send(&f->far);
	turn(f);
	moved |= far_receive(&f->far);
	return moved || !wire_is_idle(f->loop);
}

static inline void settle(struct fixture *f)
{
	while (step(f))
		continue;
}

#define step_until(f, condition)                                                                   \
	do {                                                                                       \
		uint64_t end_ = nv_loop_now((f)->loop) + WIRE_PATIENCE_MS;                         \
		while (!(condition)) {                                                             \
			assert_true(nv_loop_now((f)->loop) < end_);                                \
			step(f);                                                                   \
		}                                                                                  \
	} while (0)

/* The handshake, and the tickets behind it. */
static inline void open_both(struct fixture *f)
{
	struct nv_tls_info info;

	step_until(f, tls_end_is_open(&f->far.end) && nv_tls_info(&f->a.stream, &info));
	settle(f);
	f->a.log[0] = '\0';
}

static inline void assert_far_has(struct fixture *f, const void *data, size_t len)
{
	assert_int_equal(f->far.end.plain.len, len);
	assert_memory_equal(f->far.end.plain.data, data, len);
}

static inline void assert_problem_has(struct fixture *f, const char *words)
{
	/* The stream's texts are gone with it; the recorder has kept this one. */
	assert_non_null(f->a.user);
	if (!strstr(f->a.user, words))
		fail_msg("\"%s\" is not in \"%s\"", words, (const char *)f->a.user);
}

/* For `closed` of a recorder. */
static inline void keep_problem(struct recorder *recorder)
{
	recorder->user = (void *)(uintptr_t)nv_tls_problem(&recorder->stream);
}

#define SERVER(name) cmocka_unit_test_setup_teardown(name, setup_server, teardown)
#define SERVER_1_2(name)                                                                           \
	{                                                                                          \
		"TLS 1.2: " #name, name, setup_server_1_2, teardown, NULL                          \
	}
#define CLIENT(name)                                                                               \
	{                                                                                          \
		"client: " #name, name, setup_client, teardown, NULL                               \
	}
#define CLIENT_1_2(name)                                                                           \
	{                                                                                          \
		"client, TLS 1.2: " #name, name, setup_client_1_2, teardown, NULL                  \
	}

#endif
